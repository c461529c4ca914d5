-- +goose Up
-- What looks like an outage, or is one: its tickets, and what happened when.

CREATE TABLE incidents (
	id       TEXT PRIMARY KEY, -- a ULID
	number   INTEGER NOT NULL UNIQUE,
	state    TEXT NOT NULL, -- proposed, lapsed, dismissed, open, resolved
	doc      TEXT NOT NULL, -- JSON
	ended_at INTEGER NOT NULL -- 0: it goes on
) WITHOUT ROWID;
CREATE INDEX incidents_state ON incidents (state, id);

CREATE TABLE incident_tickets (
	incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	ticket_id   TEXT NOT NULL,
	how         TEXT NOT NULL, -- found, joined, by_hand
	at          INTEGER NOT NULL,
	gone        INTEGER NOT NULL, -- somebody took it out
	labelled    INTEGER NOT NULL, -- the ticket says itself that it is part of it
	PRIMARY KEY (incident_id, ticket_id)
) WITHOUT ROWID;
CREATE INDEX incident_tickets_ticket ON incident_tickets (ticket_id);

CREATE TABLE incident_lines (
	incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	seq         INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	did         TEXT NOT NULL,
	by_id       TEXT NOT NULL, -- '': Deskbell
	by_name     TEXT NOT NULL,
	text        TEXT NOT NULL,
	n           INTEGER NOT NULL, -- tickets
	PRIMARY KEY (incident_id, seq)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE incident_lines;
DROP TABLE incident_tickets;
DROP TABLE incidents;
