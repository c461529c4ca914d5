-- +goose Up
-- Who is on call, and who stands in for whom.

CREATE TABLE oncall (
	kind TEXT NOT NULL, -- rota, override, …
	id   TEXT NOT NULL,
	doc  TEXT NOT NULL, -- JSON
	PRIMARY KEY (kind, id)
);

-- +goose Down
DROP TABLE oncall;
