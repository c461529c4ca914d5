package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations
var migrations embed.FS

// dialect is all that differs between the two databases.
type dialect struct {
	name string
	// nextNumber is an expression for the next ticket number.
	nextNumber string
	// feed selects the ticket events after a cursor that are certain to have no
	// earlier one still to come; cursor and full are as in feed.go.
	feed    string
	changes string // the feed without the tickets, with whole events
	latest  string
	// touched is the feed as the figures need it: which tickets have changed.
	touched string
	// lockAudit keeps two transactions from continuing the same audit chain.
	lockAudit string
	full      func(error) bool
	taken     func(error) bool // a unique value is taken

	// How the index of words is asked; see search.go.
	search, searchKey string
	and, or           string
	phrase            func(block string, words []string, prefix, notes bool) string
	// blocks is how many blocks one question to the index is about at most. Where
	// words stand side by side PostgreSQL reads in the row, and there each row is
	// held to what is asked of every block.
	blocks int
}

var sqliteDialect = &dialect{
	name:       "sqlite",
	nextNumber: "(SELECT COALESCE(MAX(number), 1000) + 1 FROM tickets)",
	feed: `SELECT 0, e.seq, e.at, e.type, e.data, ` + feedColumns + ` FROM ticket_events e JOIN tickets t ON t.id = e.ticket_id
		WHERE $1 = 0 AND e.seq > $2 ORDER BY e.seq LIMIT $3`,
	changes: "SELECT 0, e.seq, e.ticket_id, e.version, e.data FROM ticket_events e WHERE $1 = 0 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
	latest:  "SELECT 0, COALESCE(MAX(seq), 0) FROM ticket_events",
	full:    func(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_FULL },
	touched: "SELECT 0, e.seq, e.ticket_id FROM ticket_events e WHERE $1 = 0 AND e.seq > $2 ORDER BY e.seq LIMIT $3",
	taken: func(err error) bool {
		c := sqliteCode(err)
		return c == sqlite3.SQLITE_CONSTRAINT_UNIQUE || c == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	},
	search: "SELECT rowid FROM ticket_search WHERE ticket_search MATCH $1", searchKey: "rowid",
	and: " AND ", or: " OR ", phrase: sqlitePhrase, blocks: 32,
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

var postgresDialect = &dialect{
	name:       "postgres",
	nextNumber: "nextval('ticket_numbers')",
	// Transactions commit in another order than they begin. What every running
	// transaction is younger than can have no hole in it any more.
	feed: `SELECT e.xid::text::bigint, e.seq, e.at, e.type, e.data, ` + feedColumns + ` FROM ticket_events e JOIN tickets t ON t.id = e.ticket_id
		WHERE (e.xid, e.seq) > ($1::bigint::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
		ORDER BY e.xid, e.seq LIMIT $3`,
	changes: `SELECT e.xid::text::bigint, e.seq, e.ticket_id, e.version, e.data FROM ticket_events e
		WHERE (e.xid, e.seq) > ($1::bigint::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
		ORDER BY e.xid, e.seq LIMIT $3`,
	latest: `SELECT COALESCE(e.xid::text::bigint, 0), COALESCE(e.seq, 0) FROM (SELECT 1) one LEFT JOIN LATERAL
		(SELECT xid, seq FROM ticket_events WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid DESC, seq DESC LIMIT 1) e ON true`,
	touched: `SELECT e.xid::text::bigint, e.seq, e.ticket_id FROM ticket_events e
		WHERE (e.xid, e.seq) > ($1::bigint::text::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid, e.seq LIMIT $3`,
	lockAudit: "SELECT pg_advisory_xact_lock(7201044)",
	full:      func(err error) bool { return postgresCode(err) == "53100" }, // disk_full
	taken:     func(err error) bool { return postgresCode(err) == "23505" }, // unique_violation
	// What the index has is put down first: asked for the newest at once, the planner
	// would rather read all tickets from the end.
	search: "WITH hit AS MATERIALIZED (SELECT number FROM ticket_words WHERE doc @@ $1::tsquery) SELECT number FROM hit WHERE true", searchKey: "number",
	and: " & ", or: " | ", phrase: postgresPhrase, blocks: 8,
}

func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// statements keeps prepared statements of one pool or connection. Parsing a query
// costs SQLite about as much as running it.
type statements struct {
	prepare func(ctx context.Context, query string) (*sql.Stmt, error)
	mu      sync.Mutex
	byQuery map[string]*sql.Stmt
}

func newStatements(prepare func(context.Context, string) (*sql.Stmt, error)) *statements {
	return &statements{prepare: prepare, byQuery: map[string]*sql.Stmt{}}
}

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.byQuery[query]; st != nil {
		return st, nil
	}
	st, err := s.prepare(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", strings.Join(strings.Fields(query), " "), err)
	}
	s.byQuery[query] = st
	return st, nil
}

func (s *statements) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.byQuery {
		st.Close()
	}
	clear(s.byQuery)
}

func (s *statements) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *statements) later(ctx context.Context, query string, args ...any) error {
	_, err := s.exec(ctx, query, args...)
	return err
}

func (s *statements) query(ctx context.Context, query string, args ...any) (rows, error) {
	st, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...) //nolint:rowserrcheck // whoever reads the rows checks
}

func (s *statements) row(ctx context.Context, query string, args ...any) scanner {
	st, err := s.get(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return st.QueryRowContext(ctx, args...)
}

// failedRow is a row that could not be asked for.
type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
