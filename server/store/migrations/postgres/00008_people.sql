-- +goose Up
-- Whom the help desk works for: where they sit, whom they report to, how they are
-- reached. find is what they are searched by: without capitals and accents.

ALTER TABLE people ADD COLUMN site_id TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN manager_id TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN vip BIGINT NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN department TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN removed_at BIGINT NOT NULL DEFAULT 0; -- their data, on request
ALTER TABLE people ADD COLUMN find TEXT NOT NULL DEFAULT '';
UPDATE people SET find = LOWER(name) || ' ' || COALESCE(email, '');
CREATE INDEX people_manager ON people (manager_id) WHERE manager_id <> '';

-- What the reports are made from: each ticket's history, brought down to the
-- moments that count. It can be made again from ticket_events at any time.
CREATE TABLE facts (
	ticket_id   TEXT PRIMARY KEY,
	version     BIGINT NOT NULL, -- of the ticket, up to which this goes
	team        TEXT NOT NULL,
	site_id     TEXT NOT NULL,
	category    TEXT NOT NULL,
	assignee_id TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	by_staff    BIGINT NOT NULL, -- opened by them, for somebody
	answered_at BIGINT NOT NULL, -- first owned or answered by a person
	answered_by TEXT NOT NULL,
	first_at    BIGINT NOT NULL, -- first resolved
	first_by    TEXT NOT NULL,
	last_at     BIGINT NOT NULL, -- last resolved
	last_by     TEXT NOT NULL,
	solved      BIGINT NOT NULL, -- and not reopened since
	reopened    BIGINT NOT NULL,
	again       BIGINT NOT NULL, -- more contact was needed than one
	rating      BIGINT NOT NULL,
	rated_at    BIGINT NOT NULL,
	open_since  BIGINT NOT NULL  -- 0: it is not open
);
CREATE INDEX facts_created ON facts (created_at);
CREATE INDEX facts_answered ON facts (answered_at) WHERE answered_at > 0;
CREATE INDEX facts_first ON facts (first_at) WHERE first_at > 0;
CREATE INDEX facts_last ON facts (last_at) WHERE last_at > 0;
CREATE INDEX facts_rated ON facts (rated_at) WHERE rated_at > 0;
CREATE INDEX facts_open ON facts (open_since) WHERE open_since > 0;

CREATE TABLE spans ( -- during which a ticket was open, and is not any more
	ticket_id TEXT NOT NULL,
	n         BIGINT NOT NULL,
	from_at   BIGINT NOT NULL,
	to_at     BIGINT NOT NULL,
	PRIMARY KEY (ticket_id, n)
);
CREATE INDEX spans_to ON spans (to_at, from_at);

-- +goose Down
DROP TABLE spans;
DROP TABLE facts;
DROP INDEX people_manager;
ALTER TABLE people DROP COLUMN find;
ALTER TABLE people DROP COLUMN removed_at;
ALTER TABLE people DROP COLUMN notes;
ALTER TABLE people DROP COLUMN department;
ALTER TABLE people DROP COLUMN title;
ALTER TABLE people DROP COLUMN phone;
ALTER TABLE people DROP COLUMN vip;
ALTER TABLE people DROP COLUMN manager_id;
ALTER TABLE people DROP COLUMN site_id;
