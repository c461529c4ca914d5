package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
		if err = w.once(ctx, f); !lostAgainst(err) {
			return err
		}
	}
	return err
}

// lostAgainst reports whether a transaction that ended so may simply be done again.
func lostAgainst(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01", "23505":
		return true
	}
	return err != nil && pgconn.SafeToRetry(err) // it was never sent: the connection had gone while nobody used it
}

func (w *concurrentWriter) once(ctx context.Context, f func(*Tx) error) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var result error
	err = conn.Raw(func(raw any) error {
		p := newPipeline(raw.(*stdlib.Conn).Conn())
		if result = w.transact(ctx, p, f); result == nil {
			return nil
		}
		return p.rollback(context.WithoutCancel(ctx))
	})
	if result == nil && err != nil && !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	return result
}

func (w *concurrentWriter) transact(ctx context.Context, p *pipeline, f func(*Tx) error) error {
	tx := &Tx{ctx: ctx, q: p, dialect: postgresDialect}
	err := f(tx)
	if err == nil {
		err = tx.index()
	}
	if p.failed != nil { // whatever was made of it, or even if nothing was
		return p.failed
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// A commit is not given up half-way: nobody would know what became of it.
	if err := p.commit(context.WithoutCancel(ctx)); err != nil {
		if postgresCode(err) == "" && !errors.Is(err, pgx.ErrTxCommitRollback) {
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
