-- +goose Up
-- A new ticket enters fewer indexes: nobody has it, so the index of who has which need not
-- hold it, and what a team has is answered by the board.

DROP INDEX tickets_team;
DROP INDEX tickets_assignee;
CREATE INDEX tickets_assignee ON tickets (assignee_id, priority, number) WHERE assignee_id <> '' AND state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending');

-- +goose Down
DROP INDEX tickets_assignee;
CREATE INDEX tickets_assignee ON tickets (assignee_id, priority, number) WHERE state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending');
CREATE INDEX tickets_team ON tickets (team_id, priority, number) WHERE state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending');
