//go:build linux

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

// loadMany fills a database that has its schema with n made tickets, past the store's own
// writer and without flushing: only what is there afterwards matters.
func loadMany(ctx context.Context, dsn string, n int, now time.Time) error {
	m := newMaker(n, now)
	if strings.HasPrefix(dsn, "postgres") {
		return loadPostgres(ctx, dsn, m)
	}
	return loadSQLite(ctx, dsn, m)
}

func madeNames(kind string, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		switch kind {
		case "sit":
			fmt.Fprintf(&b, "('%s', 'Site %d', 1)", idOf(kind, i), i)
		default:
			fmt.Fprintf(&b, "('%s', %s, '%s', 'token', 'pc-%d', 1)", idOf(kind, i), keyOf(i), idOf("sit", i%siteCount), i)
		}
	}
	return b.String()
}

// keyOf is an endpoint's key as both databases read it, as text; it is never used.
func keyOf(i int) string { return fmt.Sprintf("'key-%029d'", i) }

const (
	sitesSQL     = "INSERT INTO sites (id, name, created_at) VALUES "
	endpointsSQL = "INSERT INTO endpoints (id, key, site_id, enrolment_id, name, enrolled_at) VALUES "
)

// due is when the made clock of an open ticket runs out; 0: it has none.
func (m *maker) due(t ticket.Ticket, i int) int64 {
	if m.unclocked || !t.State.Open() || t.State == ticket.Pending {
		return 0
	}
	return t.UpdatedAt.Add(time.Duration(i%2000) * time.Hour).UnixMilli()
}

func loadSQLite(ctx context.Context, path string, m *maker) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=cache_size(-300000)&_pragma=wal_autocheckpoint(20000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{sitesSQL + madeNames("sit", siteCount), endpointsSQL + madeNames("end", machines)} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	places := "(?" + strings.Repeat(", ?", len(madeColumns)-1) + ")"
	queries := []string{
		"INSERT INTO tickets (" + strings.Join(madeColumns, ", ") + ") VALUES " + places,
		"INSERT INTO ticket_events (ticket_id, version, at, type, data) VALUES (?, ?, ?, ?, ?)",
		"INSERT INTO ticket_words (number, said, noted) VALUES (?, ?, ?)",
		"INSERT INTO ticket_search (rowid, said, noted) VALUES (?, ?, ?)",
		"INSERT INTO ticket_clocks (ticket_id, version, line, live, rules, kind, state, due_at) VALUES (?, ?, '{}', 1, 0, 'resolution', 'running', ?)",
	}
	for i := 0; i < m.n; {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		var st [5]*sql.Stmt
		for k, q := range queries {
			if st[k], err = tx.PrepareContext(ctx, q); err != nil { //nolint:sqlclosecheck // they end with the transaction
				return err
			}
		}
		for end := min(i+20_000, m.n); i < end; i++ {
			t, events := m.ticket(i)
			if _, err := st[0].ExecContext(ctx, madeRow(t)...); err != nil {
				return err
			}
			for v, e := range events {
				data, err := json.Marshal(e)
				if err != nil {
					return err
				}
				if _, err := st[1].ExecContext(ctx, t.ID, v+1, e.At.UnixMilli(), e.Type, string(data)); err != nil {
					return err
				}
			}
			x := store.IndexedOf("sqlite", t.Number, events)
			if _, err := st[2].ExecContext(ctx, t.Number, x.Said, x.Noted); err != nil {
				return err
			}
			if _, err := st[3].ExecContext(ctx, t.Number, x.SearchSaid, x.SearchNoted); err != nil {
				return err
			}
			if at := m.due(t, i); at != 0 {
				if _, err := st[4].ExecContext(ctx, t.ID, t.Version, at); err != nil {
					return err
				}
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// copied is one table that is copied into, a chunk at a time.
type copied struct {
	table string
	text  strings.Builder
}

var copyEscape = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func (c *copied) add(values ...any) {
	for i, v := range values {
		if i > 0 {
			c.text.WriteByte('\t')
		}
		switch v := v.(type) {
		case string:
			c.text.WriteString(copyEscape.Replace(v))
		case int64:
			c.text.WriteString(strconv.FormatInt(v, 10))
		}
	}
	c.text.WriteByte('\n')
}

func loadPostgres(ctx context.Context, dsn string, m *maker) error {
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	exec := func(q string) error { _, err := db.Exec(ctx, q); return err }
	for _, q := range []string{
		"SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'", sitesSQL + madeNames("sit", siteCount), endpointsSQL + madeNames("end", machines),
		"DROP INDEX ticket_words_doc",
	} {
		if err := exec(q); err != nil {
			return err
		}
	}
	tables := []*copied{
		{table: "tickets (" + strings.Join(madeColumns, ", ") + ")"}, {table: "ticket_events (ticket_id, version, at, type, data)"},
		{table: "ticket_words (number, said, noted, doc)"}, {table: "ticket_clocks (ticket_id, version, line, live, rules, kind, state, due_at)"},
	}
	for i := 0; i < m.n; {
		for end := min(i+10_000, m.n); i < end; i++ {
			t, events := m.ticket(i)
			tables[0].add(madeRow(t)...)
			for v, e := range events {
				data, err := json.Marshal(e)
				if err != nil {
					return err
				}
				tables[1].add(t.ID, int64(v+1), e.At.UnixMilli(), string(e.Type), string(data))
			}
			x := store.IndexedOf("postgres", t.Number, events)
			tables[2].add(t.Number, x.Said, x.Noted, x.Vector)
			if at := m.due(t, i); at != 0 {
				tables[3].add(t.ID, t.Version, "{}", int64(1), int64(0), "resolution", "running", at)
			}
		}
		for _, c := range tables {
			if err := c.into(ctx, db); err != nil {
				return fmt.Errorf("copying into %s: %w", c.table, err)
			}
		}
	}
	for _, q := range []string{
		"CREATE INDEX ticket_words_doc ON ticket_words USING gin (doc) WITH (fastupdate = off)",
		fmt.Sprintf("SELECT setval('ticket_numbers', %d)", firstNumber+m.n), "VACUUM ANALYZE",
	} {
		if err := exec(q); err != nil {
			return err
		}
	}
	return nil
}

func (c *copied) into(ctx context.Context, db *pgx.Conn) error {
	_, err := db.PgConn().CopyFrom(ctx, io.Reader(strings.NewReader(c.text.String())), "COPY "+c.table+" FROM STDIN")
	c.text.Reset()
	return err
}
