-- +goose Up
-- Who is told of alerts, what they were told, and what is on its way to them.

CREATE TABLE channels (
	id     TEXT PRIMARY KEY,
	doc    TEXT NOT NULL, -- JSON, without the secret
	secret BYTEA          -- encrypted
);

CREATE TABLE channel_groups ( -- what a channel was told of a group of alerts
	channel_id TEXT NOT NULL,
	grp        TEXT NOT NULL,
	labels     TEXT NOT NULL, -- JSON
	at         BIGINT NOT NULL, -- when last
	PRIMARY KEY (channel_id, grp)
);

CREATE TABLE channel_alerts ( -- the alerts of such a group
	channel_id TEXT NOT NULL,
	grp        TEXT NOT NULL,
	alert_id   TEXT NOT NULL,
	doc        TEXT NOT NULL, -- JSON
	PRIMARY KEY (channel_id, grp, alert_id)
);

CREATE TABLE channel_messages (
	id         TEXT PRIMARY KEY, -- the same however often it is sent
	channel_id TEXT NOT NULL,
	grp        TEXT NOT NULL,
	note       TEXT NOT NULL, -- JSON
	state      TEXT NOT NULL, -- waiting, sent, dead
	created_at BIGINT NOT NULL,
	since      BIGINT NOT NULL, -- from when it is tried
	next_at    BIGINT NOT NULL,
	attempts   BIGINT NOT NULL,
	unsure     BIGINT NOT NULL, -- an attempt was made of which nobody knows what it came to
	problem    TEXT NOT NULL,
	done_at    BIGINT NOT NULL
);
CREATE INDEX channel_messages_next ON channel_messages (channel_id, next_at) WHERE state = 'waiting';
CREATE INDEX channel_messages_done ON channel_messages (state, done_at);

-- +goose Down
DROP TABLE channel_messages;
DROP TABLE channel_alerts;
DROP TABLE channel_groups;
DROP TABLE channels;
