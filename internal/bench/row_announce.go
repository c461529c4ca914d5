//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	announcedTimes = 5
	// announcedFor is how long each is given to reach everybody; it is counted who has not heard of it then.
	announcedFor = 10 * time.Second
)

// announced is the row “announcement confirmed → in 10 000 simulated trays”.
func announced(ctx context.Context, b *bench) (*Result, error) {
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	n := min(askedEndpoints, b.Endpoints)
	load, err := t.fleet(ctx, "", 0, n, "--listen")
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
	asked := map[string]time.Time{}
	for i := range announcedTimes {
		at := time.Now()
		id, err := t.announce(ctx, token, fmt.Sprintf("Outage %d", i+1), at)
		if err != nil {
			return nil, err
		}
		asked[id] = at
		if err := pause(ctx, announcedFor); err != nil {
			return nil, err
		}
	}
	report, err := load.stop()
	if err != nil {
		return nil, err
	}
	var last, first []time.Duration
	for id, at := range asked {
		a := report.Announced[id]
		if a.Endpoints != n {
			return nil, fmt.Errorf("%d of %d machines have heard of an announcement within %v", a.Endpoints, n, announcedFor)
		}
		last, first = append(last, a.Last.Sub(at)), append(first, a.First.Sub(at))
	}
	slices.Sort(last)
	slices.Sort(first)
	return &Result{
		How: fmt.Sprintf("%d simulated machines are connected, send their health as always, and have outages announced to them. An operator announces an outage to all over REST, %d times, %v apart. "+
			"Timed is from before it is posted until the last machine has read it from its connection; the longest counts. What a tray then does with it is not in it.", n, announcedTimes, announcedFor),
		Lines: []Line{
			{What: fmt.Sprintf("an announcement until %d machines have it", n), Unit: "s", Deskbell: last[len(last)-1].Seconds(), Target: 5, Sense: AtMost},
			{What: "until the first has it", Unit: "s", Deskbell: first[len(first)-1].Seconds()},
		},
		Notes: []string{fmt.Sprintf("The middle one of the %d took %.2f s.", announcedTimes, last[len(last)/2].Seconds())},
		Raw:   map[string]any{"last": last, "first": first},
	}, nil
}

// announce posts an announcement to everybody and returns its id.
func (t *target) announce(ctx context.Context, token, title string, since time.Time) (string, error) {
	doc, err := json.Marshal(map[string]any{"title": title, "text": "Nobody can sign in.", "advice": "Wait for the next word.", "since": since.UTC(), "reach": "all"})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.address+"/api/v1/announcements", bytes.NewReader(doc))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return "", fmt.Errorf("announcing: %s", resp.Status)
	}
	var made struct {
		ID string `json:"id"`
	}
	return made.ID, json.NewDecoder(resp.Body).Decode(&made)
}
