-- +goose Up
-- What the rules over the time series have come to, and what became of it.

CREATE TABLE alerts (
	id  TEXT PRIMARY KEY, -- the rule and the labels
	doc TEXT NOT NULL     -- JSON
);

CREATE TABLE alert_log (
	seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at          BIGINT NOT NULL,
	alert_id    TEXT NOT NULL,
	rule        TEXT NOT NULL,
	severity    TEXT NOT NULL,
	endpoint_id TEXT NOT NULL, -- empty: it is about more than one
	site        TEXT NOT NULL, -- its name then
	did         TEXT NOT NULL, -- fired, unknown, firing, resolved, withdrawn
	summary     TEXT NOT NULL,
	value       DOUBLE PRECISION NOT NULL
);
CREATE INDEX alert_log_at ON alert_log (at);
CREATE INDEX alert_log_endpoint ON alert_log (endpoint_id, at) WHERE endpoint_id <> '';
CREATE INDEX alert_log_alert ON alert_log (alert_id, at);

-- +goose Down
DROP TABLE alert_log;
DROP TABLE alerts;
