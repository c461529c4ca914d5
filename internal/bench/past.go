//go:build linux

package main

import (
	"database/sql"
	"strings"
)

// openPast opens a made past beside the server that uses it, to look into.
func openPast(dsn string) (*sql.DB, error) {
	if strings.HasPrefix(dsn, "postgres") {
		return sql.Open("pgx", dsn)
	}
	return sql.Open("sqlite", "file:"+dsn+"?_pragma=query_only(ON)&_pragma=busy_timeout(10000)")
}
