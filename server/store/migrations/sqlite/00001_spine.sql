-- +goose Up
-- Times are Unix milliseconds. Ids are ULIDs in text. Secrets are stored as SHA-256.

CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE sites (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE,
	created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE people (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	email      TEXT UNIQUE,              -- lower case; of staff, and of requesters where it is known
	role       TEXT NOT NULL DEFAULT '', -- '' is a requester only
	password   TEXT NOT NULL DEFAULT '', -- a PHC string
	disabled   INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX people_name ON people (name, id);

CREATE TABLE links ( -- each good for one sign-in
	hash       BLOB PRIMARY KEY,
	kind       TEXT NOT NULL, -- sign_in, portal
	person_id  TEXT NOT NULL REFERENCES people (id),
	endpoint_id TEXT NOT NULL DEFAULT '',
	uid        TEXT NOT NULL DEFAULT '',
	expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
	hash        BLOB PRIMARY KEY,
	kind        TEXT NOT NULL, -- staff, requester
	person_id   TEXT NOT NULL REFERENCES people (id),
	endpoint_id TEXT NOT NULL DEFAULT '', -- that vouched for a requester
	uid         TEXT NOT NULL DEFAULT '',
	client      TEXT NOT NULL DEFAULT '', -- what the browser calls itself
	created_at  INTEGER NOT NULL,
	seen_at     INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_person ON sessions (person_id);

CREATE TABLE tokens (
	hash       BLOB PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	person_id  TEXT NOT NULL REFERENCES people (id),
	name       TEXT NOT NULL,
	role       TEXT NOT NULL DEFAULT '', -- at most the person's; '' is the person's
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	used_at    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX tokens_person ON tokens (person_id);

CREATE TABLE enrolments (
	hash       BLOB PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	site_id    TEXT NOT NULL REFERENCES sites (id),
	uses       INTEGER NOT NULL,
	used       INTEGER NOT NULL DEFAULT 0,
	created_by TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	revoked_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE endpoints (
	id             TEXT PRIMARY KEY,
	key            BLOB NOT NULL UNIQUE, -- Ed25519, public
	site_id        TEXT NOT NULL REFERENCES sites (id),
	enrolment_id   TEXT NOT NULL,
	name           TEXT NOT NULL,
	os             TEXT NOT NULL DEFAULT '',
	arch           TEXT NOT NULL DEFAULT '',
	platform       TEXT NOT NULL DEFAULT '',
	agent          TEXT NOT NULL DEFAULT '',
	state          TEXT NOT NULL DEFAULT 'active', -- active, held, revoked
	reason         TEXT NOT NULL DEFAULT '',       -- why it is held
	ratchet        INTEGER NOT NULL DEFAULT 0, -- the highest step that the endpoint is known to hold
	boot           TEXT NOT NULL DEFAULT '',
	booted_at      INTEGER NOT NULL DEFAULT 0,
	address        TEXT NOT NULL DEFAULT '',
	inventory      TEXT NOT NULL DEFAULT '',
	inventory_hash TEXT NOT NULL DEFAULT '',
	findings       TEXT NOT NULL DEFAULT '',
	findings_at    INTEGER NOT NULL DEFAULT 0,
	enrolled_at    INTEGER NOT NULL,
	seen_at        INTEGER NOT NULL DEFAULT 0,
	goodbye        TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX endpoints_site ON endpoints (site_id, name, id);
CREATE INDEX endpoints_name ON endpoints (name, id);

CREATE TABLE accounts ( -- a person as one endpoint's operating system knows them
	endpoint_id TEXT NOT NULL REFERENCES endpoints (id),
	uid         TEXT NOT NULL,
	login       TEXT NOT NULL,
	person_id   TEXT NOT NULL REFERENCES people (id),
	PRIMARY KEY (endpoint_id, uid)
) WITHOUT ROWID;
CREATE INDEX accounts_person ON accounts (person_id);

CREATE TABLE tickets (
	id             TEXT PRIMARY KEY,
	number         INTEGER NOT NULL UNIQUE,
	ref            TEXT NOT NULL DEFAULT '',
	version        INTEGER NOT NULL,
	kind           TEXT NOT NULL,
	state          TEXT NOT NULL,
	priority       INTEGER NOT NULL,
	impact         INTEGER NOT NULL,
	urgency        INTEGER NOT NULL,
	title          TEXT NOT NULL,
	body           TEXT NOT NULL,
	requester_id   TEXT NOT NULL,
	requester_name TEXT NOT NULL,
	endpoint_id    TEXT NOT NULL DEFAULT '',
	site_id        TEXT NOT NULL DEFAULT '',
	assignee_id    TEXT NOT NULL DEFAULT '',
	assignee_name  TEXT NOT NULL DEFAULT '',
	waiting        TEXT NOT NULL DEFAULT '',
	solution       TEXT NOT NULL DEFAULT '',
	code           TEXT NOT NULL DEFAULT '',
	rating         INTEGER NOT NULL DEFAULT 0,
	comment        TEXT NOT NULL DEFAULT '',
	reopened       INTEGER NOT NULL DEFAULT 0,
	last_read      TEXT NOT NULL DEFAULT '',
	snapshot_id    TEXT NOT NULL DEFAULT '',
	findings       TEXT NOT NULL DEFAULT '',
	attachments    TEXT NOT NULL DEFAULT '',
	created_at     INTEGER NOT NULL,
	updated_at     INTEGER NOT NULL,
	responded_at   INTEGER NOT NULL DEFAULT 0,
	resolved_at    INTEGER NOT NULL DEFAULT 0,
	closed_at      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX tickets_queue ON tickets (priority, number) WHERE state IN ('new', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_assignee ON tickets (assignee_id, priority, number) WHERE state IN ('new', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_requester ON tickets (requester_id, number);
CREATE INDEX tickets_endpoint ON tickets (endpoint_id, number) WHERE endpoint_id <> '';

CREATE TABLE ticket_events (
	seq       INTEGER PRIMARY KEY AUTOINCREMENT,
	ticket_id TEXT NOT NULL REFERENCES tickets (id),
	version   INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	type      TEXT NOT NULL,
	data      TEXT NOT NULL, -- the ticket.Event
	UNIQUE (ticket_id, version)
);

CREATE TABLE snapshots (
	id          TEXT PRIMARY KEY,
	endpoint_id TEXT NOT NULL,
	ticket_id   TEXT NOT NULL DEFAULT '',
	taken_at    INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	doc         TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX snapshots_endpoint ON snapshots (endpoint_id, id);

CREATE TABLE messages_seen ( -- so that the effect of one message happens once
	endpoint_id TEXT NOT NULL,
	message_id  TEXT NOT NULL,
	hash        BLOB NOT NULL,
	outcome     TEXT NOT NULL, -- what was answered, and is answered again
	at          INTEGER NOT NULL,
	PRIMARY KEY (endpoint_id, message_id)
) WITHOUT ROWID;
CREATE INDEX messages_seen_at ON messages_seen (at);

CREATE TABLE asks (
	id          TEXT PRIMARY KEY,
	endpoint_id TEXT NOT NULL,
	ticket_id   TEXT NOT NULL DEFAULT '',
	kind        TEXT NOT NULL,
	params      TEXT NOT NULL,
	asker_id    TEXT NOT NULL,
	asker_name  TEXT NOT NULL,
	asker_uid   TEXT NOT NULL DEFAULT '', -- set when a requester asks about their own machine
	state       TEXT NOT NULL, -- waiting, running, done, failed, expired, cancelled, unknown
	code        TEXT NOT NULL DEFAULT '',
	sentence    TEXT NOT NULL DEFAULT '',
	answer      TEXT NOT NULL DEFAULT '', -- a JSON array of the parts
	asked_at    INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL,
	ended_at    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX asks_endpoint ON asks (endpoint_id, id);
CREATE INDEX asks_ticket ON asks (ticket_id, id) WHERE ticket_id <> '';
CREATE INDEX asks_open ON asks (endpoint_id) WHERE state IN ('waiting', 'running');

CREATE TABLE blobs (
	sha256     TEXT PRIMARY KEY, -- hex
	size       INTEGER NOT NULL,
	type       TEXT NOT NULL DEFAULT '',
	complete   INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE blob_chunks (
	sha256 TEXT NOT NULL REFERENCES blobs (sha256) ON DELETE CASCADE,
	offset_bytes INTEGER NOT NULL,
	data   BLOB NOT NULL,
	PRIMARY KEY (sha256, offset_bytes)
);

CREATE TABLE audit (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	at      INTEGER NOT NULL,
	actor   TEXT NOT NULL, -- JSON
	action  TEXT NOT NULL,
	object  TEXT NOT NULL,
	detail  TEXT NOT NULL, -- JSON
	hash    BLOB NOT NULL  -- over the hash before it and this row
);

-- +goose Down
DROP TABLE audit;
DROP TABLE blob_chunks;
DROP TABLE blobs;
DROP TABLE asks;
DROP TABLE messages_seen;
DROP TABLE snapshots;
DROP TABLE ticket_events;
DROP TABLE tickets;
DROP TABLE accounts;
DROP TABLE endpoints;
DROP TABLE enrolments;
DROP TABLE tokens;
DROP TABLE sessions;
DROP TABLE links;
DROP TABLE people;
DROP TABLE sites;
DROP TABLE meta;
