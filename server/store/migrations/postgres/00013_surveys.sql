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
	total      BIGINT NOT NULL,
	answered   BIGINT NOT NULL DEFAULT 0,
	failed     BIGINT NOT NULL DEFAULT 0,
	asked_at   BIGINT NOT NULL,
	until_at   BIGINT NOT NULL,
	ended_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX surveys_open ON surveys (id) WHERE state = 'open';

CREATE TABLE survey_replies (
	survey_id   TEXT NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
	seq         BIGINT NOT NULL, -- by site and name
	endpoint_id TEXT NOT NULL,
	name        TEXT NOT NULL,
	site        TEXT NOT NULL, -- its name then
	os          TEXT NOT NULL,
	standing    TEXT NOT NULL, -- waiting, answered, failed, silent
	answer      TEXT NOT NULL DEFAULT '',
	detail      TEXT NOT NULL DEFAULT '',
	code        TEXT NOT NULL DEFAULT '',
	sentence    TEXT NOT NULL DEFAULT '',
	at          BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (survey_id, seq)
);

-- +goose Down
DROP TABLE survey_replies;
DROP TABLE surveys;
