package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
)

// memory is a store that forgets with the process. The databases have a suite of
// their own.
type memory struct {
	mu      sync.Mutex
	surveys map[string]Survey
	replies map[string][]Reply
	audit   []audit.Entry
}

func (m *memory) Update(_ context.Context, f func(Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return f(m)
}
func (m *memory) AddSurvey(s Survey, replies []Reply) error {
	m.surveys[s.ID], m.replies[s.ID] = s, slices.Clone(replies)
	return nil
}
func (m *memory) SaveSurvey(s Survey) error { m.surveys[s.ID] = s; return nil }
func (m *memory) SaveReply(id string, r Reply) error {
	m.replies[id][r.Seq] = r
	return nil
}
func (m *memory) Audit(e audit.Entry) error { m.audit = append(m.audit, e); return nil }
func (m *memory) Survey(_ context.Context, id string) (Survey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.surveys[id], nil
}
func (m *memory) Surveys(context.Context, string, int) ([]Survey, error) { return nil, nil }
func (m *memory) Open(context.Context) ([]Survey, error)                 { return nil, nil }
func (m *memory) Replies(_ context.Context, id string) ([]Reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.replies[id]), nil
}

// machines are endpoints that are there or not, and what they were asked.
type machines struct {
	mu        sync.Mutex
	n         int
	away      map[string]bool
	asked     []string
	cancelled []string
}

func (m *machines) Members(Scope) []Member {
	var out []Member
	for i := range m.n {
		out = append(out, Member{Endpoint: fmt.Sprint("e", i), Name: fmt.Sprint("PC-", i), Site: "Berlin", OS: "linux"})
	}
	return out
}

func (m *machines) Ask(endpoint, _ string, _ wire.Ask) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away[endpoint] {
		return fault.New(fault.Unavailable, "The machine is offline.")
	}
	m.asked = append(m.asked, endpoint)
	return nil
}

func (m *machines) Cancel(endpoint, _ string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cancelled = append(m.cancelled, endpoint)
}

func (m *machines) times(endpoint string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(m.asked), func(e string) bool { return e != endpoint }))
}

var olga = auth.Actor{Kind: auth.Staff, Person: "olga", Name: "Olga", Role: auth.Operator}

// keeper runs a keeper within the bubble of a test.
func keeper(t *testing.T, m *machines) (*Keeper, *memory) {
	t.Helper()
	db := &memory{surveys: map[string]Survey{}, replies: map[string][]Reply{}}
	if m.away == nil {
		m.away = map[string]bool{}
	}
	k := New(db, m, live.New(), time.Now, slog.New(slog.DiscardHandler))
	k.SetLine(m)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return k, db
}

func ask(t *testing.T, k *Keeper, r Request) Survey {
	t.Helper()
	if r.Kind == "" {
		r.Kind, r.Params = wire.AskHasProcess, json.RawMessage(`{"name":"outlook.exe"}`)
	}
	s, err := k.Ask(t.Context(), olga, r)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * beat) // of the bubble's clock
	synctest.Wait()
	return s
}

func result(t *testing.T, k *Keeper, id string) Result {
	t.Helper()
	r, err := k.Get(t.Context(), olga, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func part(v any) wire.Answer {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return wire.Answer{Data: b}
}

var end = wire.Answer{Part: 1, Done: true}

// TestOneQuestion asks four machines: one has it, one has not, one refuses, one is
// silent. Each is counted once, and what comes late or from a stranger is not.
func TestOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machines{n: 4}
		k, db := keeper(t, m)
		s := ask(t, k, Request{})
		if len(m.asked) != 4 || s.Total != 4 || len(db.audit) != 1 || db.audit[0].Action != audit.FleetAsked || db.audit[0].Detail["machines"] != 4 {
			t.Fatalf("asked %v, noted %+v", m.asked, db.audit)
		}
		k.Answer("e0", s.ID, part(wire.HasPart{Has: true, Count: 1, Values: []string{"OUTLOOK.EXE\x1b[31m\nand more"}}))
		k.Answer("e0", s.ID, end)
		k.Answer("e0", s.ID, end)
		k.Answer("e1", s.ID, part(wire.HasPart{}))
		k.Answer("e1", s.ID, end)
		k.Answer("e2", s.ID, wire.Answer{Done: true, Code: fault.Forbidden, Sentence: "No.\u202e"})
		if !k.Answer("stranger", s.ID, end) || k.Answer("e0", "another", end) {
			t.Error("whose answer it is was not told")
		}
		if r := result(t, k, s.ID); r.State != Open || r.Tally != (Tally{Answered: 2, Failed: 1, Asked: 1}) || len(r.Groups) != 2 || r.Others[0].Answer != "No." {
			t.Errorf("%+v", r)
		}
		time.Sleep(answerWithin + time.Second)
		synctest.Wait()
		r := result(t, k, s.ID)
		if r.State != Done || r.Tally != (Tally{Answered: 2, Failed: 2}) || !slices.Equal(m.cancelled, []string{"e3"}) {
			t.Errorf("%+v, cancelled %v", r, m.cancelled)
		}
		if got := db.replies[s.ID][0]; got.Group != "runs it" || got.Detail != "OUTLOOK.EXE[31m and more" || got.Standing != Answered {
			t.Errorf("stored is %+v", got)
		}
		if got := db.surveys[s.ID]; got.State != Done || got.Answered != 2 || got.Failed != 2 {
			t.Errorf("stored is %+v", got)
		}
	})
}

// TestLateAndBusy has a machine come back late, one go away while it answers, and one
// that is asked too often already.
func TestLateAndBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machines{n: 3, away: map[string]bool{"e0": true}}
		k, _ := keeper(t, m)
		s := ask(t, k, Request{For: time.Hour})
		k.Answer("e2", s.ID, wire.Answer{Done: true, Code: fault.TooMany, Sentence: "This machine was asked too often in the last minute."})
		k.Answer("e1", s.ID, part(wire.HasPart{Has: true})) // half of it
		k.Disconnected("e1")
		if r := result(t, k, s.ID); r.Tally != (Tally{Waiting: 2, Busy: 1}) {
			t.Errorf("%+v", r.Tally)
		}
		m.mu.Lock()
		delete(m.away, "e0")
		m.mu.Unlock()
		k.Connected("e0")
		k.Connected("e1")
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if m.times("e0") != 1 || m.times("e1") != 2 || m.times("e2") != 1 {
			t.Errorf("asked %v", m.asked)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if m.times("e2") != 2 {
			t.Errorf("who was busy was asked %d times", m.times("e2"))
		}
		for _, e := range []string{"e0", "e1", "e2"} {
			k.Answer(e, s.ID, part(wire.HasPart{}))
			k.Answer(e, s.ID, end)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if r := result(t, k, s.ID); r.State != Done || r.Groups[0].Count != 3 || r.Groups[0].Answer != "does not run it" {
			t.Errorf("%+v", r)
		}
	})
}

// TestEndOfTime has a question end while a machine is away.
func TestEndOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machines{n: 2, away: map[string]bool{"e0": true}}
		k, db := keeper(t, m)
		s := ask(t, k, Request{For: time.Minute})
		k.Answer("e1", s.ID, part(wire.HasPart{}))
		k.Answer("e1", s.ID, end)
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if r := result(t, k, s.ID); r.State != Done || r.Tally != (Tally{Answered: 1, Silent: 1}) || db.replies[s.ID][0].Standing != Silent {
			t.Errorf("%+v", r)
		}
		k.Connected("e0")
		time.Sleep(time.Second)
		synctest.Wait()
		if m.times("e0") != 0 {
			t.Error("it was asked after the end")
		}
	})
}

// TestTooMuchAtOnce asks a hundred questions at once, and one of more machines than are
// asked at a time.
func TestTooMuchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machines{n: maxFlight + 500}
		k, _ := keeper(t, m)
		s := ask(t, k, Request{})
		if len(m.asked) != maxFlight {
			t.Errorf("%d machines were asked at once", len(m.asked))
		}
		k.Answer("e0", s.ID, part(wire.HasPart{}))
		k.Answer("e0", s.ID, end)
		synctest.Wait()
		if len(m.asked) != maxFlight+1 {
			t.Errorf("%d were asked after an answer", len(m.asked))
		}
		refused := 0
		for i := range 100 {
			who := olga
			who.Person = fmt.Sprint("p", i)
			_, err := k.Ask(t.Context(), who, Request{Kind: wire.AskHasProcess, Params: json.RawMessage(`{"name":"x"}`)})
			if err != nil {
				refused++
				if !fault.Is(err, fault.TooMany) || !strings.Contains(fault.Sentence(err), "Twenty questions to the fleet are open") {
					t.Fatal(err)
				}
			}
		}
		if refused != 100-MaxOpen+1 {
			t.Errorf("%d were refused", refused)
		}
		if err := k.End(t.Context(), olga, s.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if r := result(t, k, s.ID); r.State != Ended || r.Tally.Answered != 1 || r.Tally.Silent != m.n-1 || len(m.cancelled) != maxFlight {
			t.Errorf("%+v, %d were told", r.Tally, len(m.cancelled))
		}
	})
}

func TestWhoMayAsk(t *testing.T) {
	k := New(nil, &machines{}, live.New(), time.Now, slog.New(slog.DiscardHandler))
	technician := auth.Actor{Kind: auth.Staff, Person: "t", Role: auth.Technician}
	if _, err := k.Ask(t.Context(), technician, Request{Kind: wire.AskPing, Params: json.RawMessage(`{"host":"x"}`)}); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	if _, err := k.Get(t.Context(), technician, "x"); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	for field, r := range map[string]Request{
		"kind": {Kind: wire.AskSnapshot}, "host": {Kind: wire.AskPing, Params: json.RawMessage(`{"host":" "}`)}, "params": {Kind: wire.AskPing, Params: json.RawMessage(`{"host":7}`)},
		"port": {Kind: wire.AskTCP, Params: json.RawMessage(`{"host":"x"}`)}, "for": {Kind: wire.AskPing, Params: json.RawMessage(`{"host":"x"}`), For: time.Second},
		"scope": {Kind: wire.AskPing, Params: json.RawMessage(`{"host":"x"}`)},
	} {
		if _, err := k.Ask(t.Context(), olga, r); fault.FieldOf(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
