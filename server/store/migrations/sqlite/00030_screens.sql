-- +goose Up
-- Screens that show the wall.

CREATE TABLE screens (
	hash       BLOB PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	made_by    TEXT NOT NULL, -- a name, as it was then
	created_at INTEGER NOT NULL,
	seen_at    INTEGER NOT NULL DEFAULT 0,
	client     TEXT NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE screens;
