-- +goose Up
-- What tickets are found by that wait: for somebody's decision, or for a moment.

ALTER TABLE tickets ADD COLUMN approver_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN wait_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX tickets_approver ON tickets (approver_id, number) WHERE state = 'waiting_for_approval';
CREATE INDEX tickets_scheduled ON tickets (wait_until, id) WHERE wait_until > 0;

-- +goose Down
DROP INDEX tickets_scheduled;
DROP INDEX tickets_approver;
ALTER TABLE tickets DROP COLUMN wait_until;
ALTER TABLE tickets DROP COLUMN approver_id;
