package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// announcer speaks to the REST interface.
type announcer struct {
	t     *testing.T
	s     *servertest.Server
	token string
}

type announced struct {
	ID        string `json:"id"`
	People    int    `json:"people"`
	Computers int    `json:"computers"`
	Online    int    `json:"online"`
	Fixed     struct {
		Asked int `json:"asked"`
		Fixed int `json:"fixed"`
	} `json:"fixed"` // of an incident
}

func (a announcer) do(method, path string, in any) (out announced) {
	a.t.Helper()
	return a.at(method, "/announcements"+path, in)
}

func (a announcer) at(method, path string, in any) (out announced) {
	a.t.Helper()
	var body []byte
	if in != nil {
		body, _ = json.Marshal(in)
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.s.HTTP+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := a.s.Client().Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		var b bytes.Buffer
		b.ReadFrom(answer.Body)
		a.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, b.String())
	}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		a.t.Fatal(err)
	}
	return out
}

// told reads on until announcements come, and returns them.
func told(t *testing.T, c *uplink.Session) []wire.Announcement {
	t.Helper()
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == wire.TypeAnnouncements {
			var a wire.Announcements
			if err := m.Into(&a); err != nil {
				t.Fatal(err)
			}
			return a.Items
		}
	}
}

// TestAnnouncementsReachExactlyThem: an announcement goes to the machines that it
// concerns and have asked, and to no other; who newly concerns it is told, and who does
// not any more is told that too; a person counts once.
func TestAnnouncementsReachExactlyThem(t *testing.T) {
	s := servertest.Start(t)
	a := announcer{t, s, s.Token(auth.Technician)}
	one, two, old := s.Machine("PC-1"), s.Machine("PC-2"), s.Machine("PC-3")
	c1, c2, c3 := one.Session(t), two.Session(t), old.Session(t)
	ask := func(c *uplink.Session) []wire.Announcement {
		t.Helper()
		if err := c.Send(wire.TypeAnnouncementsGet, ulid.Make().String(), "", nil); err != nil {
			t.Fatal(err)
		}
		list := told(t, c)
		m, err := c.Next(nil, 20*time.Second)
		var ack wire.Ack
		if err != nil || m.Type != wire.TypeAck || m.Into(&ack) != nil || !ack.OK {
			t.Fatalf("after them comes %s, %v", m.Type, err)
		}
		return list
	}
	if n := len(ask(c1)) + len(ask(c2)); n != 0 {
		t.Errorf("%d announcements at first", n)
	}
	draft := map[string]any{"title": "E-mail is slow", "since": time.Now(), "reach": "endpoints", "endpoints": []string{one.ID, old.ID}}
	first := a.do("POST", "", draft)
	if first.Computers != 2 || first.Online != 2 {
		t.Errorf("it says %+v", first)
	}
	if list := told(t, c1); len(list) != 1 || list[0].ID != first.ID || list[0].Revision != 1 || list[0].Told != 1 {
		t.Errorf("the first machine is told %+v", list)
	}
	draft["endpoints"] = []string{two.ID}
	a.do("PUT", "/"+first.ID, draft)
	if list := told(t, c1); len(list) != 0 {
		t.Errorf("what does not concern it any more is %+v", list)
	}
	// The second one hears of it now, and has heard nothing before.
	if list := told(t, c2); len(list) != 1 || list[0].Revision != 2 || list[0].Told != 1 {
		t.Errorf("the second machine is told %+v", list)
	}
	hit := func(c *uplink.Session, uid string) wire.Ack {
		return servertest.Call[wire.Ack](t, c, wire.TypeAnnouncementHit, wire.AnnouncementHit{Account: wire.Account{UID: uid, Name: "mia"}, Announcement: first.ID, At: time.Now()})
	}
	for _, uid := range []string{"1000", "1000", "1001"} {
		if ack := hit(c2, uid); !ack.OK {
			t.Errorf("%+v", ack)
		}
	}
	if ack := hit(c1, "1000"); ack.OK || ack.Code != fault.NotFound {
		t.Errorf("whom it does not concern hears %+v", ack)
	}
	if got := a.do("GET", "/"+first.ID, nil); got.People != 2 {
		t.Errorf("%d people are hit", got.People)
	}
	a.do("POST", "/"+first.ID+"/end", map[string]any{"closing": "It works again."})
	if list := told(t, c2); len(list) != 1 || list[0].Live() || list[0].Closing != "It works again." || list[0].Told != 3 {
		t.Errorf("at the end it is told %+v", list)
	}
	// Who never asked, an older agent, was told nothing: its next message is an answer.
	servertest.Call[wire.Ack](t, c3, wire.TypeRatchet, nil)
	if err := c3.Send(wire.TypeTicketsGet, "01T", "", wire.TicketsGet{Account: wire.Account{UID: "1", Name: "x"}}); err != nil {
		t.Fatal(err)
	}
	if m, err := c3.Next(nil, 20*time.Second); err != nil || m.Type != wire.TypeTickets {
		t.Errorf("who never asked is told %s, %v", m.Type, err)
	}
	// A machine that comes back hears all of it at once.
	c2.Close(1000, "")
	if list := ask(two.Session(t)); len(list) != 1 || list[0].Live() {
		t.Errorf("after it came back it is told %+v", list)
	}
}

// TestAnnouncementsAtARealAgent has an employee's programs hear of it from the agent,
// also while the server is away and after the agent starts again; what they say goes to
// the server once. When it is over they are asked whether it is fixed, also after a restart
// of the agent, and their answer goes with what the machine found.
func TestAnnouncementsAtARealAgent(t *testing.T) {
	s := servertest.Start(t)
	a := announcer{t, s, s.Token(auth.Operator)}
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	if _, err := enrol.Enrol(t.Context(), dir, s.Enrolment("Berlin", 1).String(), enrol.Options{Machine: wire.Machine{Hostname: "pc-17", OS: "linux", Agent: "test"}}); err != nil {
		t.Fatal(err)
	}
	client := local.NewClient(string(dir))
	defer client.Close()
	run := func() (stop func()) {
		ready := make(chan struct{}, 8)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		program := agent.New(agent.Options{State: dir, Version: "1", NoRecorder: true, Log: slog.New(slog.DiscardHandler), Ready: func() { ready <- struct{}{} }, Tune: func(c *uplink.Config) { c.Random = func() float64 { return 0.01 } }})
		go func() { done <- program.Run(ctx) }()
		select {
		case <-ready:
		case err := <-done:
			t.Fatalf("the agent ended: %v", err)
		}
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	hears := func(what string, ok func(local.Status) bool) (got local.Status) {
		t.Helper()
		servertest.Wait(t, what, func() bool {
			got, _ = client.Status(t.Context())
			return ok(got)
		})
		return got
	}
	stop := run()
	hears("the agent to be connected", func(s local.Status) bool { return s.Connection == local.Connected })
	outage := a.at("POST", "/incidents", map[string]any{"title": "E-mail is slow"})
	made := a.do("POST", "", map[string]any{"title": "E-mail is slow", "advice": "Call.", "since": time.Now(), "reach": "all", "incident": map[string]any{"id": "1", "text": "E-mail"}})
	got := hears("the announcement", func(s local.Status) bool { return len(s.Announcements) == 1 })
	if one := got.Announcements[0]; one.Title != "E-mail is slow" || one.Seen != 0 || one.Hit {
		t.Errorf("it hears %+v", one)
	}
	if err := client.ToldOf(t.Context(), made.ID, 9); err != nil { // no tray can be ahead of what was told
		t.Fatal(err)
	}
	if err := client.ToldOf(t.Context(), "none", 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("of no announcement: %v", err)
	}
	for range 2 {
		if r, err := client.HitToo(t.Context(), made.ID); err != nil || r.Delivery == local.Refused {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	servertest.Wait(t, "one person to be counted", func() bool { return a.do("GET", "/"+made.ID, nil).People == 1 })
	stop()
	stop = run()
	hears("it again after a restart", func(s local.Status) bool {
		return len(s.Announcements) == 1 && s.Announcements[0].Seen == 1 && s.Announcements[0].Hit
	})
	hears("the agent to be connected again", func(s local.Status) bool { return s.Connection == local.Connected })
	a.at("POST", "/incidents/"+outage.ID+"/act", map[string]any{"act": "resolve", "text": "It works again.", "ask_minutes": 60})
	hears("its end", func(s local.Status) bool { return len(s.Announcements) == 1 && !s.Announcements[0].Live() })
	asked := func(s local.Status) bool { return len(s.Questions) == 1 && !s.Questions[0].Answered }
	got = hears("the question", asked)
	if q := got.Questions[0]; q.ID != outage.ID || q.Title != "E-mail is slow" || q.Closing != "It works again." || q.Seen {
		t.Errorf("it asks %+v", q)
	}
	if err := client.AskedOf(t.Context(), outage.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Fixed(t.Context(), "none", local.Fixed{Works: true}); !fault.Is(err, fault.NotFound) {
		t.Errorf("what nobody asked: %v", err)
	}
	stop()
	stop = run()
	hears("the question after a restart, once", func(s local.Status) bool { return asked(s) && s.Questions[0].Seen })
	if r, err := client.Fixed(t.Context(), outage.ID, local.Fixed{Works: true}); err != nil || r.Delivery == local.Refused {
		t.Fatalf("%+v, %v", r, err)
	}
	servertest.Wait(t, "the answer to be counted", func() bool { f := a.at("GET", "/incidents/"+outage.ID, nil).Fixed; return f.Asked == 1 && f.Fixed == 1 })
	hears("that nothing is asked any more", func(s local.Status) bool { return len(s.Questions) == 0 })
	stop()
	// It stands on the disk of the machine, for root alone.
	i, err := os.Stat(dir.Announcements())
	if err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", i, err)
	}
	if b, err := os.ReadFile(dir.Announcements()); err != nil || !bytes.Contains(b, []byte(`"`+strconv.Itoa(os.Getuid())+`"`)) {
		t.Errorf("the file holds %s, %v", b, err)
	}
}
