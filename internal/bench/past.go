//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
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

// counted marks a made past as one that the server has lived through: its reports are
// made, its rules have seen it, its people were told of it. A server that finds five
// million events new works on them for a quarter of an hour, which no desk has on its day.
func counted(ctx context.Context, dsn string) error {
	driver, source, newest := "sqlite", "file:"+dsn, "SELECT 0, MAX(seq) FROM ticket_events"
	if strings.HasPrefix(dsn, "postgres") {
		driver, source, newest = "pgx", dsn, "SELECT xid::text::bigint, seq FROM ticket_events ORDER BY xid DESC, seq DESC LIMIT 1"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	var xid, seq int64
	err = db.QueryRowContext(ctx, newest).Scan(&xid, &seq)
	if err == nil {
		place := strconv.FormatInt(xid, 36) + "." + strconv.FormatInt(seq, 36) // a cursor of the feed
		_, err = db.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('facts', $1), ('triage_cursor', $2), ('notices_told', $2)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, reports.MarkAt(place), place)
	}
	return errors.Join(err, db.Close())
}
