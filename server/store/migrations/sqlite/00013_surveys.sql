-- +goose Up
-- One question to many endpoints, and what became of each of them.

CREATE TABLE surveys (
	id         TEXT PRIMARY KEY,
	kind       TEXT NOT NULL,
	params     TEXT NOT NULL,
	scope      TEXT NOT NULL, -- JSON: which endpoints
	asker_id   TEXT NOT NULL,
	asker_name TEXT NOT NULL,
	asker_role TEXT NOT NULL,
	state      TEXT NOT NULL, -- open, done, ended
	total      INTEGER NOT NULL,
	answered   INTEGER NOT NULL DEFAULT 0,
	failed     INTEGER NOT NULL DEFAULT 0,
	asked_at   INTEGER NOT NULL,
	until_at   INTEGER NOT NULL,
	ended_at   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX surveys_open ON surveys (id) WHERE state = 'open';

CREATE TABLE survey_replies (
	survey_id   TEXT NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
	seq         INTEGER NOT NULL, -- by site and name
	endpoint_id TEXT NOT NULL,
	name        TEXT NOT NULL,
	site        TEXT NOT NULL, -- its name then
	os          TEXT NOT NULL,
	standing    TEXT NOT NULL, -- waiting, answered, failed, silent
	answer      TEXT NOT NULL DEFAULT '',
	detail      TEXT NOT NULL DEFAULT '',
	code        TEXT NOT NULL DEFAULT '',
	sentence    TEXT NOT NULL DEFAULT '',
	at          INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (survey_id, seq)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE survey_replies;
DROP TABLE surveys;
