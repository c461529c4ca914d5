//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	askedEndpoints = 10_000
	askedTimes     = 5
	// askedEvery is how often it is looked how many have answered; a token may ask 50 times a second.
	askedEvery = 40 * time.Millisecond
)

// askFleet is the row “ask 10 000 simulated endpoints: 95 % of answers”.
func askFleet(ctx context.Context, b *bench) (*Result, error) {
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	n := min(askedEndpoints, b.Endpoints)
	load, err := t.fleet(ctx, "", 0, n)
	if err != nil {
		return nil, err
	}
	if err := load.up(ctx); err != nil {
		return nil, err
	}
	if err := pause(ctx, b.For/4); err != nil { // what connecting has stirred up settles
		return nil, err
	}
	if _, err := t.command(ctx, "user", "add", "noc@example.com", "--role", "operator"); err != nil {
		return nil, err
	}
	token, err := t.command(ctx, "token", "create", "--user", "noc@example.com")
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 30 * time.Second}
	call := func(method, path string, body any) (q struct {
		ID       string `json:"id"`
		State    string `json:"state"`
		Answered int    `json:"answered"`
	}, err error) {
		doc, err := json.Marshal(body)
		if err != nil {
			return q, err
		}
		r, err := http.NewRequestWithContext(ctx, method, "http://"+t.address+"/api/v1"+path, bytes.NewReader(doc))
		if err != nil {
			return q, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil {
			return q, err
		}
		defer resp.Body.Close()
		if resp.StatusCode >= 300 {
			return q, fmt.Errorf("%s %s: %s", method, path, resp.Status)
		}
		return q, json.NewDecoder(resp.Body).Decode(&q)
	}
	var most, all []time.Duration
	for range askedTimes {
		start := time.Now()
		q, err := call(http.MethodPost, "/fleet/questions", map[string]any{"kind": wire.AskHasProcess, "params": map[string]any{"name": "deskbell-agent"}})
		if err != nil {
			return nil, err
		}
		counted := false
		for q.State == "open" {
			if err := pause(ctx, askedEvery); err != nil {
				return nil, err
			}
			if q, err = call(http.MethodGet, "/fleet/questions/"+q.ID, nil); err != nil {
				return nil, err
			}
			if !counted && q.Answered*100 >= n*95 {
				most, counted = append(most, time.Since(start)), true
			}
		}
		if q.Answered != n {
			return nil, fmt.Errorf("%d of %d endpoints have answered", q.Answered, n)
		}
		all = append(all, time.Since(start))
	}
	if _, err := load.stop(); err != nil {
		return nil, err
	}
	slices.Sort(most)
	slices.Sort(all)
	return &Result{
		How: fmt.Sprintf("%d simulated endpoints are connected, each of which takes 20 to 80 ms for its answer. An operator asks over REST which of them run a process, %d times one after the other, and reads every %v how many have answered. "+
			"Timed is from before the question is posted; the longest counts. The question and all machines are on disk before the first is asked, the answers before it is done.", n, askedTimes, askedEvery),
		Lines: []Line{
			{What: fmt.Sprintf("ask %d simulated endpoints: 95 %% of answers", n), Unit: "s", Deskbell: most[len(most)-1].Seconds(), Target: 2, Sense: AtMost},
			{What: "until all have answered and all is stored", Unit: "s", Deskbell: all[len(all)-1].Seconds()},
		},
		Raw: map[string]any{"most": most, "all": all},
	}, nil
}

// listedProcesses is how many processes the machine has whose list is watched.
const listedProcesses = 500

// processList is the row “live process list at one a second on a machine with 500 processes”.
func processList(ctx context.Context, _ *bench) (*Result, error) {
	names, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	have := 0
	for _, e := range names {
		if c := e.Name()[0]; c >= '0' && c <= '9' {
			have++
		}
	}
	for range max(0, listedProcesses-have) {
		sleeper := exec.CommandContext(ctx, "sleep", "300")
		if err := sleeper.Start(); err != nil {
			return nil, err
		}
		defer func() {
			sleeper.Process.Kill() // its end is all we wait for
			_ = sleeper.Wait()
		}()
	}
	const seconds = 30
	r := remote.New(remote.Options{Prober: probe.New(probe.Options{})})
	params, err := json.Marshal(wire.ProcessesParams{Seconds: seconds})
	if err != nil {
		return nil, err
	}
	before, err := cpuOf(os.Getpid())
	if err != nil {
		return nil, err
	}
	start, parts, bytes := time.Now(), 0, 0
	var failed string
	r.Do(ctx, "bench", wire.Ask{Kind: wire.AskProcesses, Params: params, ExpiresAt: start.Add(time.Hour)}, func(a wire.Answer) {
		if a.Done {
			failed = a.Sentence
			return
		}
		parts, bytes = parts+1, bytes+len(a.Data)
	})
	passed := time.Since(start)
	after, err := cpuOf(os.Getpid())
	if err != nil {
		return nil, err
	}
	if failed != "" || parts != seconds {
		return nil, fmt.Errorf("%d lists came of %d: %s", parts, seconds, failed)
	}
	return &Result{
		How: fmt.Sprintf("A machine with at least %d processes is asked for its list of processes for %d s, one list a second, by the agent's own code: read, compared, described, taken secrets out of and written as it goes over the wire. "+
			"Counted is the processor time of the program that does it.", listedProcesses, seconds),
		Lines: []Line{
			{What: fmt.Sprintf("live process list at one a second on a machine with %d processes", max(have, listedProcesses)), Unit: "% of a core", Deskbell: 100 * (after - before).Seconds() / passed.Seconds(), Target: 3, Sense: AtMost},
			{What: "a list as it is sent", Unit: "KiB", Deskbell: float64(bytes) / float64(parts) / 1024},
		},
		Raw: map[string]any{"parts": parts, "bytes": bytes},
	}, nil
}
