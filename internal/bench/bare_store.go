//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver

	"github.com/deskbell/deskbell/internal/settings"
)

// What the bare loops write for a ticket: the row, with the four indexes that any
// queue needs, and the event of its opening.
var bareSchema = []string{
	`CREATE TABLE IF NOT EXISTS tickets (id TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL, requester TEXT NOT NULL, assignee TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS tickets_number ON tickets (number)`,
	`CREATE INDEX IF NOT EXISTS tickets_queue ON tickets (state, priority, number)`,
	`CREATE INDEX IF NOT EXISTS tickets_requester ON tickets (requester, number)`,
	`CREATE INDEX IF NOT EXISTS tickets_assignee ON tickets (assignee, number)`,
	`CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, ticket TEXT NOT NULL, at BIGINT NOT NULL, data TEXT NOT NULL)`,
}

const (
	insertTicket = `INSERT INTO tickets (id, number, state, priority, requester, assignee, title, body, at) VALUES ($1, $2, 'new', 3, $3, '', $4, $5, $6)`
	insertEvent  = `INSERT INTO events (id, ticket, at, data) VALUES ($1, $2, $3, $4)`
)

// bareSQLite opens a database as durable as Deskbell's: WAL, synchronous=FULL.
func bareSQLite(ctx context.Context, name string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+name+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, s := range bareSchema {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

var bareNumber atomic.Int64

// bareTicket writes one ticket in a transaction of its own.
func bareTicket(ctx context.Context, db *sql.DB, id, title, body string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	now := time.Now().UnixMilli()
	if _, err := tx.ExecContext(ctx, insertTicket, id, bareNumber.Add(1), "ann", title, body, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, insertEvent, id+"e", id, now, `{"type":"opened","title":"`+title+`"}`); err != nil {
		return err
	}
	return tx.Commit()
}

// bareStoreCmd inserts tickets with so many senders who wait, and prints how many
// a second.
type bareStoreCmd struct {
	Data    string `help:"Folder of a SQLite file."`
	DSN     string `help:"Or a PostgreSQL."`
	Senders int    `default:"64"`
	For     time.Duration
}

// Run measures.
func (c *bareStoreCmd) Run(ctx context.Context, _ *slog.Logger, s settings.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	var n int64
	var err error
	start := time.Now()
	if c.DSN != "" {
		n, err = c.postgres(ctx)
	} else {
		n, err = c.sqlite(ctx)
	}
	if err != nil {
		return err
	}
	return s.Print(map[string]float64{"tickets": float64(n), "seconds": time.Since(start).Seconds()})
}

const bareTitle, bareBody = "The printer on the second floor prints only blank pages", "Ricoh-2, since this morning. Anna next door has it too."

// sqlite has one writer that commits together whatever waits together.
func (c *bareStoreCmd) sqlite(ctx context.Context) (int64, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return 0, err
	}
	db, err := bareSQLite(ctx, filepath.Join(c.Data, "bare.db"))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	waiting := make(chan chan error, c.Senders)
	var done atomic.Int64
	var wg sync.WaitGroup
	for range c.Senders {
		wg.Go(func() {
			answer := make(chan error, 1)
			for ctx.Err() == nil {
				waiting <- answer
				if <-answer == nil {
					done.Add(1)
				}
			}
		})
	}
	go func() {
		wg.Wait()
		close(waiting)
	}()
	conn, err := db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	w := bareWriter{conn: conn}
	if err := w.prepare(context.WithoutCancel(ctx)); err != nil {
		return 0, err
	}
	for first := range waiting {
		group := []chan error{first}
		for len(group) < 256 && len(waiting) > 0 {
			if a, ok := <-waiting; ok {
				group = append(group, a)
			}
		}
		err := w.commit(context.WithoutCancel(ctx), len(group))
		for _, a := range group {
			a <- err
		}
	}
	return done.Load(), w.failed
}

// bareWriter is one connection with its statements prepared.
type bareWriter struct {
	conn          *sql.Conn
	ticket, event *sql.Stmt
	n             int
	failed        error
}

func (w *bareWriter) prepare(ctx context.Context) (err error) {
	if w.ticket, err = w.conn.PrepareContext(ctx, insertTicket); err != nil {
		return err
	}
	w.event, err = w.conn.PrepareContext(ctx, insertEvent)
	return err
}

// commit writes so many tickets in one transaction.
func (w *bareWriter) commit(ctx context.Context, tickets int) error {
	err := w.transact(ctx, tickets)
	w.failed = errors.Join(w.failed, err)
	return err
}

func (w *bareWriter) transact(ctx context.Context, tickets int) error {
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	for range tickets {
		w.n++
		id := fmt.Sprintf("01M%023d", w.n)
		if _, err := w.ticket.ExecContext(ctx, id, w.n, "ann", bareTitle, bareBody, now); err != nil {
			return err
		}
		if _, err := w.event.ExecContext(ctx, id+"e", id, now, `{"type":"opened","title":"`+bareTitle+`"}`); err != nil {
			return err
		}
	}
	_, err := w.conn.ExecContext(ctx, "COMMIT")
	return err
}

// postgres gives each sender its connection; PostgreSQL commits together by itself.
func (c *bareStoreCmd) postgres(ctx context.Context) (int64, error) {
	all := context.WithoutCancel(ctx)
	config, err := pgxpool.ParseConfig(c.DSN)
	if err != nil {
		return 0, err
	}
	config.MaxConns = int32(c.Senders)
	pool, err := pgxpool.NewWithConfig(all, config)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	for _, s := range bareSchema {
		if _, err := pool.Exec(all, s); err != nil {
			return 0, err
		}
	}
	var done atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, c.Senders)
	for range c.Senders {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := c.insert(all, pool, done.Add(1)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return done.Load(), nil
	}
}

func (c *bareStoreCmd) insert(ctx context.Context, pool *pgxpool.Pool, n int64) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // does nothing after a commit
	id, now := fmt.Sprintf("01M%023d", n), time.Now().UnixMilli()
	if _, err := tx.Exec(ctx, insertTicket, id, n, "ann", bareTitle, bareBody, now); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertEvent, id+"e", id, now, `{"type":"opened","title":"`+bareTitle+`"}`); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
