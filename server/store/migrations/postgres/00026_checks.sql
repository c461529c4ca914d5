-- +goose Up
-- Services that are looked at, and what became of them.

CREATE TABLE checks (
	id    TEXT PRIMARY KEY,
	doc   TEXT NOT NULL, -- JSON: the settings; what is sent along is sealed
	lives TEXT NOT NULL  -- JSON: what is known of it from each place
);

CREATE TABLE check_log (
	check_id TEXT NOT NULL,
	n        BIGINT NOT NULL, -- counts the lines of one check
	at       BIGINT NOT NULL,
	place    TEXT NOT NULL, -- “server”, or a site
	did      TEXT NOT NULL,
	says     TEXT NOT NULL,
	PRIMARY KEY (check_id, n)
);

-- +goose Down
DROP TABLE check_log;
DROP TABLE checks;
