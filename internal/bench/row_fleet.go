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
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/console/kit"
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
	drawn, err := t.watchFleet(ctx, n, func() (string, error) {
		q, err := call(http.MethodPost, "/fleet/questions", map[string]any{"kind": wire.AskHasProcess, "params": map[string]any{"name": "deskbell-agent"}})
		return q.ID, err
	})
	if err != nil {
		return nil, err
	}
	if _, err := load.stop(); err != nil {
		return nil, err
	}
	slices.Sort(most)
	slices.Sort(all)
	return &Result{
		How: fmt.Sprintf("%d simulated endpoints are connected, each of which takes 20 to 80 ms for its answer. An operator asks over REST which of them run a process, %d times one after the other, and reads every %v how many have answered. "+
			"Timed is from before the question is posted; the longest counts. The question and all machines are on disk before the first is asked, the answers before it is done. "+
			"Then it is asked once more, and a Chromium that draws in software at 1280 × 800 opens the question's page at once: counted are the frames from the page's first answer to its last.", n, askedTimes, askedEvery),
		Lines: []Line{
			{What: fmt.Sprintf("ask %d simulated endpoints: 95 %% of answers", n), Unit: "s", Deskbell: most[len(most)-1].Seconds(), Target: 2, Sense: AtMost},
			{What: "until all have answered and all is stored", Unit: "s", Deskbell: all[len(all)-1].Seconds()},
			{What: "frames a second of the page while the answers come", Unit: "", Deskbell: drawn.perSecond(), Target: 58, Sense: AtLeast},
			{What: "the longest time between two of them", Unit: "ms", Deskbell: drawn.Gaps[0]},
		},
		Notes: []string{fmt.Sprintf("60 frames a second are what the browser draws at most; in %.1f s it drew %d.", drawn.Seconds, drawn.Frames)},
		Raw:   map[string]any{"most": most, "all": all, "page": drawn},
	}, nil
}

// watchFleet opens the page of a question while its answers come, and returns how
// smoothly it was drawn.
func (t *target) watchFleet(ctx context.Context, n int, post func() (string, error)) (s smooth, err error) {
	p, err := (&deskDay{t: t, base: "https://" + t.address}).signInAs(ctx, "watcher@example.com", "operator")
	if err != nil {
		return s, err
	}
	b, err := newBrowser(ctx)
	if err != nil {
		return s, err
	}
	defer b.close()
	if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: p.cookie.Name, Value: p.cookie.Value, URL: p.base, Secure: new(true), HTTPOnly: new(true)}); err != nil {
		return s, err
	}
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: countFrames + countAnswers}); err != nil {
		return s, err
	}
	if err := chromedp.Do(b.ctx, chromedp.Navigate(p.base+"/noc/questions")); err != nil { // what every page needs is fetched
		return s, err
	}
	id, err := post()
	if err != nil {
		return s, err
	}
	if err := chromedp.Do(b.ctx, chromedp.Navigate(p.base+"/noc/questions/"+id)); err != nil {
		return s, err
	}
	var told seenPage
	all := kit.Count(n) + " of " + kit.Count(n) + " answered"
	err = until(ctx, "all answers on the page", time.Minute, func() bool {
		told, err = chromedp.Run(b.ctx, chromedp.Evaluate[seenPage](`({frames: benchFrames, counts: benchCounts})`))
		return err == nil && len(told.Counts) > 0 && strings.Contains(told.Counts[len(told.Counts)-1].Text, all)
	})
	if err != nil {
		return s, err
	}
	if len(told.Counts) < 2 {
		return s, fmt.Errorf("the answers were there before the page: %v", told.Counts)
	}
	return smoothness(told.Frames, told.Counts[0].At, told.Counts[len(told.Counts)-1].At)
}

// seenPage is what the page was seen to do.
type seenPage struct {
	Frames []float64 `json:"frames"`
	Counts []struct {
		At   float64 `json:"at"`
		Text string  `json:"text"`
	} `json:"counts"`
}

// countAnswers runs in the page: what its count said, and when.
const countAnswers = `window.benchCounts = []; setInterval(() => { const text = document.querySelector('#survey-counts')?.innerText; if (text && text !== benchCounts.at(-1)?.text) benchCounts.push({at: performance.now(), text}); }, 20);`

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
	list, err := watchProcesses(ctx, wire.ProcessesParams{Seconds: seconds})
	if err != nil {
		return nil, err
	}
	tree, err := watchProcesses(ctx, wire.ProcessesParams{Seconds: seconds, All: true})
	if err != nil {
		return nil, err
	}
	most := max(have, listedProcesses)
	return &Result{
		How: fmt.Sprintf("A machine with at least %d processes is asked for its processes for %d s by the agent's own code, first for the list of the heaviest, once a second, then for the table of all and what changes in it: "+
			"read, compared, described, taken secrets out of and written as it goes over the wire. Counted is the processor time of the program that does it.", listedProcesses, seconds),
		Lines: []Line{
			{What: fmt.Sprintf("live process list at one a second on a machine with %d processes", most), Unit: "% of a core", Deskbell: list.share, Target: 3, Sense: AtMost},
			{What: "the same, all processes as a tree", Unit: "% of a core", Deskbell: tree.share, Target: 3, Sense: AtMost},
			{What: "a list as it is sent", Unit: "KiB", Deskbell: list.mean},
			{What: "a part of the tree as it is sent, the whole table counted in", Unit: "KiB", Deskbell: tree.mean},
		},
		Raw: map[string]any{"list": list.raw, "tree": tree.raw},
	}, nil
}

// watchedList is what it took to watch processes.
type watchedList struct {
	share float64 // per cent of a core
	mean  float64 // KiB a part
	raw   map[string]int
}

func watchProcesses(ctx context.Context, p wire.ProcessesParams) (watchedList, error) {
	r := remote.New(remote.Options{Prober: probe.New(probe.Options{})})
	params, err := json.Marshal(p)
	if err != nil {
		return watchedList{}, err
	}
	before, err := cpuOf(os.Getpid())
	if err != nil {
		return watchedList{}, err
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
		return watchedList{}, err
	}
	if failed != "" || parts < p.Seconds*9/10 {
		return watchedList{}, fmt.Errorf("%d parts came of %d: %s", parts, p.Seconds, failed)
	}
	return watchedList{share: 100 * (after - before).Seconds() / passed.Seconds(), mean: float64(bytes) / float64(parts) / 1024, raw: map[string]int{"parts": parts, "bytes": bytes}}, nil
}
