package store

import (
	"context"

	"github.com/deskbell/deskbell/server/auth"
)

// Summed implements desk.ClockTx.
func (tx *Tx) Summed(person, cause string) (n int, err error) {
	err = tx.row("DELETE FROM notices WHERE person_id = $1 AND cause = $2 RETURNING count", person, cause).Scan(&n)
	if isNoRows(err) {
		return 0, nil
	}
	return n, err
}

// Unread returns how many notices a person has not read.
func (s ClockStore) Unread(ctx context.Context, person string) (int, error) {
	return noticeStore{s.db}.Unread(ctx, person)
}

// StaffOf lists those of a role who are not disabled.
func (s ClockStore) StaffOf(ctx context.Context, role auth.Role) ([]string, error) {
	return noticeStore{s.db}.StaffOf(ctx, role)
}
