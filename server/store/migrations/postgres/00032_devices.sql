-- +goose Up
-- Network devices that are looked at, and what became of them.

CREATE TABLE devices (
	id     TEXT PRIMARY KEY,
	doc    TEXT NOT NULL, -- JSON: the settings; secrets are sealed
	memory TEXT NOT NULL -- JSON: what is known of it and of its interfaces
);

CREATE TABLE device_log (
	device_id TEXT NOT NULL,
	n         BIGINT NOT NULL, -- counts the lines of one device
	at        BIGINT NOT NULL,
	port      TEXT NOT NULL, -- empty: the device itself
	did       TEXT NOT NULL,
	says      TEXT NOT NULL,
	PRIMARY KEY (device_id, n)
);

-- +goose Down
DROP TABLE device_log;
DROP TABLE devices;
