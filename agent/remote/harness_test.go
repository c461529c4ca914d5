package remote

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
)

func prober(t *testing.T) *probe.Prober {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return probe.New(probe.Options{Child: []string{self, "collect"}})
}

// looks keeps what the employee is told.
type looks struct {
	mu  sync.Mutex
	all []local.Look
}

func (l *looks) add(one local.Look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, one)
}

func ask(t *testing.T, kind wire.AskKind, params any) wire.Ask {
	t.Helper()
	a := wire.Ask{Kind: kind, Who: wire.Asker{Name: "Tess Technician", Role: "technician"}, Ticket: 1042, ExpiresAt: time.Now().Add(time.Minute)}
	if s, ok := params.(string); ok {
		a.Params = json.RawMessage(s)
	} else if params != nil {
		b, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		a.Params = b
	}
	return a
}

// answer is a whole answer, checked for its form.
type answer struct {
	parts []json.RawMessage
	last  wire.Answer
}

func do(t *testing.T, r *Runner, a wire.Ask) answer { return doWith(t.Context(), t, r, a) }

func doWith(ctx context.Context, t *testing.T, r *Runner, a wire.Ask) answer {
	t.Helper()
	var got answer
	done := 0
	r.Do(ctx, "01JD0000000000000000000000", a, func(one wire.Answer) {
		if one.Part != len(got.parts) || done > 0 {
			t.Errorf("part %d comes after %d parts and %d last ones", one.Part, len(got.parts), done)
		}
		if one.Done {
			done++
			got.last = one
			if len(one.Data) > 0 {
				t.Errorf("the last part has data: %s", one.Data)
			}
			return
		}
		got.parts = append(got.parts, one.Data)
	})
	if done != 1 {
		t.Errorf("%d last parts", done)
	}
	return got
}

// only is the single part of an answer that went well.
func only[T any](t *testing.T, a answer) T {
	t.Helper()
	if a.last.Code != "" || len(a.parts) != 1 {
		t.Fatalf("%d parts, %s %q", len(a.parts), a.last.Code, a.last.Sentence)
	}
	return decode[T](t, a.parts[0])
}

func decode[T any](t *testing.T, b json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return v
}

// machine is a machine whose answers the test decides; what it leaves nil is not asked.
type machine struct {
	stock     inventory.Inventory
	collect   func(context.Context, probe.Request, func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot
	processes func(context.Context, time.Duration, func(diagnostics.Processes) bool) error
	all       func(func(diagnostics.ProcessChanges) bool) error
	services  func(context.Context) (diagnostics.Services, error)
	log       func(context.Context, probe.LogQuery) (diagnostics.Log, error)
	follow    func(context.Context, probe.LogReader) error
	systems   []diagnostics.FileSystem
	named     func(string) ([]diagnostics.Process, error)
	proxies   func(context.Context) ([]probe.ProxySettings, error)
}

// RunPAC runs scripts as the agent does, without a child.
func (m *machine) RunPAC(ctx context.Context, script string, page *url.URL) (string, error) {
	return (&probe.Prober{}).RunPAC(ctx, script, page)
}

func (m *machine) ProxySettings(ctx context.Context) ([]probe.ProxySettings, error) {
	return m.proxies(ctx)
}

func (m *machine) ProcessesNamed(_ context.Context, name string) ([]diagnostics.Process, error) {
	return m.named(name)
}

func (m *machine) Collect(ctx context.Context, r probe.Request, each func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
	return m.collect(ctx, r, each)
}

func (m *machine) WatchProcesses(ctx context.Context, d time.Duration, each func(diagnostics.Processes) bool) error {
	return m.processes(ctx, d, each)
}

func (m *machine) WatchAllProcesses(_ context.Context, _ time.Duration, each func(diagnostics.ProcessChanges) bool) error {
	return m.all(each)
}

func (m *machine) Services(ctx context.Context) (diagnostics.Services, error) { return m.services(ctx) }

func (m *machine) Log(ctx context.Context, q probe.LogQuery) (diagnostics.Log, error) {
	return m.log(ctx, q)
}

func (m *machine) FollowLog(ctx context.Context, _ probe.LogQuery, to probe.LogReader) error {
	return m.follow(ctx, to)
}

func (m *machine) FileSystems(context.Context) ([]diagnostics.FileSystem, error) {
	return m.systems, nil
}

func (m *machine) TakeStock(_ context.Context, names []inventory.Name, each func(inventory.Inventory)) inventory.Inventory {
	for _, n := range names {
		each(m.stock.Only(n))
	}
	return m.stock
}

func (m *machine) Tree(context.Context, string) (probe.Tree, error) { panic("must not be asked") }
