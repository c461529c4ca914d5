package store

import (
	"time"

	"github.com/deskbell/deskbell/server/desk"
)

// AddMended implements desk.Tx.
func (tx *Tx) AddMended(endpoint, fix string, m desk.Mended, now time.Time) error {
	spared := 0
	if m.Spared() {
		spared = 1
	}
	return tx.exec("INSERT INTO mended (endpoint_id, fix_id, recipe, finding, outcome, spared, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (endpoint_id, fix_id) DO NOTHING",
		endpoint, fix, m.Recipe, m.Finding, m.Outcome, spared, millis(now))
}
