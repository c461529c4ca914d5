package store

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/desk"
)

// Tickets that belong to others, and those that something is due for.

// Children implements desk.Tx.
func (tx *Tx) Children(parent string, limit int) ([]string, error) {
	rows, err := tx.q.query(tx.ctx, "SELECT id FROM tickets WHERE parent_id = $1 AND parent_id <> '' ORDER BY number LIMIT $2", parent, limit)
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

// Children implements desk.Store.
func (s deskStore) Children(ctx context.Context, parent string) ([]desk.Row, error) {
	rows, err := s.stmts.query(ctx, rowQuery+" WHERE t.parent_id = $1 AND t.parent_id <> '' ORDER BY t.number LIMIT $2", parent, desk.MaxChildren)
	return collect(rows, err, scanRow)
}

// Approvals implements desk.Store.
func (s deskStore) Approvals(ctx context.Context, person string, limit int) ([]desk.Row, error) {
	rows, err := s.stmts.query(ctx, rowQuery+" WHERE t.approver_id = $1 AND t.state = 'waiting_for_approval' ORDER BY t.number LIMIT $2", person, limit)
	return collect(rows, err, scanRow)
}

// ScheduledUntil implements desk.Store.
func (s deskStore) ScheduledUntil(ctx context.Context, moment time.Time, after desk.Due, limit int) ([]desk.Due, error) {
	rows, err := s.stmts.query(ctx, `SELECT wait_until, id FROM tickets WHERE wait_until > 0 AND wait_until <= $1 AND (wait_until, id) > ($2, $3)
		ORDER BY wait_until, id LIMIT $4`, millis(moment), millis(after.At), after.Ticket, limit)
	return collect(rows, err, scanDue)
}

// ResolvedUntil implements desk.Store.
func (s deskStore) ResolvedUntil(ctx context.Context, moment time.Time, after desk.Due, limit int) ([]desk.Due, error) {
	rows, err := s.stmts.query(ctx, `SELECT resolved_at, id FROM tickets WHERE state = 'resolved' AND resolved_at <= $1 AND (resolved_at, id) > ($2, $3)
		ORDER BY resolved_at, id LIMIT $4`, millis(moment), millis(after.At), after.Ticket, limit)
	return collect(rows, err, scanDue)
}

func scanDue(r scanner) (d desk.Due, err error) {
	var at int64
	err = r.Scan(&at, &d.Ticket)
	d.At = when(at)
	return d, err
}
