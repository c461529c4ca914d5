package fleet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/internal/wire"
)

// soon comes back within a moment, so that tests need not wait for the spread.
func soon(uplink.Ending) time.Duration { return 20 * time.Millisecond }

// start runs a fleet until the test ends, or stop is called.
func start(t *testing.T, o Options) (f *Fleet, stop func()) {
	t.Helper()
	if o.Again == nil {
		o.Again = soon
	}
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	select {
	case <-f.Ready():
	case <-time.After(20 * time.Second):
		t.Fatal("the fleet is not ready")
	}
	return f, stop
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAFleetEnrolsConnectsAndSaysGoodbye(t *testing.T) {
	s := uplinktest.New(t)
	f, stop := start(t, Options{Enrolments: []string{s.Enrolment(12, time.Hour)}, Endpoints: 12})
	s.Wait("all sessions", func() bool { return len(s.Sessions()) == 12 })
	s.Wait("what each says first", func() bool {
		return len(s.Messages(wire.TypeRatchet)) == 12 && len(s.Messages(wire.TypeFindings)) == 12 && len(s.Frames()) >= 12
	})
	names := map[string]bool{}
	for _, e := range f.Endpoints() {
		names[e.Hostname] = true
	}
	if len(names) != 12 {
		t.Errorf("the names are %v", names)
	}
	if r := f.Report(); r.Enrolled != 12 || r.Connected != 12 || r.BytesUp == 0 || r.BytesDown == 0 {
		t.Errorf("%+v", r)
	}
	stop()
	s.Wait("goodbyes", func() bool {
		return !slices.ContainsFunc(s.Sessions(), func(c *uplinktest.Session) bool { return c.Goodbye() != wire.ByeStop })
	})
}

// The same state is the same fleet: identities, machines and ratchets. A line that
// a crash cut off does no harm, and neither does a server that has moved.
func TestStateIsKept(t *testing.T) {
	s, dir := uplinktest.New(t), t.TempDir()
	string1 := s.Enrolment(6, time.Hour)
	f, stop := start(t, Options{Enrolments: []string{string1}, Endpoints: 6, State: dir})
	s.Wait("ratchets", func() bool { return len(s.Messages(wire.TypeRatchet)) == 6 })
	first := f.Endpoints()

	second, err := New(Options{Endpoints: 6, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second fleet on the same folder: %v", err)
	}
	stop()
	name := filepath.Join(dir, rosterName)
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	file.WriteString(`{"n":3,"ratch`)
	file.Close()

	f, _ = start(t, Options{Endpoints: 6, State: dir})
	s.Wait("sessions", func() bool { return len(s.Sessions()) == 12 })
	s.Wait("ratchets", func() bool { return len(s.Messages(wire.TypeRatchet)) == 12 }) // none was held
	if r := f.Report(); r.Enrolled != 0 {
		t.Errorf("%d were enrolled again", r.Enrolled)
	}
	for i, e := range f.Endpoints() {
		if e.ID != first[i].ID || e.Hostname != first[i].Hostname || e.People[0] != first[i].People[0] {
			t.Errorf("%+v became %+v", first[i], e)
		}
	}
}

func TestStateOfAnotherServer(t *testing.T) {
	a, b, dir := uplinktest.New(t), uplinktest.New(t), t.TempDir()
	_, stop := start(t, Options{Enrolments: []string{a.Enrolment(1, time.Hour)}, Endpoints: 1, State: dir})
	stop()
	f, err := New(Options{Enrolments: []string{b.Enrolment(1, time.Hour)}, Endpoints: 1, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(t.Context()); !fault.Is(err, fault.WrongServer) {
		t.Error(err)
	}
}

func TestWhatIsWrongWithTheOptions(t *testing.T) {
	s := uplinktest.New(t)
	for name, x := range map[string]struct {
		o    Options
		code fault.Code
	}{
		"no endpoints":   {Options{}, fault.Invalid},
		"no string":      {Options{Endpoints: 1}, fault.Invalid},
		"not a string":   {Options{Endpoints: 1, Enrolments: []string{"x"}}, fault.Invalid},
		"too few uses":   {Options{Endpoints: 3, Enrolments: []string{s.Enrolment(2, time.Hour)}}, fault.Used},
		"too many files": {Options{Endpoints: 1 << 40}, fault.Invalid},
		"interval":       {Options{Endpoints: 1, Interval: time.Millisecond}, fault.Invalid},
	} {
		f, err := New(x.o)
		if err == nil {
			err = f.Run(t.Context())
		}
		if !fault.Is(err, x.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A ring comes through whatever happens to its session, always with the same id.
func TestARingIsSentUntilItIsAcknowledged(t *testing.T) {
	s := uplinktest.New(t)
	s.Behave(uplinktest.Behaviour{React: func(m uplinktest.Received) uplinktest.Reaction {
		if m.Type != wire.TypeTicketOpen {
			return uplinktest.Reaction{}
		}
		switch m.Times {
		case 1:
			return uplinktest.Reaction{Do: uplinktest.Lose} // taken in, the ack lost
		case 2:
			return uplinktest.Reaction{Do: uplinktest.AckTwice}
		}
		return uplinktest.Reaction{}
	}})
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1})
	ack, err := f.Ring(within(t), 0, Ring{Title: "The printer is dead"})
	if err != nil || ack.Number == 0 {
		t.Fatal(ack, err)
	}
	got := s.Messages(wire.TypeTicketOpen)
	if len(got) != 1 || got[0].Times != 2 || got[0].Conflicts != 0 {
		t.Errorf("the server has %+v", got)
	}
	var open wire.TicketOpen
	if err := got[0].Into(&open); err != nil || open.Snapshot == nil || open.Account.UID == "" {
		t.Errorf("%+v, %v", open, err)
	}
	if r := f.Report(); r.Rings.Acknowledged != 1 || r.Rings.Again != 1 || r.Rings.AckAgain.Count != 1 || r.Rings.Ack.Count != 0 || r.Sessions.Lost != 1 {
		t.Errorf("%+v", r)
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1})
	s.Wait("a session", func() bool { return len(s.Messages(wire.TypeFindings)) > 0 })
	s.Behave(uplinktest.Behaviour{React: func(m uplinktest.Received) uplinktest.Reaction {
		if m.Type == wire.TypeTicketOpen {
			return uplinktest.Reaction{Do: uplinktest.Refuse, Code: fault.Invalid, Sentence: "No."}
		}
		return uplinktest.Reaction{}
	}})
	if _, err := f.Ring(within(t), 0, Ring{}); !fault.Is(err, fault.Invalid) || fault.Sentence(err) != "No." {
		t.Error(err)
	}
	s.Behave(uplinktest.Behaviour{Refuse: &wire.Refused{Code: fault.Unavailable, Sentence: "Later."}})
	s.Drop()
	waitFor(t, "an attempt", func() bool { return f.Report().Sessions.Refused[fault.Unavailable] > 0 })
	if r := f.Report(); r.Sessions.Untimed == 0 || r.Rings.Refused != 1 || r.Rings.Waiting != 0 {
		t.Errorf("a refusal without a time is not counted: %+v", r)
	}
	s.Behave(uplinktest.Behaviour{Status: 503, RetryAfter: time.Second})
	before := f.Report().Sessions
	waitFor(t, "an attempt", func() bool {
		return f.Report().Sessions.Refused[fault.Unavailable] > before.Refused[fault.Unavailable]+1
	})
	after := f.Report().Sessions
	if after.Untimed > before.Untimed+1 { // one may have been under way
		t.Errorf("a refusal with a time is counted as one without: %+v, then %+v", before, after)
	}
}

func TestHealthComesByTheClock(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(3, time.Hour)}, Endpoints: 3, Interval: time.Second, Frame: 2 * time.Second})
	waitFor(t, "samples", func() bool {
		for _, e := range f.Endpoints() {
			if len(s.Samples(e.ID)) < 4 {
				return false
			}
		}
		return true
	})
	for _, e := range f.Endpoints() {
		list := s.Samples(e.ID)
		for i := 1; i < len(list); i++ {
			if !list[i].At.After(list[i-1].At) {
				t.Errorf("%s: %v after %v", e.Hostname, list[i].At, list[i-1].At)
			}
			if _, ok := list[i].Get(diagnostics.MemoryUsed); !ok {
				t.Error("a sample without memory")
			}
		}
	}
	waitFor(t, "acknowledgements", func() bool { r := f.Report().Health; return r.Acknowledged == r.Frames && r.Ack.Count > 0 })
}

// What was measured while the server was away comes late, and nothing of it twice
// unless its acknowledgement was lost.
func TestHealthSurvivesTheServer(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1, Interval: time.Second, Frame: time.Second})
	s.Wait("a frame", func() bool { return len(s.Frames()) > 1 })
	s.Stop()
	e := f.endpoints[0]
	waitFor(t, "samples that wait", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.health.waiting) >= 2
	})
	s.Start()
	s.Wait("late samples", func() bool {
		return slices.ContainsFunc(s.Frames(), func(f uplinktest.Frame) bool { return f.Flags&wire.HealthLate != 0 })
	})
	for _, f := range s.Frames() {
		if late := f.At.Sub(f.Samples[len(f.Samples)-1].At) > 3*time.Second; late && f.Flags&wire.HealthLate == 0 {
			t.Errorf("samples of %v came at %v and are not called late", f.Samples[0].At, f.At)
		}
	}
}

func TestLiveMode(t *testing.T) {
	s := uplinktest.New(t)
	start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1})
	s.Wait("a session", func() bool { return len(s.Messages(wire.TypeFindings)) > 0 })
	s.Open().Live(time.Second, time.Minute)
	s.Wait("live frames", func() bool {
		n := 0
		for _, f := range s.Frames() {
			if f.Flags&wire.HealthLive != 0 {
				n++
			}
		}
		return n >= 2
	})
}

func TestAWindowIsKeptFull(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(2, time.Hour)}, Endpoints: 2, Interval: time.Second, Frame: 4 * time.Second, Window: 3})
	s.Wait("many frames", func() bool { return len(s.Frames()) > 200 })
	for _, e := range f.Endpoints() {
		last := time.Time{}
		for _, x := range s.Samples(e.ID) {
			if !x.At.After(last) || x.At.After(time.Now()) {
				t.Fatalf("%v after %v", x.At, last)
			}
			last = x.At
		}
	}
	if x := s.Frames()[10]; len(x.Samples) != 4 {
		t.Errorf("a frame holds %d samples", len(x.Samples))
	}
}

func TestDiagnosticsAreAnswered(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1})
	s.Wait("a session", func() bool { return len(s.Messages(wire.TypeFindings)) > 0 })
	id := s.Open().Ask(wire.Ask{Kind: wire.AskSnapshot, ExpiresAt: time.Now().Add(time.Minute)})
	s.Wait("the answer", func() bool { a := s.Answers(id); return len(a) > 0 && a[len(a)-1].Done })
	answers := s.Answers(id)
	var part wire.SnapshotPart
	for i, a := range answers {
		if a.Part != i || a.Code != "" {
			t.Errorf("part %d is %+v", i, a.Answer)
		}
		if a.Data != nil {
			if err := json.Unmarshal(a.Data, &part); err != nil {
				t.Error(err)
			}
		}
	}
	if part.Snapshot.Processes.Data == nil || part.Snapshot.System.Data.Hostname != f.Endpoints()[0].Hostname {
		t.Errorf("%+v", part)
	}
	id = s.Open().Ask(wire.Ask{Kind: "knock", ExpiresAt: time.Now().Add(time.Minute)})
	s.Wait("the refusal", func() bool { return len(s.Answers(id)) == 1 })
	if a := s.Answers(id)[0]; !a.Done || a.Code != fault.Unsupported {
		t.Errorf("%+v", a)
	}
	// A question that is withdrawn is not answered to its end.
	id = s.Open().Ask(wire.Ask{Kind: wire.AskProcesses, Params: json.RawMessage(`{"seconds":60}`), ExpiresAt: time.Now().Add(time.Minute)})
	s.Wait("a part", func() bool { return len(s.Answers(id)) > 0 })
	if err := s.Open().Send(wire.TypeAskCancel, "", id, nil); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end of the answer", func() bool {
		e := f.endpoints[0]
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.asks) == 0
	})
}

// A fleet that rings is answered, and its people react.
func TestRequestersReact(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1})
	ack, err := f.Ring(within(t), 0, Ring{Title: "No sound"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Reply(within(t), 0, 0, ack.Ticket, "It was the wrong socket."); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Act(within(t), 0, 0, wire.TicketAct{Ticket: ack.Ticket, Act: wire.ActCancel}); err != nil {
		t.Fatal(err)
	}
	s.Answer(ack.Ticket, "Alex Kim", "Which socket is it?")
	s.Wait("that it was read", func() bool { return len(s.Messages(wire.TypeTicketRead)) > 0 })
	if r := f.Report().Rings; r.Replies < 3 || r.RepliesAcked < 2 {
		t.Errorf("%+v", r)
	}
}

// What a server has forgotten of what it acknowledged is a loss.
func TestLossesAreSeen(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(1, time.Hour)}, Endpoints: 1})
	if _, err := f.Ring(within(t), 0, Ring{ID: "01J000000000000000000LOST0"}); err != nil {
		t.Fatal(err)
	}
	s.Forget("01J000000000000000000LOST0")
	s.Drop()
	s.Wait("another session", func() bool { return len(s.Sessions()) > 1 })
	waitFor(t, "the loss", func() bool { return f.Report().Rings.Lost == 1 })
}

func TestRingsComeAtTheRate(t *testing.T) {
	s := uplinktest.New(t)
	f, err := New(Options{Enrolments: []string{s.Enrolment(5, time.Hour)}, Endpoints: 5, Rings: 60 * 40, Duration: 2 * time.Second, Settle: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := f.Report()
	if r.Rings.Sent < 40 || r.Rings.Sent > 140 || r.Rings.Acknowledged != r.Rings.Sent || r.Connected != 5 {
		t.Errorf("%+v", r)
	}
	if n := len(s.Messages(wire.TypeTicketOpen)); int64(n) != r.Rings.Sent {
		t.Errorf("%d came of %d", n, r.Rings.Sent)
	}
}

func TestSendersWaitForTheirAcknowledgements(t *testing.T) {
	s := uplinktest.New(t)
	s.Behave(uplinktest.Behaviour{React: func(m uplinktest.Received) uplinktest.Reaction {
		if m.Type == wire.TypeTicketOpen {
			return uplinktest.Reaction{After: 30 * time.Millisecond}
		}
		return uplinktest.Reaction{}
	}})
	f, err := New(Options{Enrolments: []string{s.Enrolment(30, time.Hour)}, Endpoints: 30, Senders: 3, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started, done := time.Now(), make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	<-f.Ready()
	for deadline := started.Add(time.Minute); f.Report().Rings.Acknowledged < 20 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	r := f.Report().Rings
	most := 3 * (int64(time.Since(started)/(30*time.Millisecond)) + 1)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// Three senders, 30 ms each.
	if r.Acknowledged < 20 || r.Acknowledged > most || r.Sent-r.Acknowledged > 3 {
		t.Errorf("%+v, and at most %d in that time", r, most)
	}
}

// Ill machines say so when they connect, and what they say is what they have.
func TestFindingsAreReported(t *testing.T) {
	s := uplinktest.New(t)
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(60, time.Hour)}, Endpoints: 60})
	s.Wait("findings", func() bool { return len(s.Messages(wire.TypeFindings)) == 60 })
	ill := map[string]machine.Ill{}
	for _, e := range f.Endpoints() {
		ill[e.ID] = e.Ill
	}
	some := 0
	for _, m := range s.Messages(wire.TypeFindings) {
		var list wire.Findings
		if err := m.Into(&list); err != nil {
			t.Fatal(err)
		}
		code := ill[m.Endpoint].Code()
		if code != "" {
			some++
		}
		if has := slices.ContainsFunc(list.Findings, func(f diagnostics.Finding) bool { return f.Code == code }); has != (code != "") {
			t.Errorf("illness %q, findings %+v", code, list.Findings)
		}
	}
	if some == 0 {
		t.Error("nobody is ill")
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("there was never " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
