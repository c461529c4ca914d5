-- +goose Up
-- What machines came to that were asked to look once more when an outage was said to be
-- over: a look that fails is repeated, also after a restart.

CREATE TABLE incident_looks (
	incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	endpoint_id TEXT NOT NULL,
	tries       INTEGER NOT NULL,
	at          BIGINT NOT NULL, -- of the newest
	found       TEXT NOT NULL,    -- '': it never could look; fails, well
	PRIMARY KEY (incident_id, endpoint_id)
);

-- The language that somebody reads, as their tray or browser said last; '': nobody knows.
ALTER TABLE people ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE people DROP COLUMN language;
DROP TABLE incident_looks;
