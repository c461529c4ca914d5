//go:build linux

package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/hub"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/peers"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
)

// inMemoryCmd connects endpoints to a hub, or to the bare server, over connections
// in memory, and prints what the process holds. Both ends are in the process; the
// clients are the same for both, have no goroutine, and are a part of the figure.
type inMemoryCmd struct {
	Endpoints int
	Data      string
	Bare      bool
	Frames    bool `help:"Each endpoint sends a frame of four samples."`
	Alone     time.Duration
}

// inMemoryResult is what it prints.
type inMemoryResult struct {
	Connected int     `json:"connected"`
	Seconds   float64 `json:"connect_seconds"`
	Empty     Memory  `json:"empty"`
	Steady    Memory  `json:"steady"`
	Heap      uint64  `json:"heap_in_use"`
	Stacks    uint64  `json:"stacks_in_use"`
	PauseMax  float64 `json:"gc_pause_max_ms"`
}

// peer is one end of what is measured: who accepts, and the identities.
type peer struct {
	handler http.Handler
	key     ed25519.PrivateKey
	ids     []string
	keys    []ed25519.PrivateKey
	count   func() int
	stop    func()
}

// Run measures.
func (c *inMemoryCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	debug.SetGCPercent(50) // as the server runs
	p, err := c.peer(ctx, log)
	if err != nil {
		return err
	}
	defer p.stop()
	listener := newPipes()
	web := &http.Server{Handler: p.handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go web.Serve(listener)
	defer web.Close()
	debug.FreeOSMemory()
	var r inMemoryResult
	if r.Empty, err = memoryOf(os.Getpid()); err != nil {
		return err
	}
	start := time.Now()
	sessions, err := c.connect(ctx, p, listener)
	if err != nil {
		return err
	}
	r.Seconds, r.Connected = time.Since(start).Seconds(), p.count()
	if err := pause(ctx, c.Alone); err != nil {
		return err
	}
	debug.FreeOSMemory()
	if r.Steady, err = memoryOf(os.Getpid()); err != nil {
		return err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Heap, r.Stacks = m.HeapInuse, m.StackInuse
	for _, ns := range m.PauseNs {
		r.PauseMax = max(r.PauseMax, float64(ns)/1e6)
	}
	runtime.KeepAlive(sessions)
	return s.Print(r)
}

// connect opens a session for every identity, and has each say what an agent says
// first.
func (c *inMemoryCmd) connect(ctx context.Context, p *peer, listener *pipes) ([]*uplink.Session, error) {
	d, err := uplink.NewDialer(uplink.Options{
		URL: "http://127.0.0.1:1", ServerKey: p.key.Public().(ed25519.PublicKey), Agent: "deskbell-agent/bench linux/amd64",
		NetDial: func(context.Context, string, string) (net.Conn, error) { return listener.dial(), nil },
	})
	if err != nil {
		return nil, err
	}
	sessions := make([]*uplink.Session, c.Endpoints)
	numbers := make([]int, c.Endpoints)
	for i := range numbers {
		numbers[i] = i
	}
	return sessions, atOnce(numbers, 64, func(i int) error {
		m := machine.New(1, i, "BER", time.Now())
		s, err := d.Dial(ctx, p.keys[i], wire.Prove{Endpoint: p.ids[i], Hostname: m.Hostname(), Columns: wire.DefaultColumns(), Inventory: m.InventoryHash()})
		if err != nil {
			return err
		}
		sessions[i] = s
		now := time.Now()
		answers := 2
		err = errors.Join(
			s.Send(wire.TypeRatchet, ulid.Make().String(), "", nil),
			s.Send(wire.TypeInventory, ulid.Make().String(), "", m.Inventory(now, "bench")),
		)
		if c.Frames {
			answers++
			h := wire.Health{Seq: 1, Interval: wire.SampleInterval}
			for k := range 4 {
				h.Samples = append(h.Samples, m.Sample(now.Add(time.Duration(k-3)*wire.SampleInterval)))
			}
			err = errors.Join(err, s.SendHealth(h))
		}
		for range answers {
			if err != nil {
				return err
			}
			_, err = s.Next(nil, 30*time.Second)
		}
		return err
	})
}

// atOnce calls do for every number, so many at a time.
func atOnce(numbers []int, most int, do func(int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	next := make(chan int)
	for range most {
		wg.Go(func() {
			for n := range next {
				if err := do(n); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	for _, n := range numbers {
		next <- n
	}
	close(next)
	wg.Wait()
	return failed
}

func (c *inMemoryCmd) peer(ctx context.Context, log *slog.Logger) (*peer, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	p := &peer{key: key, ids: make([]string, c.Endpoints), keys: make([]ed25519.PrivateKey, c.Endpoints)}
	for i := range p.keys {
		if _, p.keys[i], err = ed25519.GenerateKey(nil); err != nil {
			return nil, err
		}
	}
	if c.Bare {
		b := &bareServer{key: key, upgrader: websocket.Upgrader{ReadBufferSize: 512, WriteBufferPool: &sync.Pool{}, Subprotocols: []string{wire.Subprotocol}}}
		for i, k := range p.keys {
			p.ids[i] = base64.RawURLEncoding.EncodeToString(k.Public().(ed25519.PublicKey))
		}
		p.handler, p.count, p.stop = http.HandlerFunc(b.connect), func() int { return int(b.sessions.Load()) }, func() {}
		return p, nil
	}
	return p, c.server(ctx, p, log)
}

// server wires a server's inside as package server does, without a socket.
func (c *inMemoryCmd) server(ctx context.Context, p *peer, log *slog.Logger) error {
	db, err := store.Open(ctx, store.Options{DSN: filepath.Join(c.Data, "deskbell.db"), Migrate: true}, log)
	if err != nil {
		return err
	}
	registry := enrol.New(db.Enrol(), p.key.Seed(), time.Now)
	token, _, err := registry.Create(ctx, auth.SystemActor("bench"), "Bench", c.Endpoints, time.Hour)
	if err != nil {
		return err
	}
	numbers := make([]int, c.Endpoints)
	for i := range numbers {
		numbers[i] = i
	}
	err = atOnce(numbers, 256, func(i int) error {
		m := machine.New(1, i, "BER", time.Now()).System(time.Now())
		e, err := registry.Enrol(ctx, wire.Enrol{
			Token: token, Key: p.keys[i].Public().(ed25519.PublicKey), Machine: wire.Machine{Hostname: m.Hostname, OS: m.OS, Arch: m.Arch, Platform: m.Platform, Agent: "bench"},
		})
		p.ids[i] = e.ID
		return err
	})
	if err != nil {
		return err
	}
	stats, events := prometheus.NewRegistry(), live.New()
	series := metrics.New(metrics.Options{Dir: filepath.Join(c.Data, "metrics"), Registry: stats}, log)
	fleet := noc.New(db.NOC(), series, events, time.Now, log)
	asks := ask.New(db.Asks(), events, time.Now, log)
	facts := peers.New(db.Peers(), func() []peers.Member { return nil }, time.Now, log)
	if err := facts.Load(ctx); err != nil {
		return err
	}
	h := hub.New(hub.Options{
		Key: p.key, PublicURL: func() string { return "" }, Registry: registry, Desk: desk.New(db.Desk(), rulebook.Empty, time.Now), Fleet: fleet, Asks: asks, Peers: facts,
		Portal: auth.New(db.Auth(), time.Now, log), Now: time.Now, Log: log, Stats: hub.NewStats(stats),
	})
	asks.SetLine(h)
	fleet.SetLine(h)
	running, cancel := context.WithCancel(ctx)
	var loops sync.WaitGroup
	for _, run := range []func(context.Context) error{series.Run, fleet.Run, asks.Run} {
		loops.Go(func() {
			if err := run(running); err != nil {
				log.Error("a part of the server has failed", "err", err)
			}
		})
	}
	p.handler, p.count = h, h.Connected
	p.stop = func() {
		h.Close()
		cancel()
		loops.Wait()
		if err := db.Close(); err != nil {
			log.Error("closing the database", "err", err)
		}
	}
	return nil
}

// inMemory is the row “100 000 in memory”.
func inMemory(ctx context.Context, b *bench) (*Result, error) {
	raw := map[string]any{}
	measure := func(key string, args ...string) (r inMemoryResult, err error) {
		data := filepath.Join(b.dir, "in-memory-"+key)
		if err := os.MkdirAll(data, 0o700); err != nil {
			return r, err
		}
		err = b.answer(ctx, &r, append([]string{"in-memory", "--log", "warn", "--endpoints", strconv.Itoa(b.InMemory), "--data", data, "--alone", (b.Steady / 5).String()}, args...)...)
		raw[key] = r
		if err == nil && r.Connected != b.InMemory {
			err = fmt.Errorf("%d of %d endpoints were connected", r.Connected, b.InMemory)
		}
		os.RemoveAll(data)
		return r, err
	}
	bare, err := measure("bare", "--bare")
	if err != nil {
		return nil, err
	}
	mute, err := measure("without_frames")
	if err != nil {
		return nil, err
	}
	full, err := measure("with_frames", "--frames")
	if err != nil {
		return nil, err
	}
	each := func(r inMemoryResult) float64 {
		return float64(r.Steady.RSS-r.Empty.RSS) / float64(r.Connected) / 1000
	}
	return &Result{
		How: fmt.Sprintf("%d endpoints connect to a server's inside, wired as in the real one, over connections in memory and without TLS, since a process may open only so many sockets here. Both ends live in the process: the clients, which have no goroutine, "+
			"are the same for both figures and a part of them. RSS is read after a full collection, less that of the process with all identities made and nobody connected; what the fleet's list takes is therefore not in it where endpoints are known before.", b.InMemory),
		Lines: []Line{
			{What: fmt.Sprintf("in memory, %d endpoints: RSS each, both ends, without TLS and health frames", b.InMemory), Unit: "KB", Bare: each(bare), Deskbell: each(mute),
				BareIs: "tuned gorilla/websocket with both sides proven, nothing kept, the same clients."},
			{What: "the same after a frame of four samples each", Unit: "KB", Deskbell: each(full)},
			{What: "of it Deskbell's own: session, state, series", Unit: "KB", Deskbell: each(full) - each(bare), Target: 24, Sense: AtMost},
		},
		Notes: []string{
			fmt.Sprintf("They connected within %.0f s (bare %.0f s). The longest pause of the garbage collector was %.2f ms with %d endpoints and all series.", full.Seconds, bare.Seconds, full.PauseMax, b.InMemory),
			fmt.Sprintf("The whole process holds %.0f MB with all series (%.0f MB without frames).", float64(full.Steady.RSS)/1e6, float64(mute.Steady.RSS)/1e6),
		},
		Raw: raw,
	}, nil
}
