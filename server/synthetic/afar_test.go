package synthetic_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/synthetic"
)

// far is a fleet of computers at sites, and the way to them. How each answers is set.
type far struct {
	keeper *synthetic.Keeper
	wg     sync.WaitGroup // what they are answering

	mu      sync.Mutex
	at      map[string][]synthetic.Endpoint
	answers map[string]string // by endpoint: ok, down, unable, or the code of a refusal
	asked   map[string]int
	last    wire.Ask
	under   int
	most    int
}

func newFar() *far {
	return &far{at: map[string][]synthetic.Endpoint{}, answers: map[string]string{}, asked: map[string]int{}}
}

// join connects a computer.
func (f *far) join(site, id, answer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[site] = append(f.at[site], synthetic.Endpoint{ID: id, Name: "name-of-" + id, Site: site})
	f.answers[id] = answer
}

func (f *far) set(id, answer string) { f.mu.Lock(); f.answers[id] = answer; f.mu.Unlock() }

func (f *far) leave(site string) { f.mu.Lock(); f.at[site] = nil; f.mu.Unlock() }

func (f *far) count(id string) int { f.mu.Lock(); defer f.mu.Unlock(); return f.asked[id] }

func (*far) Sites() []synthetic.Site {
	return []synthetic.Site{{ID: "b", Name: "Berlin"}, {ID: "m", Name: "Munich"}}
}

func (f *far) At(site string) []synthetic.Endpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.at[site])
}

func (f *far) There() (out []synthetic.Endpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range f.at {
		out = append(out, list...)
	}
	return out
}

func (f *far) Named(text string) (out []synthetic.Endpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range f.at {
		for _, e := range list {
			if e.ID == text || e.Name == text {
				out = append(out, e)
			}
		}
	}
	return out
}

func (f *far) Ask(endpoint, id string, q wire.Ask) error {
	f.mu.Lock()
	how := f.answers[endpoint]
	f.asked[endpoint]++
	f.last = q
	f.under++
	f.most = max(f.most, f.under)
	f.mu.Unlock()
	f.wg.Go(func() {
		time.Sleep(100 * time.Millisecond)
		defer func() { f.mu.Lock(); f.under--; f.mu.Unlock() }()
		forged := json.RawMessage(`{"outcome":"ok","says":"Forged."}`)
		if how == "ok" {
			forged = json.RawMessage(`{"outcome":"failed","says":"Forged."}`)
		}
		f.keeper.Answer("somebody else", id, wire.Answer{Data: forged, Done: true}) // counts for nothing
		part := func(p wire.CheckPart) {
			data, _ := json.Marshal(p)
			f.keeper.Answer(endpoint, id, wire.Answer{Data: data})
			f.keeper.Answer(endpoint, id, wire.Answer{Part: 1, Done: true})
		}
		switch how {
		case "ok":
			part(wire.CheckPart{Result: check.Result{Outcome: check.OK, Says: "Open.", Took: time.Millisecond}})
		case "down":
			part(wire.CheckPart{Result: check.Result{Outcome: check.Failed, Says: "Refused."}})
		case "unable":
			part(wire.CheckPart{Result: check.Result{Outcome: check.Unable, Says: "No right."}})
		case "silent":
		case "gone":
			f.keeper.Disconnected(endpoint)
		case "rubbish":
			f.keeper.Answer(endpoint, id, wire.Answer{Data: json.RawMessage(`"` + strings.Repeat("x", 20<<10) + `"`)})
		default:
			f.keeper.Answer(endpoint, id, wire.Answer{Done: true, Code: fault.Code(how)})
		}
	})
	return nil
}

func (*far) Cancel(string, string) {}

// from has a check looked at from Berlin, and from this server unless it is away.
func from(away bool, sites ...string) func(*synthetic.Check) {
	return func(c *synthetic.Check) { c.Sites, c.Away = sites, away }
}

func (w *world) view(id, place string) synthetic.View {
	w.t.Helper()
	s, _, err := w.Get(w.t.Context(), operator, id)
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(s.Views, func(v synthetic.View) bool { return v.From == place })
	if i < 0 {
		w.t.Fatalf("nobody looks from %s: %+v", place, s.Views)
	}
	return s.Views[i]
}

// TestFromSites: what is down from a site and works from the server is told so, of each
// place; it is one thing when it fails from everywhere; a site at which nobody is left is
// not known, and neither resolves nor fails anything.
func TestFromSites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		for _, id := range []string{"1", "2", "3"} {
			w.far.join("b", id, "ok")
			w.far.join("m", "m"+id, "ok")
		}
		id := w.make("a.example", from(false, "b", "Munich"))
		w.pass(time.Second)
		w.want(id, synthetic.Up)
		for _, place := range []string{"server", "b", "m"} {
			if w.value("check_up", "check", id, "from", place) != 1 {
				t.Errorf("from %s: %v", place, w.told)
			}
		}
		w.pass(10 * time.Minute)
		for _, e := range []string{"1", "2", "3"} { // two of three, always the same
			if n := w.far.count(e); n != 0 && (n < 10 || n > 13) {
				t.Errorf("%s was asked %d times in ten minutes", e, n)
			}
		}
		if q := w.far.last; q.Who.ID != "p" || q.Who.Role != "operator" || q.Kind != wire.AskCheck {
			t.Errorf("asked was %+v", q)
		}
		for _, e := range []string{"1", "2", "3"} {
			w.far.set(e, "down")
		}
		w.pass(5 * time.Minute)
		s, lines, err := w.Get(t.Context(), operator, id)
		if err != nil || s.State != synthetic.Partly || !strings.HasPrefix(s.Evidence, "fails from Berlin, works from Munich and the server. From name-of-") || !strings.HasSuffix(s.Evidence, ": Refused.") {
			t.Errorf("%s: %q, %v", s.State, s.Evidence, err)
		}
		if i := slices.IndexFunc(lines, func(l synthetic.Line) bool { return l.Did == synthetic.WentDown }); i < 0 || lines[i].From != "b" {
			t.Errorf("the log is %+v", lines)
		}
		there := func(place string) float64 { return w.value("check_fails_there", "check", id, "from", place) }
		if there("b") != 1 || there("m") != 0 || there("server") != 0 || w.value("check_state", "check", id) != 2 || w.value("check_up", "check", id, "from", "b") != 0 {
			t.Errorf("told were %v", w.told)
		}
		w.set(true, "a.example")
		for _, e := range []string{"m1", "m2", "m3"} {
			w.far.set(e, "down")
		}
		w.pass(5 * time.Minute)
		w.want(id, synthetic.Down)
		if there("b") != 0 || there("m") != 0 || w.value("check_state", "check", id) != 3 {
			t.Errorf("from everywhere: %v", w.told)
		}
		w.far.leave("b")
		w.set(false, "a.example")
		w.pass(5 * time.Minute)
		if v := w.view(id, "b"); v.Life.State() != synthetic.Unknown || v.Life.Last.Says != "No computer at Berlin is connected that could look." || !v.Life.Down {
			t.Errorf("%+v", v)
		}
		w.want(id, synthetic.Partly) // from Munich
		w.stop()
		w.start() // and what is stored has the places
		w.far.join("b", "1", "down")
		w.pass(time.Minute)
		if v := w.view(id, "b"); v.Life.State() != synthetic.Down {
			t.Errorf("after a restart: %+v", v)
		}
		s, _, err = w.Get(t.Context(), operator, id)
		if err != nil {
			t.Fatal(err)
		}
		s.Sites = []string{"m"}
		if s, err = w.Save(t.Context(), operator, s.Check); err != nil || len(s.Views) != 2 {
			t.Errorf("without Berlin: %+v, %v", s.Views, err)
		}
	})
}

// TestWhoCounts: one that says that it works is enough; who is old, forbids it, is busy,
// silent, gone, cannot look or answers rubbish counts neither way, and others are asked;
// who refuses is left in peace.
func TestWhoCounts(t *testing.T) {
	for answers, want := range map[string]synthetic.State{
		"ok ok":                          synthetic.Up,
		"down ok":                        synthetic.Up,
		"down down":                      synthetic.Down,
		"down unsupported":               synthetic.Down,
		"down silent":                    synthetic.Down,
		"down unable":                    synthetic.Down,
		"unsupported":                    synthetic.Unknown,
		"unable unable":                  synthetic.Unknown,
		"forbidden":                      synthetic.Unknown,
		"too_many rubbish gone silent":   synthetic.Unknown,
		"unable unable unable unable ok": synthetic.Up,
		"unsupported forbidden invalid too_many ok": synthetic.Up,
	} {
		t.Run(answers, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer func() { w.stop() }()
				for i, a := range strings.Fields(answers) {
					w.far.join("b", string(rune('a'+i)), a)
				}
				var ids []string
				for range 6 { // each has its own order of them
					ids = append(ids, w.make("a.example", from(true, "b"), func(c *synthetic.Check) { c.Failures = 1 }))
				}
				w.pass(10 * time.Minute)
				for _, id := range ids {
					w.want(id, want)
				}
				for i, a := range strings.Fields(answers) {
					if n := w.far.count(string(rune('a' + i))); n > 6 && (a == "unsupported" || a == "forbidden" || a == "invalid") {
						t.Errorf("who answers %s was asked %d times", a, n)
					}
				}
			})
		})
	}
}

// TestFarRoom: one computer is not asked more than it allows, whatever there is to look at.
func TestFarRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		w.far.join("b", "1", "ok")
		for range 120 {
			w.make("a.example", from(true, "b"))
		}
		w.pass(time.Minute)
		if n := w.far.count("1"); n > 60 || w.far.most > 4 {
			t.Errorf("it was asked %d times in a minute, %d at once", n, w.far.most)
		}
	})
}

// TestWhereFrom: what would send a secret, or is whoever looks itself, has no sites; a
// place has to be there, and a computer is named by one name.
func TestWhereFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		w.far.join("b", "1", "ok")
		w.far.join("m", "2", "down")
		w.far.join("m", "name-of-1", "ok")
		page := check.Spec{Kind: check.HTTP, URL: "https://a.example/"}
		for name, c := range map[string]struct {
			spec  check.Spec
			away  bool
			sites []string
			names []string
			field string
		}{
			"headers":    {spec: check.Spec{Kind: check.HTTP, URL: "https://a.example/", Headers: []check.Header{{Name: "Cookie", Value: "x"}}}, sites: []string{"b"}, field: "headers"},
			"a text":     {spec: check.Spec{Kind: check.HTTP, URL: "https://a.example/", Method: "POST", Body: "x"}, sites: []string{"b"}, field: "method"},
			"a question": {spec: check.Spec{Kind: check.HTTP, URL: "https://a.example/?key=x"}, sites: []string{"b"}, field: "url"},
			"itself":     {spec: check.Spec{Kind: check.TCP, Host: "localhost", Port: 1}, sites: []string{"b"}, field: "sites"},
			"nowhere":    {spec: page, away: true, field: "sites"},
			"no site":    {spec: page, sites: []string{"x"}, field: "sites"},
			"nobody":     {spec: page, names: []string{"x"}, field: "endpoints"},
			"two":        {spec: page, names: []string{"name-of-1"}, field: "endpoints"},
		} {
			x := synthetic.Usual()
			x.Name, x.Spec, x.Away, x.Sites, x.Endpoints = name, c.spec, c.away, c.sites, c.names
			if _, err := w.Save(t.Context(), operator, x); fault.FieldOf(err) != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		id := w.make("a.example", func(c *synthetic.Check) { c.Endpoints = []string{"name-of-2", ""} })
		w.pass(time.Second)
		s, _, err := w.Get(t.Context(), operator, id)
		if err != nil || !slices.Equal(s.Sites, []string{"m"}) || !slices.Equal(s.Endpoints, []string{"2"}) || w.far.count("name-of-1") > 0 || w.far.count("2") != 1 {
			t.Errorf("%+v, %v", s.Check, err)
		}
		tried, err := w.RunNow(t.Context(), operator, id, "m")
		if err != nil || len(tried) != 1 || tried[0].Name != "Munich" || tried[0].Life.Last.Says != "From name-of-2: Refused." {
			t.Errorf("tried from Munich: %+v, %v", tried, err)
		}
		if tried, err = w.RunNow(t.Context(), operator, id, ""); err != nil || len(tried) != 2 || tried[0].From != "server" {
			t.Errorf("tried from all: %+v, %v", tried, err)
		}
		if _, err = w.RunNow(t.Context(), operator, id, "b"); fault.FieldOf(err) != "from" {
			t.Errorf("tried from elsewhere: %v", err)
		}
		d := w.store.audit[len(w.store.audit)-1].Detail
		if places, ok := d["from"].([]string); !ok || !slices.Equal(places, []string{"server", "m"}) {
			t.Errorf("the audit log has %v", d)
		}
	})
}
