package availability_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
)

// shelf keeps hours as the store does.
type shelf struct {
	mu   sync.Mutex
	rows []availability.Row
	err  error
}

func (s *shelf) SaveHours(_ context.Context, rows []availability.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for _, r := range rows {
		s.rows = slices.DeleteFunc(s.rows, func(o availability.Row) bool { return o.Kind == r.Kind && o.ID == r.ID && o.Begin.Equal(r.Begin) })
		s.rows = append(s.rows, r)
	}
	slices.SortFunc(s.rows, func(a, b availability.Row) int {
		if c := a.Begin.Compare(b.Begin); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return nil
}

func (s *shelf) Hours(_ context.Context, kind availability.Kind, id string, from, to time.Time, yield func(availability.Row) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if r.Kind == kind && (id == "" || r.ID == id) && !r.Begin.Before(from) && r.Begin.Before(to) {
			if err := yield(r); err != nil {
				return err
			}
		}
	}
	return s.err
}

func (s *shelf) First(_ context.Context, kind availability.Kind) (map[string]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]time.Time{}
	for _, r := range slices.Backward(s.rows) {
		if r.Kind == kind {
			out[r.ID] = r.Begin
		}
	}
	return out, nil
}

func (s *shelf) ForgetHours(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = slices.DeleteFunc(s.rows, func(r availability.Row) bool { return r.Begin.Before(before) })
	return nil
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// house is what a keeper looks at.
type house struct {
	t     *testing.T
	shelf shelf
	mu    sync.Mutex
	list  []availability.Glance
	blind bool
	shift time.Duration // by which the clock was set
	*availability.Keeper
	stop func()
}

func newHouse(t *testing.T) *house { return &house{t: t, stop: func() {}} }

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.shift)
}

// start starts a keeper, in place of the one before.
func (h *house) start() {
	h.t.Helper()
	h.stop()
	h.Keeper = availability.New(availability.Options{
		Store: &h.shelf, Now: h.now, Log: slog.New(slog.DiscardHandler),
		Look: func(time.Time) ([]availability.Glance, bool) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Clone(h.list), !h.blind
		},
	})
	if err := h.Load(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
		h.stop = func() {}
	}
}

// is says how things are from now on.
func (h *house) is(list ...availability.Glance) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = list
}

func check(id string, s availability.State) availability.Glance {
	return availability.Glance{Kind: availability.Check, ID: id, Name: "Check " + id, State: s}
}

// site is one of whose machines so many are up, with these scores, and so many down.
func site(id string, down int, scores ...int) availability.Glance {
	g := availability.Glance{Kind: availability.Site, ID: id, Name: "Site " + id, Count: availability.Count{Up: int64(len(scores)), Down: int64(down)}}
	for _, s := range scores {
		g.Scores.Take(s)
	}
	g.State = g.Count.State()
	return g
}

func (h *house) report(q availability.Query) availability.Report {
	h.t.Helper()
	r, err := h.Make(h.t.Context(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// minutes are how long something was up, down, unknown and taken out.
func minutes(t availability.Times) [4]int {
	return [4]int{int(t.Up.Minutes()), int(t.Down.Minutes()), int(t.Unknown.Minutes()), int(t.Out.Minutes())}
}

// TestServerAway wants a minute in which nobody looked to be unknown: while the server was
// stopped, before it knew what is in maintenance, and of what did not answer; and a start
// in the middle of an hour to forget nothing of it.
func TestServerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		begin := time.Now().UTC()
		day := availability.Query{Kind: availability.Check, From: begin, To: begin.Add(24 * time.Hour)}
		h.is(check("a", availability.Up))
		h.start()
		time.Sleep(10 * time.Minute)
		h.is(check("a", availability.Down))
		time.Sleep(5 * time.Minute)
		h.stop()
		time.Sleep(20 * time.Minute) // away
		h.blind = true
		h.start()
		time.Sleep(5 * time.Minute)
		h.mu.Lock()
		h.blind = false
		h.mu.Unlock()
		h.is(check("a", availability.Up))
		time.Sleep(80 * time.Minute)
		r := h.report(day)
		if len(r.Lines) != 1 || minutes(r.Lines[0].Times) != [4]int{90, 5, 25, 0} || len(r.Lines[0].Times.Outages) != 1 || r.Lines[0].Name != "Check a" || r.Lines[0].Gone {
			t.Errorf("%+v", r.Lines)
		}
		h.start() // what was written down is the same
		time.Sleep(time.Minute)
		if again := h.report(day).Lines[0].Times; minutes(again) != [4]int{91, 5, 25, 0} {
			t.Errorf("after a restart %v", minutes(again))
		}
		h.stop()
	})
}

// TestStoreAway wants what cannot be stored to wait, to be told meanwhile, and to be
// stored then.
func TestStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		begin := time.Now().UTC()
		h.is(check("a", availability.Up))
		h.start()
		time.Sleep(10 * time.Minute)
		h.shelf.fail(errors.New("the disk is full"))
		time.Sleep(3 * time.Hour)
		h.shelf.fail(nil)
		time.Sleep(10 * time.Minute)
		h.start()
		q := availability.Query{Kind: availability.Check, From: begin, To: begin.Add(200 * time.Minute)}
		if got := minutes(h.report(q).Lines[0].Times); got != [4]int{200, 0, 0, 0} {
			t.Errorf("%v", got)
		}
		h.stop()
	})
}

// TestClockSetBack wants no minute to be counted twice when the clock is set back.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		begin := time.Now().UTC()
		h.is(site("s", 1, 100))
		h.start()
		time.Sleep(100 * time.Minute)
		h.mu.Lock()
		h.shift = -70 * time.Minute // into the hour before
		h.mu.Unlock()
		time.Sleep(80 * time.Minute)
		l := h.report(availability.Query{Kind: availability.Site, From: begin, To: begin.Add(24 * time.Hour)}).Lines[0]
		if l.Count.Up != 110 || l.Count.Down != 110 || l.Times.Up != 110*time.Minute {
			t.Errorf("%+v, %v", l.Count, l.Times.Up)
		}
		h.stop()
	})
}

// TestReport makes a report of sites: the least available first, what is gone until it
// went, the new since they are there, days by the clocks of the zone, the worst hour, and
// all of it as a table that no spreadsheet takes for formulas.
func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		time.Sleep(30 * time.Minute) // days begin at half hours there
		zone, err := time.LoadLocation("Asia/Kolkata")
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now().UTC() // 06:00 in Kolkata
		good, ill := site("good", 0, 100, 100, 90, 85), site("good", 0, 100, 100, 60, 10)
		bad, gone := site("bad", 3, 100), site("gone", 0, 100)
		bad.Name = `=HYPERLINK("http://evil")`
		h.is(good, bad, gone)
		h.start()
		time.Sleep(18 * time.Hour) // midnight in Kolkata
		h.is(ill, site("bad", 0, 100, 100, 100, 100))
		time.Sleep(time.Hour)
		h.is(good, bad, site("new", 1, 100))
		time.Sleep(35 * time.Hour)
		r := h.report(availability.Query{Kind: availability.Site, From: begin.Add(-6 * time.Hour), To: begin.Add(66 * time.Hour), Zone: zone})
		var names []string
		for _, l := range r.Lines {
			names = append(names, l.ID)
		}
		if d := cmp.Diff([]string{"bad", "new", "gone", "good"}, names); d != "" {
			t.Fatal(d)
		}
		if !r.Since.Equal(begin.Truncate(time.Hour)) || len(r.Steps) != 4 || len(r.Lines[0].Parts) != 3 {
			t.Errorf("since %v, %d steps", r.Since, len(r.Steps))
		}
		first, new, went, well := r.Lines[0], r.Lines[1], r.Lines[2], r.Lines[3]
		if minutes(first.Times) != [4]int{60, 53 * 60, 0, 0} || len(first.Times.Outages) != 2 || !first.Times.Outages[1].Open || first.Name != bad.Name {
			t.Errorf("%s: %v, %+v", first.Name, minutes(first.Times), first.Times.Outages)
		}
		if p, _ := first.Parts[0].Percent(availability.Site); p != 25 || first.Parts[0].Times.Down != 18*time.Hour {
			t.Errorf("on the first day %v %%, %v", p, first.Parts[0].Times)
		}
		if p, _ := new.Percent(availability.Site); p != 50 || !new.From.Equal(begin.Add(19*time.Hour)) || new.Times.Unknown != 0 {
			t.Errorf("new: %v %% since %v, %v unknown", p, new.From, new.Times.Unknown)
		}
		if !went.Gone || !went.To.Equal(begin.Add(18*time.Hour)) || went.Times.Unknown != 0 || first.Gone {
			t.Errorf("gone: %+v", went)
		}
		suffered, _ := well.Scores.Ill()
		part, _ := well.Parts[1].Suffering()
		// The hour in which half of them suffered lies in two: they are kept by UTC.
		if suffered != 100*2.0/(4*54) || well.Worst.Percent != 25 || !well.Worst.At.Equal(begin.Add(17*time.Hour+30*time.Minute)) || part != 100*2.0/(4*24) {
			t.Errorf("%v %% suffered, %v %% that day, at worst %+v", suffered, part, well.Worst)
		}
		if r.Total.Count != first.Count.Add(new.Count).Add(went.Count).Add(well.Count) {
			t.Errorf("in total %+v", r.Total.Count)
		}
		var table bytes.Buffer
		if err := availability.CSV(&table, r); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Split(table.String(), "\n"); len(lines) != 6 || !strings.HasPrefix(lines[1], `"'=HYPERLINK(""http://evil"")",bad,2000-01-01T06:00:00+05:30,`) || strings.Count(lines[0], ",") != strings.Count(lines[3], ",") {
			t.Error(table.String())
		}
		// What is asked of one thing is of it alone, and of nothing an answer that says so.
		one := h.report(availability.Query{Kind: availability.Site, ID: "good", From: begin, To: begin.Add(time.Hour)})
		if len(one.Lines) != 1 || one.Lines[0].Count.Up != 240 || len(one.Steps) != 3 {
			t.Errorf("%+v", one.Lines)
		}
		if _, err := h.Make(t.Context(), availability.Query{Kind: availability.Site, ID: "none", From: begin, To: begin.Add(time.Hour)}); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		h.stop()
	})
}

// TestReportIsRefused refuses whom it is not for, and times that make no sense.
func TestReportIsRefused(t *testing.T) {
	k := newHouse(t)
	k.Keeper = availability.New(availability.Options{Store: &k.shelf, Now: k.now, Log: slog.New(slog.DiscardHandler)})
	q := availability.Query{Kind: availability.Check, From: noon, To: noon.Add(time.Hour)}
	if _, err := k.Report(t.Context(), auth.Actor{}, q); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a stranger: %v", err)
	}
	for name, change := range map[string]func(*availability.Query){
		"backwards": func(q *availability.Query) { q.To = q.From },
		"too long":  func(q *availability.Query) { q.To = q.From.AddDate(2, 0, 0) },
		"no kind":   func(q *availability.Query) { q.Kind = "planet" },
	} {
		bad := q
		change(&bad)
		if _, err := k.Make(t.Context(), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
