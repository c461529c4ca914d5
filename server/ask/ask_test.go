package ask_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/store"
)

// line is the way to the endpoints: those that are up take questions.
type line struct {
	mu        sync.Mutex
	up        bool
	asked     []string
	cancelled []string
	frames    [][]byte
	params    json.RawMessage // of the last question
}

func (l *line) Ask(_, id string, q wire.Ask) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.up {
		return fault.New(fault.Unavailable, "The machine is offline.")
	}
	l.asked, l.params = append(l.asked, id), q.Params
	return nil
}

func (l *line) Frame(_ string, frame []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames = append(l.frames, bytes.Clone(frame))
	return nil
}

func (l *line) Cancel(_, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancelled = append(l.cancelled, id)
}

// bench is an asker over a real database.
type bench struct {
	*ask.Asker
	t    *testing.T
	db   *store.DB
	line *line
	hub  *live.Hub
	id   string // an endpoint's
}

var anna = auth.Actor{Kind: auth.Staff, Person: "p1", Name: "Anna", Role: auth.Technician}

// run runs f within a bubble of its own time.
func run(t *testing.T, f func(*testing.T, *bench)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{DSN: file, Migrate: true}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		b := &bench{t: t, db: db, line: &line{up: true}}
		registry := enrol.New(db.Enrol(), []byte("secret"), time.Now)
		token, _, err := registry.Create(t.Context(), auth.SystemActor("test"), "Berlin", 1, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		key, _, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		i, err := registry.Enrol(t.Context(), wire.Enrol{Token: token, Key: key, Machine: wire.Machine{Hostname: "PC-17", OS: "linux"}})
		if err != nil {
			t.Fatal(err)
		}
		b.id = i.ID
		b.restart()
		f(t, b)
	})
}

// restart forgets what is in memory.
func (b *bench) restart() {
	b.hub = live.New()
	b.Asker = ask.New(b.db.Asks(), b.hub, time.Now, slog.New(slog.DiscardHandler))
	b.SetLine(b.line)
}

func (b *bench) ask(kind wire.AskKind, wait time.Duration) ask.Ask {
	b.t.Helper()
	q, err := b.Ask(b.t.Context(), anna, ask.Request{Endpoint: b.id, Kind: kind, Wait: wait})
	if err != nil {
		b.t.Fatal(err)
	}
	return q
}

func (b *bench) want(id string, s ask.State, code fault.Code) ask.Ask {
	b.t.Helper()
	q, err := b.Get(b.t.Context(), anna, id)
	if err != nil {
		b.t.Fatal(err)
	}
	if q.State != s || q.Code != code || s.Ended() == q.EndedAt.IsZero() {
		b.t.Errorf("it is %s, %q (%s), ended %v; want %s, %q", q.State, q.Code, q.Sentence, q.EndedAt, s, code)
	}
	return q
}

func part(n int, text string, done bool) wire.Answer {
	return wire.Answer{Part: n, Data: json.RawMessage(`"` + text + `"`), Done: done}
}

func TestAnswersAreKeptInTheirParts(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		log, snapshot := b.ask(wire.AskLog, 0), b.ask(wire.AskSnapshot, 0)
		for n, text := range []string{"one", "two", "three"} {
			b.Answer(t.Context(), b.id, log.ID, part(n, text, n == 2))
			b.Answer(t.Context(), b.id, snapshot.ID, part(n, text, n == 2))
			if n == 1 {
				if q := b.want(log.ID, ask.Running, ""); len(q.Answer) != 2 {
					t.Errorf("half an answer has %d parts", len(q.Answer))
				}
			}
		}
		if q := b.want(log.ID, ask.Done, ""); fmt.Sprintf("%s", q.Answer) != `["one" "two" "three"]` {
			t.Errorf("the log is %s", q.Answer)
		}
		// Of a snapshot each part replaces the one before.
		if q := b.want(snapshot.ID, ask.Done, ""); fmt.Sprintf("%s", q.Answer) != `["three"]` {
			t.Errorf("the snapshot is %s", q.Answer)
		}
		// What comes late, of another machine, or to nothing, is forgotten.
		b.Answer(t.Context(), b.id, log.ID, part(3, "four", true))
		other := b.ask(wire.AskLog, 0)
		b.Answer(t.Context(), "another", other.ID, part(0, "forged", true))
		b.Answer(t.Context(), b.id, "nothing", part(0, "x", true))
		if q := b.want(log.ID, ask.Done, ""); len(q.Answer) != 3 {
			t.Errorf("after its end the log is %s", q.Answer)
		}
		if q := b.want(other.ID, ask.Running, ""); len(q.Answer) != 0 {
			t.Errorf("another machine answered %s", q.Answer)
		}
		b.Answer(t.Context(), b.id, other.ID, wire.Answer{Done: true, Code: fault.Forbidden, Sentence: "The machine does not allow it."})
		b.want(other.ID, ask.Failed, fault.Forbidden)
	})
}

func TestSilenceEndsAfterNinetySeconds(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q := b.ask(wire.AskLog, 0)
		time.Sleep(89 * time.Second)
		b.Answer(t.Context(), b.id, q.ID, part(0, "one", false)) // begins the time anew
		time.Sleep(89 * time.Second)
		b.want(q.ID, ask.Running, "")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := b.want(q.ID, ask.Failed, fault.Unavailable); len(got.Answer) != 1 {
			t.Errorf("what had come is %s", got.Answer)
		}
		if len(b.line.cancelled) != 1 {
			t.Errorf("the machine was told %v", b.line.cancelled)
		}
	})
}

func TestAnswerThatIsTooLargeIsCutOff(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q := b.ask(wire.AskLog, 0)
		for n := range 5 {
			b.Answer(t.Context(), b.id, q.ID, part(n, strings.Repeat("x", 1<<20), false))
		}
		b.want(q.ID, ask.Failed, fault.TooLarge)
		if len(b.line.cancelled) != 1 {
			t.Errorf("the machine was told %v", b.line.cancelled)
		}
	})
}

func TestOfflineMachineIsAskedWhenItComesBack(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.line.up = false
		now := b.ask(wire.AskLog, 0)
		b.want(now.ID, ask.Failed, fault.Unavailable)
		later, too, never := b.ask(wire.AskLog, time.Hour), b.ask(wire.AskServices, 2*time.Minute), b.ask(wire.AskProcesses, time.Hour)
		b.want(later.ID, ask.Waiting, "")
		if err := b.Cancel(t.Context(), anna, never.ID); err != nil {
			t.Fatal(err)
		}
		b.restart() // what waits, waits on
		if err := b.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		b.want(too.ID, ask.Expired, fault.Expired)
		b.line.up = true
		if err := b.Connected(t.Context(), b.id); err != nil {
			t.Fatal(err)
		}
		if len(b.line.asked) != 1 || b.line.asked[0] != later.ID {
			t.Errorf("it was asked %v, want only %s", b.line.asked, later.ID)
		}
		b.want(later.ID, ask.Running, "")
		b.want(never.ID, ask.Cancelled, "")
		b.Disconnected(t.Context(), b.id)
		b.want(later.ID, ask.Failed, fault.Unavailable)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestQuestionThatIsTooOldIsNotAsked brings the machine back before anybody has
// ended what waited too long.
func TestQuestionThatIsTooOldIsNotAsked(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.line.up = false
		q := b.ask(wire.AskLog, 2*time.Minute)
		time.Sleep(2 * time.Minute)
		b.line.up = true
		if err := b.Connected(t.Context(), b.id); err != nil || len(b.line.asked) != 0 {
			t.Errorf("it was asked %v, %v", b.line.asked, err)
		}
		b.want(q.ID, ask.Waiting, "")
	})
}

func TestWhatRanWhenTheServerDiedIsUnknown(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q, done := b.ask(wire.AskLog, time.Hour), b.ask(wire.AskLog, 0)
		b.Answer(t.Context(), b.id, done.ID, part(0, "x", true))
		b.restart()
		if err := b.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.want(q.ID, ask.Unknown, fault.Unknown)
		b.want(done.ID, ask.Done, "")
		if err := b.Connected(t.Context(), b.id); err != nil || len(b.line.asked) != 2 {
			t.Errorf("it was asked again: %v, %v", b.line.asked, err)
		}
	})
}

func TestCancelTellsTheMachine(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q := b.ask(wire.AskLog, 0)
		for range 2 { // twice is as good as once
			if err := b.Cancel(t.Context(), anna, q.ID); err != nil {
				t.Fatal(err)
			}
		}
		b.want(q.ID, ask.Cancelled, "")
		if len(b.line.cancelled) != 1 || b.line.cancelled[0] != q.ID {
			t.Errorf("the machine was told %v", b.line.cancelled)
		}
		if err := b.Cancel(t.Context(), anna, "nothing"); !fault.Is(err, fault.NotFound) {
			t.Errorf("nothing cancelled: %v", err)
		}
	})
}

func TestQuestionsThatAreRefused(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		maria := auth.Actor{Kind: auth.Requester, Person: "p2", Name: "Maria", Endpoint: b.id, UID: "1000"}
		own, err := b.Ask(t.Context(), maria, ask.Request{Endpoint: b.id, Kind: wire.AskSnapshot})
		if err != nil {
			t.Fatalf("a check-up of one's own machine: %v", err)
		}
		annas := b.ask(wire.AskSnapshot, 0)
		for name, c := range map[string]struct {
			by   auth.Actor
			r    ask.Request
			want fault.Code
		}{
			"a requester about another machine": {maria, ask.Request{Endpoint: "another", Kind: wire.AskSnapshot}, fault.Forbidden},
			"a requester's other question":      {maria, ask.Request{Endpoint: b.id, Kind: wire.AskProcesses}, fault.Forbidden},
			"a requester for a ticket":          {maria, ask.Request{Endpoint: b.id, Kind: wire.AskSnapshot, Ticket: "t"}, fault.Forbidden},
			"nobody":                            {auth.Actor{}, ask.Request{Endpoint: b.id, Kind: wire.AskSnapshot}, fault.Unauthenticated},
			"an endpoint":                       {auth.Actor{Kind: auth.Endpoint, Endpoint: b.id}, ask.Request{Endpoint: b.id, Kind: wire.AskSnapshot}, fault.Forbidden},
			"no such diagnostic":                {anna, ask.Request{Endpoint: b.id, Kind: "shell"}, fault.Invalid},
			"no such endpoint":                  {anna, ask.Request{Endpoint: "another", Kind: wire.AskLog}, fault.NotFound},
			"no such ticket":                    {anna, ask.Request{Endpoint: b.id, Kind: wire.AskLog, Ticket: "t"}, fault.NotFound},
			"parameters that are no JSON":       {anna, ask.Request{Endpoint: b.id, Kind: wire.AskLog, Params: json.RawMessage("{")}, fault.Invalid},
			"endless parameters":                {anna, ask.Request{Endpoint: b.id, Kind: wire.AskLog, Params: json.RawMessage(`"` + strings.Repeat("x", 4<<10) + `"`)}, fault.Invalid},
			"a wait of a month":                 {anna, ask.Request{Endpoint: b.id, Kind: wire.AskLog, Wait: 30 * 24 * time.Hour}, fault.Invalid},
		} {
			if _, err := b.Ask(t.Context(), c.by, c.r); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if len(b.line.asked) != 2 {
			t.Errorf("the machine was asked %v", b.line.asked)
		}
		if _, err := b.Get(t.Context(), maria, own.ID); err != nil {
			t.Errorf("the requester's own: %v", err)
		}
		if _, err := b.Get(t.Context(), maria, annas.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the technician's, to the requester: %v", err)
		}
		log, err := b.db.AuditLog(t.Context(), "endpoint:"+b.id, 0, 10)
		if err != nil || len(log) != 3 { // enrolled, and asked twice
			t.Errorf("the audit log has %d lines, %v", len(log), err)
		}
		for _, id := range []string{own.ID, annas.ID} { // no timer is left behind
			b.Answer(t.Context(), b.id, id, part(0, "x", true))
		}
	})
}
