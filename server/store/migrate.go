package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/deskbell/deskbell/internal/fault"
)

// migrate brings the schema up to date, each step in a transaction and recorded.
func migrate(ctx context.Context, db *sql.DB, d *dialect, may bool) error {
	folder, kind := "migrations/sqlite", goose.DialectSQLite3
	if d == postgresDialect {
		folder, kind = "migrations/postgres", goose.DialectPostgres
	}
	steps, err := steps(migrations, folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(kind, db, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true), goose.WithVerbose(false))
	if err != nil {
		return err
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if have > newest {
		return fault.Newf(fault.Unsupported, "The database has schema %d, and this deskbell-server knows up to %d: a newer version has used it. Start that version, or restore the backup from before the upgrade.", have, newest)
	}
	if have < newest && !may {
		return fault.Newf(fault.Unsupported, "The running server uses schema %d of the database, and this command knows %d: use the deskbell-server that is running.", have, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema from %d to %d: %w", have, newest, err)
	}
	return nil
}

// steps reads the migrations of a folder. A file is handed to the database as it is:
// both take many statements at once. Goose would cut it into statements with 4 MiB
// of memory for each line, which costs more than all statements do.
func steps(all fs.FS, folder string) ([]*goose.Migration, error) {
	files, err := fs.Glob(all, folder+"/*.sql")
	if err != nil {
		return nil, err
	}
	out := make([]*goose.Migration, 0, len(files))
	for _, name := range files {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(all, name)
		if err != nil {
			return nil, err
		}
		up, err := upOf(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, up); err != nil {
				return fmt.Errorf("%s: %w", path.Base(name), err)
			}
			return nil
		}}, nil))
	}
	return out, nil
}

// upOf is the part of a migration that goes forward. Of goose's marks it knows Up,
// which comes first, and Down, and no other: each step is one transaction.
func upOf(text string) (string, error) {
	const mark = "-- +goose "
	up, ok := strings.CutPrefix(text, mark+"Up\n")
	if !ok {
		return "", fmt.Errorf("it does not begin with “%sUp”", mark)
	}
	up, down, _ := strings.Cut(up, "\n"+mark+"Down\n")
	if strings.Contains(up, mark) || strings.Contains(down, mark) {
		return "", fmt.Errorf("it has a mark other than “%[1]sUp” and “%[1]sDown”", mark)
	}
	return up, nil
}
