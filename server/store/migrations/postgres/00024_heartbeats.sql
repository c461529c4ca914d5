-- +goose Up
-- Jobs that call in, and their calls.

CREATE TABLE heartbeats (
	id   TEXT PRIMARY KEY,
	doc  TEXT NOT NULL, -- JSON: the settings
	life TEXT NOT NULL  -- JSON: what is known of its calls
);

CREATE TABLE heartbeat_calls (
	heartbeat_id TEXT NOT NULL,
	n            BIGINT NOT NULL, -- counts the calls of one heartbeat
	at           BIGINT NOT NULL,
	kind         TEXT NOT NULL, -- success, start, fail
	exit_code    BIGINT NOT NULL,
	took         BIGINT NOT NULL, -- nanoseconds
	came_from    TEXT NOT NULL,
	body         TEXT NOT NULL,
	PRIMARY KEY (heartbeat_id, n)
);

-- +goose Down
DROP TABLE heartbeat_calls;
DROP TABLE heartbeats;
