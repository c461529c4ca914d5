-- +goose Up
-- Groups of endpoints.

CREATE TABLE endpoint_groups (
	id  TEXT PRIMARY KEY,
	doc TEXT NOT NULL -- JSON
) WITHOUT ROWID;

-- +goose Down
DROP TABLE endpoint_groups;
