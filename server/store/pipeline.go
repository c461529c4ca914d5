package store

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pipeline is a transaction's way to PostgreSQL. A question to another process is a
// journey, and most of what a write costs is journeys; so a statement whose result nobody
// reads waits, and travels with the next one whose result is read, or with the commit.
// That a statement has failed is therefore told by a later one; the transaction has
// failed with it.
type pipeline struct {
	conn    *pgx.Conn
	waiting *pgx.Batch
	failed  error // of a statement that had waited: whoever asked for the next one takes it for theirs
}

func newPipeline(conn *pgx.Conn) *pipeline {
	p := &pipeline{conn: conn, waiting: &pgx.Batch{}}
	p.waiting.Queue("BEGIN")
	return p
}

// later implements querier.
func (p *pipeline) later(_ context.Context, query string, args ...any) error {
	p.waiting.Queue(query, args...)
	return nil
}

// send sends what waits, and the query after it, whose result is the next one.
func (p *pipeline) send(ctx context.Context, query string, args []any) (pgx.BatchResults, error) {
	before := p.waiting.Len()
	p.waiting.Queue(query, args...)
	results := p.conn.SendBatch(ctx, p.waiting)
	p.waiting = &pgx.Batch{}
	for range before {
		if _, err := results.Exec(); err != nil {
			results.Close() // has the same error to tell
			p.failed = err
			return nil, err
		}
	}
	return results, nil
}

// exec implements querier.
func (p *pipeline) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tag, err := p.finish(ctx, query, args)
	return driver.RowsAffected(tag.RowsAffected()), err
}

// finish carries a statement out and returns what the database says it has done.
func (p *pipeline) finish(ctx context.Context, query string, args []any) (pgconn.CommandTag, error) {
	results, err := p.send(ctx, query, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if e := results.Close(); err == nil {
		err = e
	}
	return tag, err
}

// query implements querier.
func (p *pipeline) query(ctx context.Context, query string, args ...any) (rows, error) {
	results, err := p.send(ctx, query, args)
	if err != nil {
		return nil, err
	}
	list, err := results.Query()
	if err != nil {
		results.Close()
		return nil, err
	}
	return pipedRows{list, results}, nil
}

// row implements querier. It is asked for when it is scanned.
func (p *pipeline) row(ctx context.Context, query string, args ...any) scanner {
	return pipedRow{p, ctx, query, args}
}

type pipedRow struct {
	p     *pipeline
	ctx   context.Context
	query string
	args  []any
}

// Scan implements scanner.
func (r pipedRow) Scan(dest ...any) error {
	results, err := r.p.send(r.ctx, r.query, r.args)
	if err != nil {
		return err
	}
	err = results.QueryRow().Scan(dest...)
	if e := results.Close(); err == nil {
		err = e
	}
	return err
}

// pipedRows end the batch that they came with.
type pipedRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close implements rows.
func (r pipedRows) Close() error {
	r.Rows.Close()
	return r.results.Close()
}

// commit ends the transaction, with what still waits. Of a transaction of which a
// statement has failed PostgreSQL makes a rollback, and says so in nothing but the name of
// what it has done.
func (p *pipeline) commit(ctx context.Context) error {
	tag, err := p.finish(ctx, "COMMIT", nil)
	if err == nil && tag.String() != "COMMIT" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// rollback takes the transaction back; a connection that cannot is not used again.
func (p *pipeline) rollback(ctx context.Context) error {
	if p.conn.PgConn().TxStatus() == 'I' && !p.conn.IsClosed() {
		return nil // it had not begun, or has ended
	}
	if _, err := p.conn.Exec(ctx, "ROLLBACK"); err != nil {
		return driver.ErrBadConn
	}
	return nil
}
