package metrics_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/metrics"
)

// other is a real store: Debian's prometheus or victoria-metrics.
type other struct {
	t     *testing.T
	args  func(dir, address string) []string
	write string
	ready string
	dir   string
	at    string
	cmd   *exec.Cmd
}

func others(t *testing.T) map[string]*other {
	return map[string]*other{
		"prometheus": {t: t, write: "/api/v1/write", ready: "/-/ready", args: func(dir, address string) []string {
			config := filepath.Join(dir, "prometheus.yml")
			if err := os.WriteFile(config, []byte("storage: {tsdb: {out_of_order_time_window: 25h}}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"prometheus", "--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + address, "--web.enable-remote-write-receiver"}
		}},
		"victoria-metrics": {t: t, write: "/api/v1/write", ready: "/health", args: func(dir, address string) []string {
			return []string{"victoria-metrics", "-storageDataPath=" + filepath.Join(dir, "data"), "-httpListenAddr=" + address, "-search.latencyOffset=0s", "-retentionPeriod=100y", "-memory.allowedBytes=64MB"}
		}},
	}
}

// start runs the store, the first time on a port that is free.
func (o *other) start() {
	o.t.Helper()
	if o.dir == "" {
		o.dir = o.t.TempDir()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			o.t.Fatal(err)
		}
		o.at = l.Addr().String()
		l.Close()
		o.t.Cleanup(func() { o.stop() })
	}
	args := o.args(o.dir, o.at)
	o.cmd = exec.Command(args[0], args[1:]...)
	if err := o.cmd.Start(); err != nil {
		o.t.Fatalf("%s is needed: %v", args[0], err)
	}
	until(o.t, args[0]+" is ready", func() bool {
		a, err := http.Get("http://" + o.at + o.ready)
		if err != nil {
			return false
		}
		a.Body.Close()
		return a.StatusCode == http.StatusOK
	})
}

func (o *other) stop() {
	if o.cmd == nil {
		return
	}
	if err := o.cmd.Process.Signal(os.Interrupt); err != nil {
		o.t.Error(err)
	}
	o.cmd.Wait() // it was told to end
	o.cmd = nil
}

func (o *other) away() *metrics.Away {
	return &metrics.Away{Write: "http://" + o.at + o.write, Query: "http://" + o.at, Facts: func() []metrics.Facts {
		return []metrics.Facts{{Endpoint: "e1", Name: "LT-1 \"<b>", Site: "Zürich"}, {Endpoint: "e2", Name: "LT-2", Site: "Bern"}}
	}}
}

// TestAnotherStore has the series in a real Prometheus and a real VictoriaMetrics: charts,
// rules' queries and lists are as with the embedded one; while it is away readings wait on
// disk, over a restart too, and all of them arrive.
func TestAnotherStore(t *testing.T) {
	for name, o := range others(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.t = t
			o.start()
			dir, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
			s, stop := startWith(t, metrics.Options{Dir: dir, Away: o.away()}, quiet)
			e := metrics.NewEngine(s, func() []metrics.Facts { return nil }, quiet)
			at := time.Now().Add(-10 * time.Minute).Truncate(time.Minute)
			s.Append("e1", samples(at, 10, 20, 30, 40), 87)
			s.Append("e2", samples(at, 50, 60, 70, 80), 40)
			s.Append("e1", samples(at.Add(-20*time.Hour), 1, 2, 3, 4), -1) // what was recorded without a connection
			to := at.Add(59 * time.Second)
			got := points(t, s, "e1", cpu, at.Add(-time.Second), to, 1000, 4)
			for i, p := range got {
				if want := float64(10 * (i + 1)); p.Value != want || p.At.Sub(at).Abs() > time.Duration(i)*15*time.Second+2*time.Second {
					t.Errorf("point %d is %+v, want %v", i, p, want)
				}
			}
			points(t, s, "e1", cpu, at.Add(-20*time.Hour-time.Second), at.Add(-20*time.Hour+time.Minute), 1000, 4)
			s.Append("e2", samples(time.Now().Add(-5*time.Second), 90), 40)
			others := []metrics.Series{{Labels: []metrics.Label{{"__name__", "fan_rpm"}, {metrics.Origin, "rack 7"}}, Samples: []metrics.Sample{
				{At: at.UnixMilli(), Value: 900}, {At: time.Now().Add(time.Hour).UnixMilli(), Value: 1}}}}
			if taken, err := s.Write(t.Context(), others); err != nil || taken.Refused != 1 {
				t.Errorf("of others: %+v, %v", taken, err)
			}
			until(t, "a series of others", func() bool {
				v, err := e.Vector(t.Context(), "fan_rpm", at.Add(time.Second))
				return err == nil && len(v) == 1 && v[0].Value == 900 && v[0].Metric["origin"] == "rack 7"
			})
			joined := fmt.Sprintf("avg by (site, name) (%s * on (endpoint) group_left (site, name) %s)", cpu, metrics.InfoSeries)
			until(t, "a query that joins names and sites", func() bool {
				v, err := e.Vector(t.Context(), joined, time.Now())
				return err == nil && slices.ContainsFunc(v, func(s *model.Sample) bool {
					return s.Value == 90 && s.Metric["site"] == "Bern" && s.Metric["name"] == "LT-2"
				})
			})
			m, err := e.Matrix(t.Context(), `max(`+cpu+`)`, at, at.Add(time.Minute), time.Minute)
			if err != nil || len(m) != 1 || m[0].Values[0].Value != 50 {
				t.Errorf("a range: %v, %v", m, err)
			}
			sets, err := e.Series(t.Context(), []string{cpu}, at, time.Now())
			if err != nil || len(sets) != 2 {
				t.Errorf("series: %v, %v", sets, err)
			}
			names, err := e.LabelNames(t.Context(), nil, at, time.Now())
			if err != nil || !slices.Contains(names, "endpoint") || !slices.Contains(names, "site") {
				t.Errorf("labels: %v, %v", names, err)
			}
			values, err := e.LabelValues(t.Context(), "site", []string{metrics.InfoSeries}, at, time.Now())
			if err != nil || !slices.Equal(values, []string{"Bern", "Zürich"}) {
				t.Errorf("sites: %v, %v", values, err)
			}
			if _, err := e.Vector(t.Context(), "sum(", time.Now()); !fault.Is(err, fault.Invalid) {
				t.Errorf("a query with a mistake: %v", err)
			}

			o.stop()
			gone := time.Now().Add(-2 * time.Minute).Truncate(time.Minute)
			s.Append("e3", samples(gone, 1, 2), 50)
			until(t, "it says that the store is away", func() bool { u := s.Usage(); return u.Away.Problem != "" && u.Away.Waiting > 0 })
			if _, err := e.Vector(t.Context(), cpu, time.Now()); !fault.Is(err, fault.Unavailable) {
				t.Errorf("asked meanwhile: %v", err)
			}
			stop()
			s, stop = startWith(t, metrics.Options{Dir: dir, Away: o.away()}, quiet)
			s.Append("e3", samples(gone.Add(30*time.Second), 3, 4), 50)
			o.start()
			points(t, s, "e3", cpu, gone.Add(-time.Second), gone.Add(59*time.Second), 1000, 4)
			until(t, "nothing waits any more", func() bool { u := s.Usage(); return u.Away.Problem == "" && u.Away.Waiting == 0 })
			stop()
		})
	}
}

// TestAnotherStoreThatIsDifficult: what it refuses for good is left out alone and counted,
// an error is tried again, the buffer is bounded and the oldest go, and a redirect does not
// get the token.
func TestAnotherStoreThatIsDifficult(t *testing.T) {
	var mode atomic.Value
	mode.Store("moved")
	var mu sync.Mutex
	taken, marked, tokens := 0, false, map[string]int{}
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the redirect was followed: %v", r.Header) }))
	defer thief.Close()
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		tokens[r.Header.Get("Authorization")]++
		switch mode.Load() {
		case "moved":
			http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
		case "error":
			http.Error(w, "later", http.StatusInternalServerError)
		default:
			n, bad := metrics.SeriesIn(body, "bad")
			if bad {
				http.Error(w, "out of order", http.StatusBadRequest)
				return
			}
			taken += n
			_, is := metrics.SeriesIn(body, "marker")
			marked = marked || is
		}
	}))
	defer store.Close()
	s, stop := startWith(t, metrics.Options{Dir: t.TempDir(), Away: &metrics.Away{Write: store.URL, Query: store.URL, Token: "secret", Buffer: 5_000}}, slog.New(slog.DiscardHandler))
	at := time.Now().Add(-time.Minute)
	s.Append("first", samples(at, 1), -1)
	until(t, "a redirect is a problem", func() bool { return s.Usage().Away.Problem != "" })
	mode.Store("error")
	until(t, "the oldest go", func() bool {
		s.Append("more", samples(at, 1), -1)
		for j := range 300 {
			s.Append(fmt.Sprint("more", j), samples(at, float64(j)), -1)
		}
		return s.Usage().Away.Dropped > 0
	})
	if u := s.Usage().Away; u.Waiting > 50_000 {
		t.Errorf("%d bytes wait, and 5000 may with one request", u.Waiting)
	}
	mode.Store("well")
	until(t, "it goes on", func() bool { u := s.Usage().Away; return u.Problem == "" && u.Waiting == 0 })
	s.Append("marker", samples(at, 1), -1) // behind what was gathered before
	until(t, "what was gathered before has arrived", func() bool { mu.Lock(); defer mu.Unlock(); return marked })
	mu.Lock()
	before := taken
	mu.Unlock()
	for i := range 100 {
		name := fmt.Sprint("good", i)
		if i == 57 {
			name = "bad"
		}
		s.Append(name, samples(at, 1), -1)
	}
	until(t, "the good ones arrive", func() bool { mu.Lock(); defer mu.Unlock(); return taken-before >= 99 })
	until(t, "the bad one is counted", func() bool { return s.Usage().Refused == 1 })
	stop()
	mu.Lock()
	defer mu.Unlock()
	if taken-before != 99 || len(tokens) != 1 || tokens["Bearer secret"] == 0 {
		t.Errorf("%d series were taken, with %v", taken-before, tokens)
	}
}
