package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/deskbell/deskbell/internal/pgtest"
	"github.com/deskbell/deskbell/server/store/storetest"
)

var postgres *pgtest.Server

func TestMain(m *testing.M) {
	var err error
	if postgres, err = pgtest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	if err := postgres.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

func sqliteEngine() storetest.Engine {
	return storetest.Engine{DSN: func(t *testing.T) string { return filepath.Join(t.TempDir(), "deskbell.db") }}
}

func postgresEngine() storetest.Engine {
	return storetest.Engine{DSN: func(t *testing.T) string {
		dsn, err := postgres.Database()
		if err != nil {
			t.Fatal(err)
		}
		return dsn
	}}
}

func TestSQLite(t *testing.T)   { storetest.Run(t, sqliteEngine()) }
func TestPostgres(t *testing.T) { storetest.Run(t, postgresEngine()) }
