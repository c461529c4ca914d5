-- +goose Up
-- What is owed for each ticket, derived from its history. All of it can be made anew.

CREATE TABLE ticket_clocks ( -- one row a ticket
	ticket_id TEXT PRIMARY KEY REFERENCES tickets (id),
	version   BIGINT NOT NULL,           -- of the ticket that the line is of
	line      TEXT NOT NULL,              -- JSON: what clocks need of the history
	live      BIGINT NOT NULL,           -- whether a change of the rules still matters to it
	rules     BIGINT NOT NULL,           -- the print of the rules that it was derived by
	alarm_at  BIGINT NOT NULL DEFAULT 0, -- when the next share is reached that has not been told of
	-- Of the live clock that is due next, for lists; state '' when there is none.
	kind      TEXT NOT NULL DEFAULT '',
	policy    TEXT NOT NULL DEFAULT '',
	state     TEXT NOT NULL DEFAULT '',
	due_at    BIGINT NOT NULL DEFAULT 0,
	from_at   BIGINT NOT NULL DEFAULT 0, -- it runs without a break since; 0 when it does not run
	used_ms   BIGINT NOT NULL DEFAULT 0, -- before that, or until it was paused
	total_ms  BIGINT NOT NULL DEFAULT 0,
	unit      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX ticket_clocks_live ON ticket_clocks (ticket_id) WHERE live = 1;
CREATE INDEX ticket_clocks_alarm ON ticket_clocks (alarm_at) WHERE alarm_at > 0;

CREATE TABLE clocks ( -- every run of every clock, for figures
	ticket_id  TEXT NOT NULL REFERENCES tickets (id),
	kind       TEXT NOT NULL,    -- first_response, next_update, resolution
	cycle      BIGINT NOT NULL, -- counts the updates
	policy     TEXT NOT NULL,
	state      TEXT NOT NULL,    -- running, paused, met, missed, stopped
	started_at BIGINT NOT NULL,
	due_at     BIGINT NOT NULL, -- 0: not known while it is paused
	stopped_at BIGINT NOT NULL, -- 0: live
	used_ms    BIGINT NOT NULL, -- of those that run: before they began to
	total_ms   BIGINT NOT NULL,
	unit       TEXT NOT NULL,
	PRIMARY KEY (ticket_id, kind, cycle)
);
CREATE INDEX clocks_stopped ON clocks (stopped_at) WHERE stopped_at > 0;

CREATE TABLE alarms ( -- shares of targets that have had their effect
	ticket_id  TEXT NOT NULL REFERENCES tickets (id),
	kind       TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	share      BIGINT NOT NULL,
	at         BIGINT NOT NULL,
	PRIMARY KEY (ticket_id, kind, started_at, share)
);

CREATE TABLE notices ( -- what a person is told
	id        TEXT PRIMARY KEY,
	person_id TEXT NOT NULL,
	ticket_id TEXT NOT NULL DEFAULT '',
	at        BIGINT NOT NULL,
	kind      TEXT NOT NULL,
	title     TEXT NOT NULL,
	body      TEXT NOT NULL DEFAULT '',
	link      TEXT NOT NULL DEFAULT '',
	count     BIGINT NOT NULL DEFAULT 1,
	seen_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notices_person ON notices (person_id, id);
CREATE INDEX notices_unseen ON notices (person_id) WHERE seen_at = 0;

-- +goose Down
DROP TABLE notices;
DROP TABLE alarms;
DROP TABLE clocks;
DROP TABLE ticket_clocks;
