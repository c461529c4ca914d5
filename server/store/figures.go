package store

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/audit"
)

// OpenByEndpoint implements desk.Figures.
func (s deskStore) OpenByEndpoint(ctx context.Context) (map[string]int, error) {
	rows, err := s.stmts.query(ctx, "SELECT t.endpoint_id, COUNT(*) FROM tickets t WHERE "+openStates+" AND t.endpoint_id <> '' GROUP BY t.endpoint_id")
	return counted[string](rows, err)
}

// Inflow implements desk.Figures. Ids are ULIDs: they sort by time, so that the
// primary key finds the beginning.
func (s deskStore) Inflow(ctx context.Context, from time.Time, step time.Duration) (map[int64]int, error) {
	var first ulid.ULID
	if err := first.SetTime(ulid.Timestamp(from)); err != nil {
		return nil, err
	}
	rows, err := s.stmts.query(ctx, "SELECT t.created_at / $1, COUNT(*) FROM tickets t WHERE t.id >= $2 GROUP BY 1", step.Milliseconds(), first.String())
	return counted[int64](rows, err)
}

type count[K comparable] struct {
	key K
	n   int
}

func counted[K comparable](rows rows, err error) (map[K]int, error) {
	list, err := collect(rows, err, func(r scanner) (c count[K], err error) { return c, r.Scan(&c.key, &c.n) })
	out := make(map[K]int, len(list))
	for _, c := range list {
		out[c.key] = c.n
	}
	return out, err
}

// AuditPage returns entries of the log, the newest first.
func (db *DB) AuditPage(ctx context.Context, q audit.Query) ([]audit.Row, error) {
	like := ""
	if q.Actor != "" {
		like = "%" + likeEscaper.Replace(q.Actor) + "%"
	}
	rows, err := db.stmts.query(ctx, "SELECT "+auditColumns+` FROM audit WHERE ($1 = 0 OR seq < $1) AND ($2 = '' OR object = $2) AND ($3 = '' OR action = $3)
		AND ($4 = '' OR LOWER(actor) LIKE LOWER($4) ESCAPE '\') ORDER BY seq DESC LIMIT $5`, q.Before, q.Object, string(q.Action), like, q.Limit)
	return collect(rows, err, scanAudit)
}
