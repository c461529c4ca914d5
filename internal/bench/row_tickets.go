//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fleet"
	"github.com/deskbell/deskbell/internal/pgtest"
)

// senders wait for their tickets, all at once.
const senders = 64

// rateFor is how long each of the six rates is measured: a rate needs less time
// than a percentile.
func (b *bench) rateFor() time.Duration { return b.For / 2 }

// tickets is the row “tickets a second, 64 senders waiting”.
func tickets(ctx context.Context, b *bench) (*Result, error) {
	pg, err := pgtest.StartFlushing()
	if err != nil {
		return nil, err
	}
	defer pg.Stop() // its data goes with it
	var dsn [3]string
	for i := range dsn {
		if dsn[i], err = pg.Database(); err != nil {
			return nil, err
		}
	}
	raw := map[string]any{}
	rate := func(key string, args ...string) (float64, error) {
		r, err := b.store(ctx, args...)
		raw[key] = r
		return r["tickets"] / r["seconds"], err
	}
	bareLite, err := rate("bare_sqlite", "bare-store", "--data", filepath.Join(b.dir, "bare-store"))
	if err != nil {
		return nil, err
	}
	deskLite, err := rate("desk_sqlite", "desk-store", "--db", filepath.Join(b.dir, "desk-store.db"))
	if err != nil {
		return nil, err
	}
	wireLite, report, err := b.flood(ctx, "")
	if err != nil {
		return nil, err
	}
	raw["wire_sqlite"] = report
	barePG, err := rate("bare_postgres", "bare-store", "--dsn", dsn[0])
	if err != nil {
		return nil, err
	}
	deskPG, err := rate("desk_postgres", "desk-store", "--db", dsn[1])
	if err != nil {
		return nil, err
	}
	wirePG, report, err := b.flood(ctx, dsn[2])
	if err != nil {
		return nil, err
	}
	raw["wire_postgres"] = report
	return &Result{
		How: fmt.Sprintf("%d senders ring at once, each again as soon as its last ticket was acknowledged, for %v; the tickets carry no snapshot. Over the wire they are a fleet in a process of its own, over TLS, which shares the processors with the server; "+
			"in process they call the use case (desk.Ring) directly, so that what is measured is deciding, storing and deduplicating. PostgreSQL runs on the same machine as well, with default flushing.", senders, b.rateFor()),
		Lines: []Line{
			{What: "tickets/s, 64 senders waiting, SQLite FULL, over the wire", Unit: "/s", Bare: bareLite, Deskbell: wireLite, Target: 5000, Sense: AtLeast,
				BareIs: "a loop that commits whatever waits in one transaction: two prepared inserts a ticket, four indexes, no network."},
			{What: "the same in process", Unit: "/s", Bare: bareLite, Deskbell: deskLite},
			{What: "tickets/s, 64 senders waiting, PostgreSQL, over the wire", Unit: "/s", Bare: barePG, Deskbell: wirePG, Target: 3000, Sense: AtLeast,
				BareIs: "64 pgx connections, each a transaction of two inserts a ticket, four indexes, no network."},
			{What: "the same in process", Unit: "/s", Bare: barePG, Deskbell: deskPG},
		},
		Notes: []string{"A ticket of Deskbell's is more than the bare two inserts: the person behind the account is looked up, the message is remembered so that its repetition has no second effect, and the feed reads the event back to tell whoever watches."},
		Raw:   raw,
	}, nil
}

// store runs a measurement of stores in a process of its own.
func (b *bench) store(ctx context.Context, args ...string) (map[string]float64, error) {
	var r map[string]float64
	return r, b.answer(ctx, &r, append(args, "--senders", strconv.Itoa(senders), "--for", b.rateFor().String())...)
}

// flooding is how many endpoints the senders ring from: a session may only send
// so many messages a second.
const flooding = 1000

// flood rings over the wire as fast as the senders can.
func (b *bench) flood(ctx context.Context, dsn string) (float64, fleet.Report, error) {
	t, err := b.newTarget(ctx, false, "", dsn)
	if err != nil {
		return 0, fleet.Report{}, err
	}
	defer t.stop()
	n := min(flooding, b.Endpoints)
	// First they enrol and connect; then the same fleet rings.
	state := filepath.Join(t.data, "fleet")
	f, err := t.fleet(ctx, "", 0, n, "--state", state, "--frame=-1s")
	if err != nil {
		return 0, fleet.Report{}, err
	}
	if err := f.up(ctx); err != nil {
		return 0, fleet.Report{}, err
	}
	if _, err := f.stop(); err != nil {
		return 0, fleet.Report{}, err
	}
	f, err = t.fleet(ctx, "", 0, n, "--state", state, "--frame=-1s", "--senders", strconv.Itoa(senders), "--plain", "--after", "3s", "--duration", b.rateFor().String())
	if err != nil {
		return 0, fleet.Report{}, err
	}
	r, err := f.wait(ctx)
	if err != nil {
		return 0, r, err
	}
	if r.Rings.Refused > 0 || r.Rings.Waiting > 0 || r.Sessions.Lost > 0 {
		return 0, r, fmt.Errorf("not every ticket was acknowledged: %+v", r)
	}
	return float64(r.Rings.Acknowledged) / b.rateFor().Seconds(), r, nil
}
