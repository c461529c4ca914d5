-- +goose Up
-- How sites and services did, hour by hour.

CREATE TABLE availability (
	kind   TEXT NOT NULL, -- site, group, check
	begins INTEGER NOT NULL,
	id     TEXT NOT NULL,
	name   TEXT NOT NULL, -- as it was then
	doc    BLOB NOT NULL, -- see server/availability
	PRIMARY KEY (kind, begins, id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE availability;
