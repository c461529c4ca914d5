package store

import (
	"context"
	"database/sql"
	"log/slog"
	"time"
)

// checkpoints brings SQLite's log into the file on a connection of its own, so that
// no commit waits for it: a passive checkpoint writes what nobody reads any more,
// and writers go on. The log begins again from its start once all of it is in the
// file and the writer rests for a moment.
type checkpoints struct {
	db   *sql.DB
	log  *slog.Logger
	stop context.CancelFunc
	done chan struct{}
}

const (
	lookAtLog = time.Second
	manyPages = 4000 // of 4 KiB, from which it is worth while
	passes    = 4    // at a time: each has less to do than the one before
)

func startCheckpoints(path string, log *slog.Logger) (*checkpoints, error) {
	db, err := sql.Open("sqlite", sqliteDSN(path, false))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	ctx, stop := context.WithCancel(context.Background())
	c := &checkpoints{db: db, log: log, stop: stop, done: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

func (c *checkpoints) run(ctx context.Context) {
	defer close(c.done)
	tick := time.NewTicker(lookAtLog)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting, err := c.call(ctx, "NOOP")
		for n := 0; n < passes && err == nil && waiting > 0 && (n > 0 || waiting >= manyPages); n++ {
			waiting, err = c.call(ctx, "PASSIVE")
		}
		if err != nil && ctx.Err() == nil {
			c.log.Error("the database's log was not brought into its file", "err", err)
		}
	}
}

// call asks for a checkpoint of a kind, and returns how many pages of the log are
// not in the file then. NOOP only counts.
func (c *checkpoints) call(ctx context.Context, kind string) (waiting int, err error) {
	var busy, inLog, inFile int
	err = c.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+kind+")").Scan(&busy, &inLog, &inFile)
	return inLog - inFile, err
}

func (c *checkpoints) close() {
	c.stop()
	<-c.done
	c.db.Close()
}
