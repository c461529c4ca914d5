-- +goose Up
-- What changes with every contact of an endpoint, in small rows of its own: beside
-- its inventory each “last seen” would write the whole inventory again.

CREATE TABLE contacts (
	endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id),
	agent       TEXT NOT NULL DEFAULT '',
	address     TEXT NOT NULL DEFAULT '',
	boot        TEXT NOT NULL DEFAULT '',
	booted_at   INTEGER NOT NULL DEFAULT 0,
	seen_at     INTEGER NOT NULL DEFAULT 0,
	goodbye     TEXT NOT NULL DEFAULT '',
	ratchet     INTEGER NOT NULL DEFAULT 0 -- the highest step that the endpoint is known to hold
) WITHOUT ROWID;
INSERT INTO contacts (endpoint_id, agent, address, boot, booted_at, seen_at, goodbye, ratchet)
	SELECT id, agent, address, boot, booted_at, seen_at, goodbye, ratchet FROM endpoints;
ALTER TABLE endpoints DROP COLUMN agent;
ALTER TABLE endpoints DROP COLUMN address;
ALTER TABLE endpoints DROP COLUMN boot;
ALTER TABLE endpoints DROP COLUMN booted_at;
ALTER TABLE endpoints DROP COLUMN seen_at;
ALTER TABLE endpoints DROP COLUMN goodbye;
ALTER TABLE endpoints DROP COLUMN ratchet;

-- +goose Down
ALTER TABLE endpoints ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN booted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN goodbye TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN ratchet INTEGER NOT NULL DEFAULT 0;
UPDATE endpoints SET (agent, address, boot, booted_at, seen_at, goodbye, ratchet) =
	(SELECT agent, address, boot, booted_at, seen_at, goodbye, ratchet FROM contacts WHERE endpoint_id = id);
DROP TABLE contacts;
