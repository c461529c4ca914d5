//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/server/watch"
)

// busyRule fires at once when a processor is busy, which those of simulated machines
// are now and then.
const busyRule = `groups:
- name: bench
  rules:
  - alert: BenchBusy
    expr: deskbell_cpu_busy_percent > 40
    labels: {severity: info}
    annotations: {summary: It is busy.}
`

// fired is a line of the log of alerts.
type fired struct {
	At       time.Time `json:"at"`
	Rule     string    `json:"rule"`
	Endpoint string    `json:"endpoint"`
	Did      watch.Did `json:"did"`
}

// firing is the row “condition true on an endpoint → firing”.
func firing(ctx context.Context, b *bench) (*Result, error) {
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	token, err := t.token(ctx)
	if err != nil {
		return nil, err
	}
	rules := filepath.Join(t.data, "rules")
	if err := os.MkdirAll(rules, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(rules, "bench.yaml"), []byte(busyRule), 0o600); err != nil {
		return nil, err
	}
	n := min(askedEndpoints, b.Endpoints)
	load, err := t.fleet(ctx, "", 0, n)
	if err != nil {
		return nil, err
	}
	if err := load.up(ctx); err != nil {
		return nil, err
	}
	if err := pause(ctx, b.For/2); err != nil { // what connecting has stirred up settles
		return nil, err
	}
	from := time.Now()
	if err := pause(ctx, b.For); err != nil {
		return nil, err
	}
	all, err := t.fired(ctx, token, from)
	if err != nil {
		return nil, err
	}
	if len(all) < 20 {
		return nil, fmt.Errorf("only %d alerts have begun in %v", len(all), b.For)
	}
	var took []time.Duration
	for _, f := range all {
		at, err := t.sampleBefore(ctx, token, f.Endpoint, f.At)
		if err != nil {
			return nil, err
		}
		took = append(took, f.At.Sub(at))
	}
	slices.Sort(took)
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1))].Seconds() }
	return &Result{
		How: fmt.Sprintf("%d simulated machines send a sample each 15 s, beside the rules that are built in a rule without “for” asks whether a processor is more than 40 %% busy. Timed is, for up to a thousand alerts that began within %v, "+
			"from the moment of the sample that says so, which is in whole seconds, until the alert fires; so up to a second of it is rounding. A condition that becomes true between two samples waits for the next, which is not in it.", n, b.For),
		Lines: []Line{
			{What: "condition true in a sample → firing, p99", Unit: "s", Deskbell: at(0.99), Target: 3, Sense: AtMost},
			{What: "the same, p50", Unit: "s", Deskbell: at(0.5)},
		},
		Notes: []string{fmt.Sprintf("%d alerts; the slowest took %.2f s.", len(took), took[len(took)-1].Seconds())},
		Raw:   map[string]any{"took": took},
	}, nil
}

// fired are the newest alerts of our rule that have begun since a moment.
func (t *target) fired(ctx context.Context, token string, since time.Time) ([]fired, error) {
	var page struct {
		Items []fired `json:"items"`
	}
	if err := t.get(ctx, token, "/api/v1/alerts/log?limit=1000", &page); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(page.Items, func(f fired) bool { return f.Rule != "BenchBusy" || f.Did != watch.Fired || f.At.Before(since) }), nil
}

// sampleBefore is the moment of an endpoint's newest sample at a time.
func (t *target) sampleBefore(ctx context.Context, token, endpoint string, at time.Time) (time.Time, error) {
	q := url.Values{"query": {fmt.Sprintf("timestamp(deskbell_cpu_busy_percent{endpoint=%q})", endpoint)}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := t.get(ctx, token, "/prometheus/api/v1/query?"+q.Encode(), &answer); err != nil {
		return time.Time{}, err
	}
	if len(answer.Data.Result) != 1 {
		return time.Time{}, fmt.Errorf("there is no sample of %s before its alert", endpoint)
	}
	s, err := strconv.ParseFloat(fmt.Sprint(answer.Data.Result[0].Value[1]), 64)
	return time.UnixMilli(int64(s * 1000)), err
}

// get asks the server over REST.
func (t *target) get(ctx context.Context, token, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.address+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
