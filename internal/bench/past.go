//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	reports "github.com/deskbell/deskbell/server/report"
)

// openPast opens a made past beside the server that uses it, to look into.
func openPast(dsn string) (*sql.DB, error) {
	if strings.HasPrefix(dsn, "postgres") {
		return sql.Open("pgx", dsn)
	}
	return sql.Open("sqlite", "file:"+dsn+"?_pragma=query_only(ON)&_pragma=busy_timeout(10000)")
}

// counted marks a made past as one whose reports are made: making them for a million
// tickets takes a server half an hour, which no desk has on its day.
func counted(ctx context.Context, dsn string) error {
	driver, source, newest := "sqlite", "file:"+dsn, "SELECT '0.' || MAX(seq) FROM ticket_events"
	if strings.HasPrefix(dsn, "postgres") {
		driver, source, newest = "pgx", dsn, "SELECT xid::text || '.' || seq FROM ticket_events ORDER BY xid DESC, seq DESC LIMIT 1"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	var place string
	err = db.QueryRowContext(ctx, newest).Scan(&place)
	if err == nil {
		_, err = db.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('facts', $1)", reports.MarkAt(place))
	}
	return errors.Join(err, db.Close())
}
