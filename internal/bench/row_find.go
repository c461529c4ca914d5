//go:build linux

package main

import (
	"context"
	"path/filepath"
	"strconv"

	"github.com/deskbell/deskbell/internal/pgtest"
)

// found is the row “finding and handling many”.
func found(ctx context.Context, b *bench) (*Result, error) {
	pg, err := pgtest.StartFlushing()
	if err != nil {
		return nil, err
	}
	defer pg.Stop() // its data goes with it
	dsn, err := pg.Database()
	if err != nil {
		return nil, err
	}
	raw := map[string]any{}
	var lines []Line
	for _, x := range []struct{ name, key, db string }{{"SQLite", "sqlite", filepath.Join(b.dir, "find.db")}, {"PostgreSQL", "postgres", dsn}} {
		var r map[string]float64
		if err := b.answer(ctx, &r, "find-store", "--db", x.db, "--tickets", strconv.Itoa(b.Tickets)); err != nil {
			return nil, err
		}
		raw[x.key] = r
		lines = append(lines,
			Line{What: "queue page of 50, any of 30 views in any order, p99, " + x.name, Unit: "ms", Bare: r["bare_page_p99"], Deskbell: r["page_p99"], Target: 2, Sense: AtMost,
				BareIs: "six columns of at most 50 tickets by an index that fits."},
			Line{What: "search, words and prefixes of every kind, first 50, p99, " + x.name, Unit: "ms", Deskbell: r["search_p99"], Target: 20, Sense: AtMost},
			Line{What: "counts of 30 views, p99, " + x.name, Unit: "ms", Deskbell: r["counts_p99"], Target: 10, Sense: AtMost},
			Line{What: "change of 1 000 tickets at once, " + x.name, Unit: "ms", Deskbell: r["bulk_ms"], Target: 2000, Sense: AtMost},
			Line{What: "somebody else's note meanwhile, p99 (alone in the first column), " + x.name, Unit: "ms", Bare: r["write_alone_p99"], Deskbell: r["write_beside_bulk_p99"]},
			Line{What: "reading all tickets at the start, " + x.name, Unit: "s", Deskbell: r["board_seconds"]},
			Line{What: "memory of the board, " + x.name, Unit: "MiB", Deskbell: r["board_megabytes"]},
		)
	}
	return &Result{
		How: "A database is filled with a made past: tickets of four years, five events each, a vocabulary of 60 000 words as unevenly common as those of a language, the youngest tickets open. " +
			"Then package find is asked in process, one question after the other: pages at the top and further down of thirty views in five orders, with the tickets' rows from the database; all thirty counts at once; " +
			"searches for rare, common and absent words, prefixes of one to four letters, several words, phrases, words that must not be there, words within views.",
		Lines: lines,
		Notes: []string{"The raw figures hold each kind of page and of search by itself. search_cut_short is the share of searches that had not looked to the end when their time was up: they show what they have found, and where to go on."},
		Raw:   raw,
	}, nil
}
