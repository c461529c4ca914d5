-- +goose Up
-- The facts by which endpoints are compared, and what has changed of them.

CREATE TABLE endpoint_facts (
	endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
	hash        TEXT NOT NULL,
	taken_at    BIGINT NOT NULL,
	doc         BYTEA NOT NULL -- lines of text, compressed
);

CREATE TABLE endpoint_changes (
	endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
	at          BIGINT NOT NULL, -- when it was noticed
	kind        TEXT NOT NULL,
	name        TEXT NOT NULL,
	did         TEXT NOT NULL, -- added, removed, changed
	not_before  BIGINT NOT NULL,
	was         TEXT NOT NULL,
	is_now      TEXT NOT NULL,
	PRIMARY KEY (endpoint_id, at, kind, name, did)
);
CREATE INDEX endpoint_changes_at ON endpoint_changes (at);

-- +goose Down
DROP TABLE endpoint_changes;
DROP TABLE endpoint_facts;
