-- +goose Up
-- What is being written to a ticket, by each person, until it is sent.
CREATE TABLE drafts (
	person_id  TEXT NOT NULL REFERENCES people (id),
	ticket_id  TEXT NOT NULL REFERENCES tickets (id),
	doc        TEXT NOT NULL, -- a talk.Draft
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (person_id, ticket_id)
);
CREATE INDEX drafts_ticket ON drafts (ticket_id);

-- Answers that wait a moment, so that their writer can take them back.
CREATE TABLE held_messages (
	id         TEXT PRIMARY KEY, -- the message's
	ticket_id  TEXT NOT NULL REFERENCES tickets (id),
	person_id  TEXT NOT NULL REFERENCES people (id),
	doc        TEXT NOT NULL, -- a talk.Held
	due_at     BIGINT NOT NULL,
	sending    BIGINT NOT NULL DEFAULT 0 -- too late to take it back
);
CREATE INDEX held_messages_due ON held_messages (due_at);
CREATE INDEX held_messages_ticket ON held_messages (ticket_id);

CREATE TABLE articles (
	id           TEXT PRIMARY KEY,
	revision     BIGINT NOT NULL,
	published    BIGINT NOT NULL DEFAULT 0, -- the number of the newest version
	retired      BIGINT NOT NULL DEFAULT 0,
	title        TEXT NOT NULL DEFAULT '',   -- title to files are the newest version's
	body         TEXT NOT NULL DEFAULT '',
	audience     TEXT NOT NULL DEFAULT 'staff',
	files        TEXT NOT NULL DEFAULT '',
	draft        TEXT NOT NULL DEFAULT '',   -- a kb.Text; '' is none
	owner_id     TEXT NOT NULL,
	owner_name   TEXT NOT NULL,
	review_at    BIGINT NOT NULL DEFAULT 0,
	from_ticket  TEXT NOT NULL DEFAULT '',
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL,
	updated_id   TEXT NOT NULL,
	updated_name TEXT NOT NULL,
	helped       BIGINT NOT NULL DEFAULT 0,
	unhelped     BIGINT NOT NULL DEFAULT 0,
	deflected    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX articles_review ON articles (review_at) WHERE review_at > 0;

CREATE TABLE article_versions (
	article_id TEXT NOT NULL REFERENCES articles (id),
	number     BIGINT NOT NULL,
	at         BIGINT NOT NULL,
	by_id      TEXT NOT NULL,
	by_name    TEXT NOT NULL,
	what       TEXT NOT NULL,
	doc        TEXT NOT NULL, -- a kb.Text
	PRIMARY KEY (article_id, number)
);

CREATE TABLE article_feedback ( -- a reader's last word
	article_id TEXT NOT NULL REFERENCES articles (id),
	who        TEXT NOT NULL, -- a person's id, or endpoint/uid
	name       TEXT NOT NULL,
	at         BIGINT NOT NULL,
	helped     BIGINT NOT NULL,
	comment    TEXT NOT NULL,
	PRIMARY KEY (article_id, who)
);

CREATE TABLE deflections ( -- tickets that were not sent, since an article helped
	article_id TEXT NOT NULL REFERENCES articles (id),
	who        TEXT NOT NULL,
	day        TEXT NOT NULL,
	question   TEXT NOT NULL,
	at         BIGINT NOT NULL,
	PRIMARY KEY (article_id, who, day)
);
CREATE INDEX deflections_at ON deflections (at);


-- The words are folded before they come here.
CREATE TABLE article_words (
	article_id TEXT PRIMARY KEY REFERENCES articles (id),
	audience   TEXT NOT NULL,
	body       TEXT NOT NULL,
	words      TSVECTOR NOT NULL
);
CREATE INDEX article_words_words ON article_words USING GIN (words);

-- +goose Down
DROP TABLE article_words;
DROP TABLE deflections;
DROP TABLE article_feedback;
DROP TABLE article_versions;
DROP TABLE articles;
DROP TABLE held_messages;
DROP TABLE drafts;
