-- +goose Up
-- Reports that are sent by mail again and again.

CREATE TABLE mailings (
	id  TEXT PRIMARY KEY,
	doc TEXT NOT NULL -- JSON
) WITHOUT ROWID;

-- +goose Down
DROP TABLE mailings;
