-- +goose Up
CREATE TABLE script_versions ( -- what may be run on machines: written by one person, approved by another, never changed
	script_id     TEXT NOT NULL,
	version       INTEGER NOT NULL,
	name          TEXT NOT NULL,
	about         TEXT NOT NULL, -- what it does, in words
	os            TEXT NOT NULL, -- linux, windows, darwin
	changes       INTEGER NOT NULL, -- it changes something
	script        TEXT NOT NULL,
	sha256        TEXT NOT NULL,
	author_id     TEXT NOT NULL,
	author_name   TEXT NOT NULL,
	written_at    INTEGER NOT NULL,
	approver_id   TEXT NOT NULL DEFAULT '',
	approver_name TEXT NOT NULL DEFAULT '',
	approved_at   INTEGER NOT NULL DEFAULT 0,
	withdrawn_at  INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (script_id, version)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE script_versions;
