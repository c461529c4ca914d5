//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	wallSites  = 50
	wallAlerts = 5               // on each endpoint
	wallEvery  = 5 * time.Second // between an endpoint's samples: 2 000 changes a second of 10 000
	wallOpened = 5
	wallWide   = 1920
	wallHigh   = 1080
)

// wallRule fires on every machine that says anything.
const wallRule = `  - alert: BenchWall%d
    expr: deskbell_cpu_busy_percent >= 0
    labels: {severity: warning}
    annotations: {summary: It says something.}
`

// wallRow is the row “wall: 10 000 cells and 50 000 alerts”.
func wallRow(ctx context.Context, b *bench) (*Result, error) {
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	var rules strings.Builder
	rules.WriteString("groups:\n- name: bench\n  rules:\n")
	for i := range wallAlerts {
		fmt.Fprintf(&rules, wallRule, i)
	}
	dir := filepath.Join(t.data, "rules")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.yaml"), []byte(rules.String()), 0o600); err != nil {
		return nil, err
	}
	args := []string{"--interval", wallEvery.String(), "--frame", wallEvery.String()}
	for i := range wallSites - 1 {
		e, err := t.command(ctx, "enrolment", "create", "--site", fmt.Sprintf("Site %02d", i), "--uses", "100000")
		if err != nil {
			return nil, err
		}
		args = append(args, "--enrolment", e)
	}
	n := min(askedEndpoints, b.Endpoints)
	load, err := t.fleet(ctx, "", 0, n, args...)
	if err != nil {
		return nil, err
	}
	if err := load.up(ctx); err != nil {
		return nil, err
	}
	token, err := t.token(ctx)
	if err != nil {
		return nil, err
	}
	firing := 0
	err = until(ctx, "the alerts", 5*time.Minute, func() bool {
		var list struct {
			Items []struct {
				Name   string `json:"name"`
				Firing int    `json:"firing"`
			} `json:"items"`
		}
		if t.get(ctx, token, "/api/v1/alerts/rules", &list) != nil {
			return false
		}
		firing = 0
		for _, r := range list.Items {
			if strings.HasPrefix(r.Name, "BenchWall") {
				firing += r.Firing
			}
		}
		return firing >= n*wallAlerts
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %d fire", err, firing)
	}
	if err := pause(ctx, b.For/4); err != nil { // what connecting has stirred up settles
		return nil, err
	}
	seen, err := t.watchWall(ctx, n, b.For/3)
	if err != nil {
		return nil, err
	}
	if _, err := load.stop(); err != nil {
		return nil, err
	}
	return &Result{
		How: fmt.Sprintf("%d simulated machines of %d sites send a sample each %v, and %d rules fire on each of them. A Chromium that draws in software opens the wall at %d × %d, %d times; what every page needs was fetched before. "+
			"Timed is from asking for the page until the frame in which all cells are drawn; the longest counts. Then it is watched for %v while changes come: counted are the frames that the browser begins, 60 a second at most. "+
			"Server, machines and browser share the processors.", n, wallSites, wallEvery, wallAlerts, wallWide, wallHigh, wallOpened, b.For/3),
		Lines: []Line{
			{What: fmt.Sprintf("wall: %d cells and %d alerts, all cells drawn, the longest", n, firing), Unit: "s", Deskbell: slices.Max(seen.Drawn) / 1000, Target: 1, Sense: AtMost},
			{What: "the same, the first paint of the page", Unit: "s", Deskbell: slices.Max(seen.Painted) / 1000},
			{What: fmt.Sprintf("frames a second of the wall under %.0f changes a second", seen.Changes), Unit: "", Deskbell: seen.Smooth.perSecond(), Target: 55, Sense: AtLeast},
			{What: "the longest time between two of them", Unit: "ms", Deskbell: seen.Smooth.Gaps[0]},
		},
		Notes: []string{fmt.Sprintf("In %.1f s it drew %d frames. Of the longest time the page took %.0f ms to come, and the cells until %.0f ms.", seen.Smooth.Seconds, seen.Smooth.Frames, slices.Max(seen.Page), slices.Max(seen.Cells))},
		Raw:   map[string]any{"wall": seen, "firing": firing},
	}, nil
}

// seenWall is what a browser saw of the wall. Times are in milliseconds.
type seenWall struct {
	Drawn   []float64 `json:"drawn_ms"`   // until all cells were
	Painted []float64 `json:"painted_ms"` // until the first content of the page was
	Page    []float64 `json:"page_ms"`    // until the page had come
	Cells   []float64 `json:"cells_ms"`   // until the cells had
	Changes float64   `json:"changes_per_second"`
	Smooth  smooth    `json:"smooth"`
}

// noteWall runs in the page before its own scripts: when the cells were drawn, and how
// many changes have come. The second frame after the mark is the first that shows it.
const noteWall = `window.benchWall = {drawn: 0, painted: 0, changes: 0, now: 0};
document.addEventListener('live:endpoint', (e) => { benchWall.changes += e.detail.data.length; });
new MutationObserver((_, o) => { if (!document.querySelector('canvas[data-drawn]')) return; o.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { benchWall.drawn = performance.now(); benchWall.painted = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
    benchWall.page = performance.getEntriesByType('navigation')[0]?.responseEnd ?? 0; benchWall.cells = performance.getEntriesByType('resource').find((r) => r.name.endsWith('/noc/cells'))?.responseEnd ?? 0; })); })
  .observe(document, {subtree: true, attributes: true, attributeFilter: ['data-drawn']});`

// watchWall opens the wall several times, and watches the last for a while.
func (t *target) watchWall(ctx context.Context, n int, long time.Duration) (s seenWall, err error) {
	p, err := (&deskDay{t: t, base: "https://" + t.address}).signInAs(ctx, "wall@example.com", "operator")
	if err != nil {
		return s, err
	}
	b, err := newBrowser(ctx)
	if err != nil {
		return s, err
	}
	defer b.close()
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: wallWide, Height: wallHigh, DeviceScaleFactor: 1}); err != nil {
		return s, err
	}
	if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: p.cookie.Name, Value: p.cookie.Value, URL: p.base, Secure: new(true), HTTPOnly: new(true)}); err != nil {
		return s, err
	}
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: countFrames + noteWall}); err != nil {
		return s, err
	}
	type told struct {
		Frames  []float64 `json:"frames"`
		Drawn   float64   `json:"drawn"`
		Painted float64   `json:"painted"`
		Changes float64   `json:"changes"`
		Now     float64   `json:"now"`
		Page    float64   `json:"page"`
		Cells   float64   `json:"cells"`
		Count   string    `json:"count"`
	}
	look := func() (told, error) {
		return chromedp.Run(b.ctx, chromedp.Evaluate[told](`({...benchWall, frames: benchFrames, now: performance.now(), count: document.querySelector('canvas[data-wall]')?.dataset.drawn ?? ''})`))
	}
	for i := range wallOpened + 1 {
		if err := chromedp.Do(b.ctx, chromedp.Navigate(p.base+"/noc")); err != nil {
			return s, err
		}
		var now told
		err := until(ctx, "the cells", time.Minute, func() bool {
			now, err = look()
			return err == nil && now.Drawn > 0
		})
		if err != nil {
			return s, err
		}
		if now.Count != fmt.Sprint(n) {
			return s, fmt.Errorf("%s of %d cells are drawn", now.Count, n)
		}
		if i > 0 { // at first the browser has nothing of what every page needs
			s.Drawn, s.Painted = append(s.Drawn, now.Drawn), append(s.Painted, now.Painted)
			s.Page, s.Cells = append(s.Page, now.Page), append(s.Cells, now.Cells)
		}
	}
	before, err := look()
	if err != nil {
		return s, err
	}
	if err := pause(ctx, long); err != nil {
		return s, err
	}
	after, err := look()
	if err != nil {
		return s, err
	}
	s.Changes = (after.Changes - before.Changes) / (after.Now - before.Now) * 1000
	s.Smooth, err = smoothness(after.Frames, before.Now, after.Now)
	return s, err
}
