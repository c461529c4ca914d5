//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	shownPages = 50
	shownEvery = 100 * time.Millisecond
)

// shownRun is how long changes took until all pages had them, in milliseconds.
type shownRun struct {
	Last  []float64 `json:"last"`  // until the last of the pages had it
	After []float64 `json:"after"` // the same, after the answer to who made the change; 0: all had it before
}

// shown is the row “commit → shown in 50 open browsers”: listeners to the stream
// stand for the pages.
func shown(ctx context.Context, b *bench) (*Result, error) {
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	token, err := t.token(ctx)
	if err != nil {
		return nil, err
	}
	run, err := t.shown(ctx, strings.TrimSpace(token), b.For)
	if err != nil {
		return nil, err
	}
	slices.Sort(run.Last)
	slices.Sort(run.After)
	at := func(list []float64, share float64) float64 { return list[int(share*float64(len(list)-1))] }
	return &Result{
		How: fmt.Sprintf("%d listeners to /api/v1/events over TLS, each on a connection of its own, stand for as many open pages. Every %v a note is written to a ticket over REST. "+
			"Timed is from before the request is written to its socket until the last of the listeners has read the event: the request, the commit (SQLite, synchronous=FULL) and the fan-out.", shownPages, shownEvery),
		Lines: []Line{
			{What: "change sent → committed → read by all 50 pages, p99", Unit: "ms", Deskbell: at(run.Last, 0.99), Target: 20, Sense: AtMost},
			{What: "the same, p50", Unit: "ms", Deskbell: at(run.Last, 0.5)},
			{What: "answered to who changed it → read by all 50 pages, p99", Unit: "ms", Deskbell: at(run.After, 0.99)},
		},
		Notes: []string{fmt.Sprintf("%d changes; the longest took %.1f ms. What a browser needs to fetch and draw the changed part comes on top.", len(run.Last), run.Last[len(run.Last)-1])},
		Raw:   map[string]any{"deskbell": run},
	}, nil
}

func (t *target) shown(ctx context.Context, token string, during time.Duration) (*shownRun, error) {
	ctx, stop := context.WithCancel(ctx)
	var listening sync.WaitGroup
	defer listening.Wait()
	defer stop()
	base := "https://" + t.address + "/api/v1"
	request := func(client *http.Client, method, path string, body any) (*http.Response, error) {
		doc, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(doc))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		answer, err := client.Do(r)
		if err == nil && answer.StatusCode >= 300 {
			answer.Body.Close()
			err = fmt.Errorf("%s %s: %s", method, path, answer.Status)
		}
		return answer, err
	}
	own := func() *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}} // a server of our own
	}
	writer := own()
	answer, err := request(writer, http.MethodPost, "/tickets", map[string]string{"title": "Shown in fifty pages"})
	if err != nil {
		return nil, err
	}
	var opened struct{ ID string }
	err = json.NewDecoder(answer.Body).Decode(&opened)
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	read := make(chan time.Time, shownPages)
	for range shownPages {
		answer, err := request(own(), http.MethodGet, "/events?topics=ticket,presence&ticket="+opened.ID, nil)
		if err != nil {
			return nil, err
		}
		listening.Go(func() {
			defer answer.Body.Close()
			for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "data: ") {
					select {
					case read <- time.Now():
					case <-ctx.Done():
						return
					}
				}
			}
		})
	}
	run := &shownRun{}
	for end := time.Now().Add(during); time.Now().Before(end); {
		begun := time.Now()
		answer, err := request(writer, http.MethodPost, "/tickets/"+opened.ID+"/messages", map[string]any{"body": "A note.", "public": false})
		if err != nil {
			return nil, err
		}
		answered := time.Now()
		answer.Body.Close()
		var last time.Time
		for range shownPages {
			select {
			case at := <-read:
				if at.After(last) {
					last = at
				}
			case <-time.After(10 * time.Second):
				return nil, fmt.Errorf("a change did not reach all pages")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		ms := func(d time.Duration) float64 { return max(0, float64(d.Microseconds())/1000) }
		run.Last, run.After = append(run.Last, ms(last.Sub(begun))), append(run.After, ms(last.Sub(answered)))
		if err := pause(ctx, shownEvery-time.Since(begun)); err != nil {
			return nil, err
		}
	}
	return run, nil
}
