//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
)

// deskStoreCmd rings through the use case, with so many senders who wait, and
// prints how many tickets a second.
type deskStoreCmd struct {
	DB      string `required:"" name:"db"`
	Senders int    `default:"64"`
	For     time.Duration
	Profile string `help:"Where to write a CPU profile of it." type:"path"`
}

// Run measures.
func (c *deskStoreCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	db, err := store.Open(ctx, store.Options{DSN: c.DB, Migrate: true}, log)
	if err != nil {
		return err
	}
	defer db.Close()
	registry := enrol.New(db.Enrol(), []byte("bench"), time.Now)
	endpoints, err := enrolled(ctx, registry, c.Senders)
	if err != nil {
		return err
	}
	d := desk.New(db.Desk(), rulebook.Empty, time.Now)
	until, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	var done atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, c.Senders)
	stop, err := profile(c.Profile)
	if err != nil {
		return err
	}
	defer stop()
	start := time.Now()
	for i := range c.Senders {
		wg.Go(func() {
			for until.Err() == nil {
				id := ulid.Make().String()
				m := desk.Message{Endpoint: endpoints[i], ID: id, Body: []byte(id + bareBody), UID: "1000", Login: "ann", Full: "Ann Berg"}
				if _, err := d.Ring(ctx, m, desk.Draft{Title: bareTitle, Body: bareBody}); err != nil {
					failed <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	return s.Print(map[string]float64{"tickets": float64(done.Load()), "seconds": time.Since(start).Seconds()})
}

// enrolled makes endpoints and returns their ids.
func enrolled(ctx context.Context, r *enrol.Registry, n int) ([]string, error) {
	token, _, err := r.Create(ctx, auth.SystemActor("bench"), "Bench", n, time.Hour)
	if err != nil {
		return nil, err
	}
	ids := make([]string, n)
	for i := range ids {
		key := make([]byte, 32)
		copy(key, fmt.Sprintf("endpoint %d", i))
		e, err := r.Enrol(ctx, wire.Enrol{Token: token, Key: key, Machine: wire.Machine{Hostname: fmt.Sprintf("pc-%d", i), OS: "linux", Arch: "amd64"}})
		if err != nil {
			return nil, err
		}
		ids[i] = e.ID
	}
	return ids, nil
}
