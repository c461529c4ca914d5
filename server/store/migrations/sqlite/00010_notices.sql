-- +goose Up
-- What the staff is told, whose turn it is in a team, and who is away.

ALTER TABLE notices ADD COLUMN cause TEXT NOT NULL DEFAULT ''; -- what it is about happens once: ticket, version, kind
ALTER TABLE notices ADD COLUMN doc TEXT NOT NULL DEFAULT ''; -- JSON: what no query selects by
CREATE UNIQUE INDEX notices_cause ON notices (person_id, cause) WHERE cause <> '';

CREATE TABLE turns ( -- when somebody was last given a ticket by their team's mode
	team_id   TEXT NOT NULL,
	person_id TEXT NOT NULL, -- '' is the team's own row, with the newest turn
	turn      INTEGER NOT NULL,
	PRIMARY KEY (team_id, person_id)
) WITHOUT ROWID;

CREATE TABLE staff ( -- what people of the staff say of themselves
	person_id  TEXT PRIMARY KEY REFERENCES people (id),
	version    INTEGER NOT NULL,
	away_until INTEGER NOT NULL DEFAULT 0,
	calendar   TEXT NOT NULL DEFAULT '', -- id in the rulebook
	skills     TEXT NOT NULL DEFAULT ''  -- a JSON array
) WITHOUT ROWID;

CREATE INDEX tickets_free ON tickets (team_id, priority, number) WHERE assignee_id = '' AND state IN ('new', 'approved');

-- +goose Down
DROP INDEX tickets_free;
DROP TABLE staff;
DROP TABLE turns;
DROP INDEX notices_cause;
ALTER TABLE notices DROP COLUMN doc;
ALTER TABLE notices DROP COLUMN cause;
