//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/pgtest"
)

const (
	deskPeople  = 50
	deskThinks  = 2 * time.Second // between two pages of one person, on average
	talkLength  = 200             // messages on the long ticket
	openTickets = 100_000         // of a past that is large enough
)

// deskRun is a help desk at work, measured: milliseconds, seconds where it says so.
type deskRun struct {
	Queue, QueueBeside       spread // a queue page over HTTP; the same while clocks are derived anew
	Long                     spread // the page of the ticket with 200 messages
	Alone, Merging, Changing spread // somebody else's note: with nothing beside it, with the merge, with the bulk change
	Merge, Bulk              []float64
	First                    float64 // seconds until every open ticket had its first clock
	Clocks                   float64 // seconds until all were derived anew
	Settled                  float64 // seconds until the server had worked off the past that was put under it
	Open                     int
	CPU                      float64 // of the server while people work, in cores
}

// spread is how a duration is distributed, in milliseconds.
type spread struct {
	N                  int
	P50, P99, Max, Avg float64
}

func spreadOf(took []float64) spread {
	if len(took) == 0 {
		return spread{}
	}
	slices.Sort(took)
	sum := 0.0
	for _, t := range took {
		sum += t
	}
	return spread{len(took), took[len(took)/2], took[min(len(took)-1, len(took)*99/100)], took[len(took)-1], sum / float64(len(took))}
}

// deskRow is the row “a help desk at work on a million tickets”.
func deskRow(ctx context.Context, b *bench) (*Result, error) {
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
	var notes []string
	for _, x := range []struct{ name, key, db string }{{"SQLite", "sqlite", ""}, {"PostgreSQL", "postgres", dsn}} {
		run, err := atWork(ctx, b, x.db)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
		raw[x.key] = run
		most := func(what string, got, target float64) Line {
			return Line{What: what + ", " + x.name, Unit: "ms", Deskbell: got, Target: target, Sense: AtMost}
		}
		lines = append(lines,
			most("queue page over HTTP with 50 technicians at work, p99", run.Queue.P99, 10),
			most("ticket page with 200 messages over HTTP beside them, p99", run.Long.P99, 15),
			most("merge of 100, the slowest of 3", slices.Max(run.Merge), 300),
			most("change of 1 000 over REST, the slowest of 3", slices.Max(run.Bulk), 2000),
			Line{What: "somebody else's note, p99, alone (first column) and beside the merge, " + x.name, Unit: "ms", Bare: run.Alone.P99, Deskbell: run.Merging.P99},
			Line{What: "somebody else's note, p99, alone (first column) and beside the change of 1 000, " + x.name, Unit: "ms", Bare: run.Alone.P99, Deskbell: run.Changing.P99},
			Line{What: fmt.Sprintf("clocks of %d open tickets derived anew after a calendar change, %s", run.Open, x.name), Unit: "s", Deskbell: run.Clocks, Target: 10, Sense: AtMost},
			Line{What: "queue page over HTTP, p99, before (first column) and meanwhile, " + x.name, Unit: "ms", Bare: run.Queue.P99, Deskbell: run.QueueBeside.P99, Target: 10, Sense: AtMost},
		)
		notes = append(notes, fmt.Sprintf("%s: %d open tickets; %d queue pages (p50 %.1f ms, longest %.0f), the long ticket %d times (p50 %.1f ms); the server used %.2f of a core while people worked. The first clocks of all of them, from their histories, took %.1f s; what else the server makes of a past that is put under it, as what it learns from closed tickets, %.0f s more. The facts of the reports are taken for made.",
			x.name, run.Open, run.Queue.N, run.Queue.P50, run.Queue.Max, run.Long.N, run.Long.P50, run.CPU, run.First, run.Settled))
	}
	return &Result{
		How: fmt.Sprintf("A server of its own process runs on %d made tickets with five events each, a tenth of them open. %d technicians are signed in, each with a browser's connection over TLS and a stream of live events; "+
			"each opens a page about every %v: three of four times the queue in one of thirty views, else a ticket, and now and then writes a note. Timed is from the request to the last byte of the HTML, on the connection that is open; clients and server share the processors. "+
			"Then, beside one technician who writes note after note: merges of 100 tickets and changes of 1 000 over REST. Last, an administrator changes the calendar of the desk's policy, and timed is until no open ticket has a clock by the old one, while the technicians go on.",
			b.Tickets, deskPeople, deskThinks),
		Lines: lines, Notes: notes, Raw: raw,
	}, nil
}

// atWork measures one database.
func atWork(ctx context.Context, b *bench, db string) (*deskRun, error) {
	t, err := b.newTarget(ctx, false, "", db)
	if err != nil {
		return nil, err
	}
	if err := t.stop(); err != nil { // the schema is there
		return nil, err
	}
	past := db
	if past == "" {
		past = t.data + "/deskbell.db"
	}
	if err := loadDesk(ctx, past, b.Tickets, time.Now()); err != nil {
		return nil, err
	}
	if err := t.start(ctx); err != nil {
		return nil, err
	}
	defer t.stop()
	return (&deskDay{b: b, t: t, past: past, base: "https://" + t.address}).measure(ctx)
}

// loadDesk fills a database with a past of which a tenth is open, and without clocks:
// the server makes them.
func loadDesk(ctx context.Context, dsn string, n int, now time.Time) error {
	m := newMaker(n, now)
	m.open, m.unclocked = 0.11, true
	if n >= 2*openTickets {
		m.open = max(m.open, 1.1*openTickets/float64(n))
	}
	load := loadSQLite
	if strings.HasPrefix(dsn, "postgres") {
		load = loadPostgres
	}
	if err := load(ctx, dsn, m); err != nil {
		return err
	}
	return counted(ctx, dsn)
}
