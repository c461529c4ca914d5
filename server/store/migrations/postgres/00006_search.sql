-- +goose Up
-- What is searched in, and the views that people keep.

-- The words of a ticket as package query cuts them: what everybody may read, and what
-- only the staff may. A line is a message.
CREATE TABLE ticket_words (
	number BIGINT PRIMARY KEY,
	said   TEXT NOT NULL,
	noted  TEXT NOT NULL,
	doc    TSVECTOR NOT NULL
);
-- Each word stands behind the block of its ticket's number, so that any question can be
-- put to one block after another, the newest first, and its cost is bounded.
CREATE INDEX ticket_words_doc ON ticket_words USING gin (doc) WITH (fastupdate = off);

CREATE TABLE views (
	id         TEXT PRIMARY KEY,
	owner_id   TEXT NOT NULL DEFAULT '', -- '' is everybody's
	name       TEXT NOT NULL,
	filter     TEXT NOT NULL,            -- in the language of the search box
	sort       TEXT NOT NULL,
	columns    TEXT NOT NULL,            -- with commas between
	position   BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE INDEX views_owner ON views (owner_id, position, id);

CREATE TABLE bulks ( -- changes to many tickets at once, to undo them
	id        TEXT PRIMARY KEY,
	person_id TEXT NOT NULL,
	at        BIGINT NOT NULL,
	doc       TEXT NOT NULL, -- JSON: what was done to which ticket, and what takes it back
	undone_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX bulks_at ON bulks (at);

-- +goose Down
DROP TABLE bulks;
DROP TABLE views;
DROP TABLE ticket_words;
