// Package store keeps Deskbell's truth in SQL: SQLite beside the server, or
// PostgreSQL. The queries are shared; what differs stands in the dialect and in
// two folders of migrations. Each use case declares the store it needs, and the
// types here with those methods are handed out by Desk, Auth and the others.
//
// A write is a function over a Tx: it commits as a whole or not at all, and
// Update returns only after the commit is on disk. SQLite has one writer that
// commits whatever waits together (group commit, synchronous=FULL); PostgreSQL
// commits concurrent transactions together by itself.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/board"
)

// DB is an open store.
type DB struct {
	log     *slog.Logger
	dialect *dialect
	read    *sql.DB
	stmts   *statements
	writer  writer
	wake    chan struct{}               // a commit wrote events
	board   atomic.Pointer[board.Board] // nil until KeepBoard
	shown   together                    // on the board
}

// writer commits what a function does.
type writer interface {
	write(ctx context.Context, f func(*Tx) error) error
	close() error
}

// Options say which store to open.
type Options struct {
	DSN     string // a file's path is SQLite, postgres:// is PostgreSQL
	Migrate bool   // bring an older schema up to date; else refuse it
}

// Open opens the store and checks its schema. One that is newer than this program
// is refused: fault.Unsupported.
func Open(ctx context.Context, o Options, log *slog.Logger) (*DB, error) {
	if strings.HasPrefix(o.DSN, "postgres://") || strings.HasPrefix(o.DSN, "postgresql://") {
		return openPostgres(ctx, o, log)
	}
	return openSQLite(ctx, o, log)
}

// Close waits for the last commit and closes the store.
func (db *DB) Close() error {
	db.stmts.close()
	return errors.Join(db.writer.close(), db.read.Close())
}

// Engine names the database, for people.
func (db *DB) Engine() string { return db.dialect.name }

// Ping reports whether the store answers.
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

// update runs f in a transaction and returns when it is durable.
func (db *DB) update(ctx context.Context, f func(*Tx) error) error {
	var last *Tx // that was committed
	err := db.writer.write(ctx, func(tx *Tx) error {
		last = tx
		return f(tx)
	})
	if err == nil {
		db.showOnBoard(last.touched)
	}
	if err != nil && db.dialect.full(err) {
		return fault.Wrap(err, fault.Full, "The server's disk is full. Nothing was saved; reading goes on. Tell whoever runs the server.")
	}
	return err
}

// committed is told of commits that wrote ticket events.
func (db *DB) committed() {
	select {
	case db.wake <- struct{}{}:
	default: // the feed is awake already
	}
}

// once reads by a query that is put together for this one time, and not kept prepared.
func (db *DB) once(ctx context.Context, query string, args ...any) (rows, error) {
	return db.read.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever reads the rows checks
}

// Tx is a transaction. It lives as long as the function it is handed to.
type Tx struct {
	ctx     context.Context
	q       querier
	dialect *dialect
	events  bool // it wrote ticket events

	touched []string         // the tickets that they are about
	texts   map[string]*text // what they say, by ticket
	again   []string         // tickets whose words are to be made anew
}

// querier is what a transaction and a reader have in common.
type querier interface {
	exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	// later is exec whose result nobody reads. Of a transaction that waits for its
	// database, the error may be told by what comes next, the commit at the latest.
	later(ctx context.Context, query string, args ...any) error
	query(ctx context.Context, query string, args ...any) (rows, error)
	row(ctx context.Context, query string, args ...any) scanner
}

// exec carries a statement out, at the latest with the commit. Who must know at once
// whether it succeeded, or how many rows it changed, uses changed.
func (tx *Tx) exec(query string, args ...any) error {
	return tx.q.later(tx.ctx, query, args...)
}

// changed carries a statement out and tells how many rows it changed.
func (tx *Tx) changed(query string, args ...any) (int64, error) {
	r, err := tx.q.exec(tx.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (tx *Tx) row(query string, args ...any) scanner { return tx.q.row(tx.ctx, query, args...) }

// notFound turns "no rows" into a fault with the sentence.
func notFound(err error, sentence string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, sentence)
	}
	return err
}

// collect reads all rows by scan.
func collect[T any](rows rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// scanner is a row or rows.
type scanner interface{ Scan(dest ...any) error }

// rows are what a query has found.
type rows interface {
	scanner
	Next() bool
	Err() error
	Close() error
}

// millis and when translate between times and what is stored; 0 is the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func when(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
