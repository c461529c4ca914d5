-- +goose Up
-- What people do with alerts, and what holds alerts back.

ALTER TABLE alert_log ADD COLUMN by_name TEXT NOT NULL DEFAULT ''; -- who did it
ALTER TABLE alert_log ADD COLUMN to_name TEXT NOT NULL DEFAULT ''; -- whom it was given to
ALTER TABLE alert_log ADD COLUMN note TEXT NOT NULL DEFAULT '';

CREATE TABLE alert_holds (
	id      TEXT PRIMARY KEY,
	kind    TEXT NOT NULL,  -- silence, maintenance
	over_at INTEGER NOT NULL, -- when it was seen to be over; 0: it is not
	doc     TEXT NOT NULL   -- JSON
) WITHOUT ROWID;

-- +goose Down
DROP TABLE alert_holds;
ALTER TABLE alert_log DROP COLUMN note;
ALTER TABLE alert_log DROP COLUMN to_name;
ALTER TABLE alert_log DROP COLUMN by_name;
