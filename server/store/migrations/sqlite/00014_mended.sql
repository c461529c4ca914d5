-- +goose Up
CREATE TABLE mended ( -- what employees said of fixes on their own machines; whose word it was is not kept
	endpoint_id TEXT NOT NULL REFERENCES endpoints (id),
	fix_id      TEXT NOT NULL,
	recipe      TEXT NOT NULL,
	finding     TEXT NOT NULL,
	outcome     TEXT NOT NULL,
	spared      INTEGER NOT NULL, -- what was found is gone, and the employee agrees
	at          INTEGER NOT NULL,
	PRIMARY KEY (endpoint_id, fix_id)
) WITHOUT ROWID;
CREATE INDEX mended_at ON mended (at);

-- +goose Down
DROP TABLE mended;
