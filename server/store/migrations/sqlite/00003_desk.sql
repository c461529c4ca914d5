-- +goose Up
-- What a help desk files its tickets under, and its own rules.

ALTER TABLE tickets ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN team_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN tags TEXT NOT NULL DEFAULT ''; -- a JSON array, sorted
ALTER TABLE tickets ADD COLUMN overridden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN major INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN parent_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN reopened_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN first_resolved_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN more TEXT NOT NULL DEFAULT ''; -- JSON: what no query selects or sorts by
UPDATE tickets SET first_resolved_at = resolved_at;
DROP INDEX tickets_queue;
DROP INDEX tickets_assignee;
CREATE INDEX tickets_queue ON tickets (priority, number) WHERE state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_assignee ON tickets (assignee_id, priority, number) WHERE state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_team ON tickets (team_id, priority, number) WHERE state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_resolved ON tickets (resolved_at) WHERE state = 'resolved';
CREATE INDEX tickets_parent ON tickets (parent_id, number) WHERE parent_id <> '';
CREATE INDEX tickets_merged ON tickets (merged_into, number) WHERE merged_into <> '';

CREATE TABLE rulebook ( -- the desk's own configuration
	kind       TEXT NOT NULL,
	id         TEXT NOT NULL,
	version    INTEGER NOT NULL,
	doc        TEXT NOT NULL, -- JSON, of the kind's type
	updated_at INTEGER NOT NULL,
	updated_by TEXT NOT NULL,
	revision   INTEGER NOT NULL, -- rises with each change of any entry
	deleted    INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX rulebook_revision ON rulebook (revision);

-- +goose Down
DROP TABLE rulebook;
DROP INDEX tickets_merged;
DROP INDEX tickets_parent;
DROP INDEX tickets_resolved;
DROP INDEX tickets_team;
DROP INDEX tickets_assignee;
DROP INDEX tickets_queue;
CREATE INDEX tickets_queue ON tickets (priority, number) WHERE state IN ('new', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_assignee ON tickets (assignee_id, priority, number) WHERE state IN ('new', 'assigned', 'in_progress', 'pending');
ALTER TABLE tickets DROP COLUMN more;
ALTER TABLE tickets DROP COLUMN first_resolved_at;
ALTER TABLE tickets DROP COLUMN reopened_at;
ALTER TABLE tickets DROP COLUMN merged_into;
ALTER TABLE tickets DROP COLUMN parent_id;
ALTER TABLE tickets DROP COLUMN major;
ALTER TABLE tickets DROP COLUMN overridden;
ALTER TABLE tickets DROP COLUMN tags;
ALTER TABLE tickets DROP COLUMN team_id;
ALTER TABLE tickets DROP COLUMN category;
