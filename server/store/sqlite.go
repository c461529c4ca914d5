package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/deskbell/deskbell/internal/fault"
)

// minSQLite is the first SQLite without the WAL-reset corruption
// (sqlite.org/wal.html#walresetbug): an older library is refused at start.
const minSQLite = 3_051_003

func openSQLite(ctx context.Context, o Options, log *slog.Logger) (*DB, error) {
	write, err := sql.Open("sqlite", sqliteDSN(o.DSN, false))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := checkSQLite(ctx, write, o.DSN); err != nil {
		write.Close()
		return nil, err
	}
	if err := migrate(ctx, write, sqliteDialect, o.Migrate); err != nil {
		write.Close()
		return nil, err
	}
	conn, err := write.Conn(ctx)
	if err != nil {
		write.Close()
		return nil, err
	}
	read, err := sql.Open("sqlite", sqliteDSN(o.DSN, true))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	read.SetMaxIdleConns(max(4, runtime.NumCPU()))
	db := &DB{log: log, dialect: sqliteDialect, read: read, stmts: newStatements(read.PrepareContext), wake: make(chan struct{}, 1)}
	keeper, err := startCheckpoints(o.DSN, log)
	if err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close(), read.Close())
	}
	w := &groupWriter{db: write, keeper: keeper, conn: conn, committed: db.committed, stmts: newStatements(conn.PrepareContext), ops: make(chan *op, 1024), done: make(chan struct{})}
	db.writer = w
	go w.run()
	return db, nil
}

// sqliteDSN names the file with what every connection needs. FULL makes a commit
// survive a power cut; with NORMAL it would only survive our own death. The log is
// brought into the file beside the writer (see checkpoints); that the writer does
// it itself, while everybody waits, is for when that does not keep up. Each connection
// keeps 16 MiB of pages: with the usual 2 MiB a page of the queue, whose tickets lie
// all over a large table, reads most of what it needs anew from the system.
func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{}
	for _, p := range []string{"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(ON)", "temp_store(MEMORY)", "cache_size(-16384)", "wal_autocheckpoint(40000)", "journal_size_limit(67108864)"} {
		q.Add("_pragma", p)
	}
	if readOnly {
		q.Add("_pragma", "query_only(ON)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func checkSQLite(ctx context.Context, db *sql.DB, path string) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		if _, statErr := os.Stat(path); statErr != nil {
			return fault.Wrap(err, fault.Unavailable, "The database "+path+" cannot be opened. Check that the folder exists and can be written to.")
		}
		return fault.Wrap(err, fault.Unavailable, "The database "+path+" cannot be opened.")
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil || major*1_000_000+minor*1_000+patch < minSQLite {
		return fmt.Errorf("SQLite %s is older than 3.51.3, which can corrupt the database", version)
	}
	return nil
}

// groupWriter commits writes that wait together in one transaction: each is a
// savepoint, so that one that fails takes nothing but itself back, and one fsync
// serves them all. A write is answered only after the commit.
type groupWriter struct {
	db        *sql.DB
	keeper    *checkpoints
	conn      *sql.Conn
	stmts     *statements
	committed func()

	ops  chan *op
	done chan struct{}

	mu     sync.RWMutex // held for reading while a write is handed over
	closed bool
}

type op struct {
	f      func(*Tx) error
	result chan error
	err    error
}

// maxGroup bounds a group, so that the first of it does not wait for ever.
const maxGroup = 256

func (w *groupWriter) write(ctx context.Context, f func(*Tx) error) error {
	o := &op{f: f, result: make(chan error, 1)}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return fault.New(fault.Unavailable, "The server is stopping. Try again in a moment.")
	}
	select {
	case w.ops <- o:
		w.mu.RUnlock()
	case <-ctx.Done():
		w.mu.RUnlock()
		return ctx.Err()
	}
	// From here on it will happen, so the caller hears what became of it even
	// when it stopped waiting for other things.
	return <-o.result
}

func (w *groupWriter) close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.ops)
	}
	w.mu.Unlock()
	<-w.done
	w.keeper.close()
	w.stmts.close()
	return errors.Join(w.conn.Close(), w.db.Close())
}

func (w *groupWriter) run() {
	defer close(w.done)
	group := make([]*op, 0, maxGroup)
	for first := range w.ops {
		group = append(group[:0], first)
		for len(group) < maxGroup {
			select {
			case o, ok := <-w.ops:
				if !ok {
					w.commit(group)
					return
				}
				group = append(group, o)
				continue
			default:
			}
			break
		}
		w.commit(group)
	}
}

// commit runs the group and answers each of it.
func (w *groupWriter) commit(group []*op) {
	ctx := context.Background() // a commit is not given up half-way
	events, err := w.transact(ctx, group)
	for _, o := range group {
		if o.err == nil {
			o.err = err
		}
		if !ackEarly {
			o.result <- o.err
		}
	}
	if err == nil && events {
		w.committed()
	}
}

func (w *groupWriter) transact(ctx context.Context, group []*op) (events bool, err error) {
	if _, err := w.stmts.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	ended := false
	defer func() {
		if !ended {
			w.conn.ExecContext(ctx, "ROLLBACK") // fails when SQLite has rolled back by itself
		}
	}()
	all := &Tx{ctx: ctx, q: w.stmts, dialect: sqliteDialect}
	for _, o := range group {
		tx := &Tx{ctx: ctx, q: w.stmts, dialect: sqliteDialect}
		if o.err = w.savepoint(ctx, tx, o.f); o.err != nil && (sqliteDialect.full(o.err) || errors.Is(o.err, errGroup)) {
			return false, o.err
		}
		if o.err == nil {
			all.join(tx)
		}
		if ackEarly {
			o.result <- o.err
		}
	}
	if err := all.index(); err != nil {
		return false, err
	}
	if _, err := w.stmts.exec(ctx, "COMMIT"); err != nil {
		return false, err
	}
	ended = true
	return all.events, nil
}

// join takes over what a write that has succeeded leaves to the end of its group.
func (tx *Tx) join(done *Tx) {
	tx.events = tx.events || done.events
	tx.again = append(tx.again, done.again...)
	if tx.texts == nil {
		tx.texts = done.texts
		return
	}
	for id, x := range done.texts {
		if have := tx.texts[id]; have != nil {
			x = have.with(x)
		}
		tx.texts[id] = x
	}
}

// errGroup says that the transaction itself is broken, not only one write of it.
var errGroup = errors.New("the group's transaction failed")

func (w *groupWriter) savepoint(ctx context.Context, tx *Tx, f func(*Tx) error) error {
	if _, err := w.stmts.exec(ctx, "SAVEPOINT op"); err != nil {
		return errors.Join(errGroup, err)
	}
	err := protect(f, tx)
	if err != nil {
		if _, e := w.stmts.exec(ctx, "ROLLBACK TO op"); e != nil {
			return errors.Join(errGroup, e, err)
		}
	}
	if _, e := w.stmts.exec(ctx, "RELEASE op"); e != nil {
		return errors.Join(errGroup, e, err)
	}
	return err
}

// protect keeps one write's panic from the writes of others.
func protect(f func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a write panicked: %v\n%s", r, debug.Stack())
		}
	}()
	return f(tx)
}
