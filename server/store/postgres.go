package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/deskbell/deskbell/internal/fault"
)

// maxPostgres bounds the connections of one server. Beyond it they would only
// wait for each other's locks.
const maxPostgres = 32

func openPostgres(ctx context.Context, o Options, log *slog.Logger) (*DB, error) {
	config, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The database's address (--db) is not one that PostgreSQL understands. It looks like postgres://user@host:5432/deskbell.")
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(maxPostgres)
	db.SetMaxIdleConns(maxPostgres)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "The database "+config.Host+"/"+config.Database+" does not answer.")
	}
	if err := migrate(ctx, db, postgresDialect, o.Migrate); err != nil {
		db.Close()
		return nil, err
	}
	s := &DB{log: log, dialect: postgresDialect, read: db, stmts: newStatements(db.PrepareContext), wake: make(chan struct{}, 1)}
	s.writer = &concurrentWriter{db: db, committed: s.committed}
	return s, nil
}

// concurrentWriter gives each write its own transaction: PostgreSQL commits those
// of many connections with one flush.
type concurrentWriter struct {
	db        *sql.DB
	committed func()
}

// retries of a transaction that lost against another one: by a serialisation
// failure, a deadlock, or a row that both wanted to add. It has done nothing, so
// doing it again is right; it will find the other's row.
const retries = 5

func (w *concurrentWriter) write(ctx context.Context, f func(*Tx) error) error {
	var err error
	for range retries {
		err = w.once(ctx, f)
		switch postgresCode(err) {
		case "40001", "40P01", "23505":
			continue
		}
		break
	}
	return err
}

func (w *concurrentWriter) once(ctx context.Context, f func(*Tx) error) error {
	sqlTx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer sqlTx.Rollback() // does nothing after a commit
	tx := &Tx{ctx: ctx, q: inTx{sqlTx}, dialect: postgresDialect}
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.index(); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		if postgresCode(err) == "" && !errors.Is(err, context.Canceled) {
			// The answer was lost, perhaps with the connection: it may be committed.
			return fault.Wrap(err, fault.Unknown, "The database went away while it was saving. It may or may not be saved; look before you try again.")
		}
		return err
	}
	if tx.events {
		w.committed()
	}
	return nil
}

func (w *concurrentWriter) close() error { return nil } // the pool is the readers', who close it

// inTx makes a transaction a querier. pgx keeps prepared statements by itself.
type inTx struct{ tx *sql.Tx }

func (t inTx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, query, args...)
}

func (t inTx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

func (t inTx) row(ctx context.Context, query string, args ...any) scanner {
	return t.tx.QueryRowContext(ctx, query, args...)
}
