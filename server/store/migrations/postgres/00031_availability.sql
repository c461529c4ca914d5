-- +goose Up
-- How sites and services did, hour by hour.

CREATE TABLE availability (
	kind   TEXT NOT NULL, -- site, group, check
	begins BIGINT NOT NULL,
	id     TEXT NOT NULL,
	name   TEXT NOT NULL, -- as it was then
	doc    BYTEA NOT NULL, -- see server/availability
	PRIMARY KEY (kind, begins, id)
);

-- +goose Down
DROP TABLE availability;
