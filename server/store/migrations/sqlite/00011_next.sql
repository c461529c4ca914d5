-- +goose Up
-- Which ticket is taken next: of a team's that nobody has, the one whose clock runs out
-- first. The team stands beside the clock, so that one index finds it, however many wait.

ALTER TABLE ticket_clocks ADD COLUMN free_of TEXT;     -- the team whose ticket it is that nobody has; NULL when somebody has it
ALTER TABLE ticket_clocks ADD COLUMN priority INTEGER NOT NULL DEFAULT 0; -- the ticket's, kept while nobody has it
UPDATE ticket_clocks SET
	free_of = (SELECT t.team_id FROM tickets t WHERE t.id = ticket_clocks.ticket_id AND t.assignee_id = '' AND t.state IN ('new', 'approved')),
	priority = COALESCE((SELECT t.priority FROM tickets t WHERE t.id = ticket_clocks.ticket_id), 0)
	WHERE ticket_id IN (SELECT id FROM tickets WHERE assignee_id = '' AND state IN ('new', 'approved'));
CREATE INDEX ticket_clocks_free ON ticket_clocks (free_of, due_at, priority, ticket_id) WHERE free_of IS NOT NULL AND state = 'running';

-- +goose Down
DROP INDEX ticket_clocks_free;
ALTER TABLE ticket_clocks DROP COLUMN priority;
ALTER TABLE ticket_clocks DROP COLUMN free_of;
