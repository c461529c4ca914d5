-- +goose Up
-- Screens that show the wall.

CREATE TABLE screens (
	hash       BYTEA PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	made_by    TEXT NOT NULL, -- a name, as it was then
	created_at BIGINT NOT NULL,
	seen_at    BIGINT NOT NULL DEFAULT 0,
	client     TEXT NOT NULL
);

-- +goose Down
DROP TABLE screens;
