//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/internal/fleet"
)

// insecure talks to a server on loopback that we have started ourselves.
var insecure = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}

// target is a server that is measured: Deskbell's, or the bare one.
type target struct {
	b         *bench
	bare      bool
	data      string
	address   string
	db        string // "" is SQLite
	on        cores
	public    string // where clients find it; "" is address
	proc      *process
	enrolment string
}

// newTarget returns a server with fresh data, started.
func (b *bench) newTarget(ctx context.Context, bare bool, on cores, db string) (*target, error) {
	b.n++
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	t := &target{b: b, bare: bare, address: address, on: on, db: db, data: filepath.Join(b.dir, fmt.Sprintf("%02d-data", b.n))}
	return t, t.start(ctx)
}

// newTargetAt returns a server that clients find somewhere else than it listens.
func (b *bench) newTargetAt(ctx context.Context, bare bool, public string) (*target, error) {
	b.n++
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	t := &target{b: b, bare: bare, address: address, public: public, data: filepath.Join(b.dir, fmt.Sprintf("%02d-data", b.n))}
	return t, t.start(ctx)
}

// start starts the server on its data and waits until it is ready.
func (t *target) start(ctx context.Context) (err error) {
	if t.bare {
		args := []string{"bare-server", "--listen", t.address, "--data", t.data}
		if t.public != "" {
			args = append(args, "--public", t.public)
		}
		t.proc, err = t.b.start(t.on, 0, t.b.self, args...)
	} else {
		args := []string{"serve", "--data", t.data, "--listen", t.address, "--log", "warn"}
		if t.db != "" {
			args = append(args, "--db", t.db)
		}
		if t.public != "" {
			args = append(args, "--public-url", t.public)
		}
		t.proc, err = t.b.start(t.on, 0, filepath.Join(t.b.bin, "deskbell-server"), args...)
	}
	if err != nil {
		return err
	}
	err = until(ctx, "the server", 30*time.Second, func() bool {
		_, err := t.connected()
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, t.proc.tail())
	}
	return nil
}

// enrol returns an enrolment string for any number of machines.
func (t *target) enrol(ctx context.Context) (string, error) {
	if t.enrolment != "" {
		return t.enrolment, nil
	}
	var err error
	if t.bare {
		err = until(ctx, "the enrolment string", 10*time.Second, func() bool { return strings.HasSuffix(t.proc.out.String(), "\n") })
		t.enrolment, _, _ = strings.Cut(t.proc.out.String(), "\n")
	} else {
		t.enrolment, err = t.command(ctx, "enrolment", "create", "--site", "Bench", "--uses", "100000")
	}
	return t.enrolment, err
}

// command runs one of the server's commands beside it.
func (t *target) command(ctx context.Context, args ...string) (string, error) {
	args = append(args, "--data", t.data)
	if t.db != "" {
		args = append(args, "--db", t.db)
	}
	return t.b.output(ctx, filepath.Join(t.b.bin, "deskbell-server"), args...)
}

// token makes a technician and returns a token of theirs.
func (t *target) token(ctx context.Context) (string, error) {
	if _, err := t.command(ctx, "user", "add", "bench@example.com", "--role", "technician"); err != nil {
		return "", err
	}
	return t.command(ctx, "token", "create", "--user", "bench@example.com")
}

// connected is how many sessions the server says it has.
func (t *target) connected() (int64, error) {
	var c counts
	scheme := "http"
	if t.bare {
		scheme = "https"
	}
	err := fetch(scheme+"://"+t.address+"/readyz", &c)
	return c.Endpoints, err
}

// frames is how many health frames the server has taken in.
func (t *target) frames() (int64, error) {
	if t.bare {
		var c counts
		err := fetch("https://"+t.address+"/readyz", &c)
		return c.Frames, err
	}
	m, err := t.metrics()
	return int64(m["deskbell_hub_health_frames_total"]), err
}

// metrics are Deskbell's own counters.
func (t *target) metrics() (map[string]float64, error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: insecure}
	resp, err := client.Get("http://" + t.address + "/metrics")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	out := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && name != "#" {
			out[name] = v
		}
	}
	return out, lines.Err()
}

func (t *target) cpu() (time.Duration, error) { return cpuOf(t.proc.pid()) }
func (t *target) memory() (Memory, error)     { return memoryOf(t.proc.pid()) }
func (t *target) stop() error                 { return t.proc.end(syscall.SIGTERM) }

// fleetRun is a deskbell-fleet that runs.
type fleetRun struct {
	t    *target
	proc *process
	n    int
}

// fleet starts a fleet of n endpoints on the server.
func (t *target) fleet(ctx context.Context, on cores, nice, n int, args ...string) (*fleetRun, error) {
	enrolment, err := t.enrol(ctx)
	if err != nil {
		return nil, err
	}
	all := append([]string{"--enrolment", enrolment, "--endpoints", strconv.Itoa(n), "--quiet", "--json", "--log", "warn"}, args...)
	p, err := t.b.start(on, nice, filepath.Join(t.b.bin, "deskbell-fleet"), all...)
	return &fleetRun{t, p, n}, err
}

// up waits until the server has so many sessions.
func (t *target) up(ctx context.Context, n int, most time.Duration) error {
	return until(ctx, fmt.Sprintf("%d sessions", n), most, func() bool {
		have, err := t.connected()
		return err == nil && have >= int64(n)
	})
}

// up waits until all endpoints of the fleet are connected; there is no other.
func (f *fleetRun) up(ctx context.Context) error {
	err := f.t.up(ctx, f.n, 10*time.Minute)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, f.proc.tail())
	}
	return nil
}

// stop ends the fleet and returns what it counted.
func (f *fleetRun) stop() (fleet.Report, error) {
	if err := f.proc.end(syscall.SIGTERM); err != nil {
		return fleet.Report{}, fmt.Errorf("%w\n%s", err, f.proc.tail())
	}
	return f.report()
}

// wait waits for a fleet whose duration was given.
func (f *fleetRun) wait(ctx context.Context) (fleet.Report, error) {
	if err := f.proc.wait(ctx); err != nil {
		return fleet.Report{}, err
	}
	return f.report()
}

func (f *fleetRun) report() (r fleet.Report, err error) {
	return r, json.Unmarshal([]byte(f.proc.out.String()), &r)
}
