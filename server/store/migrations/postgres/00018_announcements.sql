-- +goose Up
-- What employees are told of known outages, and whom they hit.

CREATE TABLE announcements (
	id       TEXT PRIMARY KEY, -- a ULID
	doc      TEXT NOT NULL,    -- JSON
	ended_at BIGINT NOT NULL  -- 0: it goes on
);
CREATE INDEX announcements_ended ON announcements (ended_at);

CREATE TABLE announcement_hits (
	announcement_id TEXT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
	who             TEXT NOT NULL, -- a person, or the account of somebody who has never rung
	at              BIGINT NOT NULL,
	PRIMARY KEY (announcement_id, who)
);
CREATE INDEX announcement_hits_who ON announcement_hits (who);

-- +goose Down
DROP TABLE announcement_hits;
DROP TABLE announcements;
