-- +goose Up
-- Jobs that call in, and their calls.

CREATE TABLE heartbeats (
	id   TEXT PRIMARY KEY,
	doc  TEXT NOT NULL, -- JSON: the settings
	life TEXT NOT NULL  -- JSON: what is known of its calls
) WITHOUT ROWID;

CREATE TABLE heartbeat_calls (
	heartbeat_id TEXT NOT NULL,
	n            INTEGER NOT NULL, -- counts the calls of one heartbeat
	at           INTEGER NOT NULL,
	kind         TEXT NOT NULL, -- success, start, fail
	exit_code    INTEGER NOT NULL,
	took         INTEGER NOT NULL, -- nanoseconds
	came_from    TEXT NOT NULL,
	body         TEXT NOT NULL,
	PRIMARY KEY (heartbeat_id, n)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE heartbeat_calls;
DROP TABLE heartbeats;
