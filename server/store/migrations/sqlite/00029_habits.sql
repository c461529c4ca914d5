-- +goose Up
-- When endpoints usually are there, learned per hour of the week. Beside the endpoints,
-- since it is written every hour.

CREATE TABLE endpoint_habits (
	endpoint_id TEXT PRIMARY KEY,
	doc         BLOB NOT NULL -- see server/habit
) WITHOUT ROWID;

-- +goose Down
DROP TABLE endpoint_habits;
