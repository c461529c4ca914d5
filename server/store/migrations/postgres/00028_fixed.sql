-- +goose Up
-- Whom it was asked of when an outage was said to be over, and what they said.

CREATE TABLE incident_people (
	incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	who         TEXT NOT NULL, -- a person, or the account of somebody who has never rung
	asked_at    BIGINT NOT NULL,
	answer      TEXT NOT NULL, -- '': none; fixed, not
	answered_at BIGINT NOT NULL,
	endpoint    TEXT NOT NULL, -- where it was answered; '': on a page
	looked      TEXT NOT NULL, -- at itself: '': no; yes
	found       TEXT NOT NULL, -- codes of what the machine found then, with spaces between them
	language    TEXT NOT NULL, -- in which they were asked
	outcome     TEXT NOT NULL, -- '': nothing was made of it yet
	PRIMARY KEY (incident_id, who)
);
CREATE INDEX incident_people_open ON incident_people (answer, outcome);

-- +goose Down
DROP TABLE incident_people;
