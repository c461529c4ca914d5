-- +goose Up
-- What is being written to a ticket, by each person, until it is sent.
CREATE TABLE drafts (
	person_id  TEXT NOT NULL REFERENCES people (id),
	ticket_id  TEXT NOT NULL REFERENCES tickets (id),
	doc        TEXT NOT NULL, -- a talk.Draft
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (person_id, ticket_id)
) WITHOUT ROWID;
CREATE INDEX drafts_ticket ON drafts (ticket_id);

-- Answers that wait a moment, so that their writer can take them back.
CREATE TABLE held_messages (
	id         TEXT PRIMARY KEY, -- the message's
	ticket_id  TEXT NOT NULL REFERENCES tickets (id),
	person_id  TEXT NOT NULL REFERENCES people (id),
	doc        TEXT NOT NULL, -- a talk.Held
	due_at     INTEGER NOT NULL,
	sending    INTEGER NOT NULL DEFAULT 0 -- too late to take it back
) WITHOUT ROWID;
CREATE INDEX held_messages_due ON held_messages (due_at);
CREATE INDEX held_messages_ticket ON held_messages (ticket_id);

CREATE TABLE articles (
	id           TEXT PRIMARY KEY,
	revision     INTEGER NOT NULL,
	published    INTEGER NOT NULL DEFAULT 0, -- the number of the newest version
	retired      INTEGER NOT NULL DEFAULT 0,
	title        TEXT NOT NULL DEFAULT '',   -- title to files are the newest version's
	body         TEXT NOT NULL DEFAULT '',
	audience     TEXT NOT NULL DEFAULT 'staff',
	files        TEXT NOT NULL DEFAULT '',
	draft        TEXT NOT NULL DEFAULT '',   -- a kb.Text; '' is none
	owner_id     TEXT NOT NULL,
	owner_name   TEXT NOT NULL,
	review_at    INTEGER NOT NULL DEFAULT 0,
	from_ticket  TEXT NOT NULL DEFAULT '',
	created_at   INTEGER NOT NULL,
	updated_at   INTEGER NOT NULL,
	updated_id   TEXT NOT NULL,
	updated_name TEXT NOT NULL,
	helped       INTEGER NOT NULL DEFAULT 0,
	unhelped     INTEGER NOT NULL DEFAULT 0,
	deflected    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX articles_review ON articles (review_at) WHERE review_at > 0;

CREATE TABLE article_versions (
	article_id TEXT NOT NULL REFERENCES articles (id),
	number     INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	by_id      TEXT NOT NULL,
	by_name    TEXT NOT NULL,
	what       TEXT NOT NULL,
	doc        TEXT NOT NULL, -- a kb.Text
	PRIMARY KEY (article_id, number)
) WITHOUT ROWID;

CREATE TABLE article_feedback ( -- a reader's last word
	article_id TEXT NOT NULL REFERENCES articles (id),
	who        TEXT NOT NULL, -- a person's id, or endpoint/uid
	name       TEXT NOT NULL,
	at         INTEGER NOT NULL,
	helped     INTEGER NOT NULL,
	comment    TEXT NOT NULL,
	PRIMARY KEY (article_id, who)
) WITHOUT ROWID;

CREATE TABLE deflections ( -- tickets that were not sent, since an article helped
	article_id TEXT NOT NULL REFERENCES articles (id),
	who        TEXT NOT NULL,
	day        TEXT NOT NULL,
	question   TEXT NOT NULL,
	at         INTEGER NOT NULL,
	PRIMARY KEY (article_id, who, day)
) WITHOUT ROWID;
CREATE INDEX deflections_at ON deflections (at);

-- The words are folded before they come here; rowid is of no meaning.
CREATE VIRTUAL TABLE article_words USING fts5 (article_id UNINDEXED, audience UNINDEXED, title, body, tokenize = 'unicode61 remove_diacritics 0', prefix = '3');

-- +goose Down
DROP TABLE article_words;
DROP TABLE deflections;
DROP TABLE article_feedback;
DROP TABLE article_versions;
DROP TABLE articles;
DROP TABLE held_messages;
DROP TABLE drafts;
