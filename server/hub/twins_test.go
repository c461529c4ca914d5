package hub_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// api asks the REST interface as an administrator.
func api(t *testing.T, s *servertest.Server, method, path string, body io.Reader, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.HTTP+"/api/v1"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token(auth.Admin))
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

// heldAndSeen shows that an administrator sees the machine as held, with the
// reason, and in the audit log.
func heldAndSeen(t *testing.T, s *servertest.Server, id string) {
	t.Helper()
	var e struct{ State, Reason, Presence string }
	servertest.Wait(t, "the machine to be held and gone", func() bool {
		return api(t, s, "GET", "/endpoints/"+id, nil, &e) == 200 && e.State == "held" && e.Presence == "silent"
	})
	if e.Reason == "" {
		t.Error("nobody is told why")
	}
	var list struct{ Items []struct{ ID string } }
	if api(t, s, "GET", "/endpoints?state=held", nil, &list); len(list.Items) != 1 || list.Items[0].ID != id {
		t.Errorf("the held machines are %+v", list.Items)
	}
	var log struct {
		Items []struct{ Action, Hash string }
	}
	if api(t, s, "GET", "/audit?object=endpoint:"+id, nil, &log); len(log.Items) == 0 || log.Items[0].Action != "endpoint.held" {
		t.Errorf("the audit log says %+v", log.Items)
	}
}

func release(t *testing.T, s *servertest.Server, id string) {
	t.Helper()
	if code := api(t, s, "POST", "/endpoints/"+id+"/actions", jsonBody(t, map[string]string{"action": "release"}), nil); code != 200 {
		t.Fatalf("the release was answered %d", code)
	}
}

func jsonBody(t *testing.T, v any) io.Reader {
	t.Helper()
	r, w := io.Pipe()
	go func() { w.CloseWithError(json.NewEncoder(w).Encode(v)) }()
	return r
}

// listen reads a session, as an agent does all the time, until it ends.
func listen(c *uplink.Session) <-chan error {
	done := make(chan error, 1)
	go func() {
		for {
			if _, err := c.Next(nil, time.Minute); err != nil {
				c.Close(1000, "")
				done <- err
				return
			}
		}
	}()
	return done
}

func refusedAsHeld(t *testing.T, err error) {
	t.Helper()
	if !fault.Is(err, fault.Held) {
		t.Errorf("the copy was told: %v", err)
	}
}

// TestTwoMachinesAtOnce connects a copy of a disk while the original is connected.
func TestTwoMachinesAtOnce(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	c := m.Session(t)
	done := listen(c)
	_, err := m.Copy().Connect(t.Context())
	refusedAsHeld(t, err)
	if got := socket.CloseCode(<-done); got != wire.CloseHeld {
		t.Errorf("the original was closed with %d", got)
	}
	heldAndSeen(t, s, m.ID)
	for _, x := range []*servertest.Machine{m, m.Copy()} {
		_, err := x.Connect(t.Context())
		refusedAsHeld(t, err)
	}
	s.Stop() // the hold outlives the server
	s.Restart()
	_, err = m.Connect(t.Context())
	refusedAsHeld(t, err)

	release(t, s, m.ID)
	back := m.Session(t)
	unharmed(t, func(typ wire.Type, body any) wire.Ack { return servertest.Call[wire.Ack](t, back, typ, body) }, 5*time.Second)
}

// TestTwoMachinesAtTheSameMoment has the copies race each other: neither was there
// before the other.
func TestTwoMachinesAtTheSameMoment(t *testing.T) {
	s := servertest.Start(t)
	for range 5 {
		m := s.Machine("PC-17")
		const copies = 6
		var wg sync.WaitGroup
		errs := make(chan error, 2*copies)
		for range copies {
			twin := m.Copy()
			wg.Go(func() {
				c, err := twin.Connect(context.WithoutCancel(t.Context()))
				if err == nil {
					err = <-listen(c)
				}
				errs <- err
			})
		}
		wg.Wait() // every session has ended, or else this does not
		for range copies {
			if err := <-errs; !fault.Is(err, fault.Held) && socket.CloseCode(err) != wire.CloseHeld {
				t.Errorf("one of the copies ended with %v", err)
			}
		}
		i, err := s.Beside.Registry.Identity(t.Context(), m.ID)
		if err != nil || i.State != "held" {
			t.Errorf("the identity is %s, %v", i.State, err)
		}
	}
}

// TestCopyThatIsUsedLater connects a copy after the original has gone on: the
// ratchet knows.
func TestCopyThatIsUsedLater(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	m.Session(t).Close(1000, "")
	stolen := m.Copy()
	m.Session(t).Close(1000, "")
	servertest.Wait(t, "the session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })

	_, err := stolen.Connect(t.Context())
	refusedAsHeld(t, err)
	heldAndSeen(t, s, m.ID)
	_, err = m.Connect(t.Context())
	refusedAsHeld(t, err)

	// The administrator releases it, the true machine comes back, and the copy
	// holds it again.
	release(t, s, m.ID)
	m.Session(t).Close(1000, "")
	servertest.Wait(t, "the session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })
	_, err = stolen.Connect(t.Context())
	refusedAsHeld(t, err)
}

// TestCopyThatWasFirst lets the copy go on and the original find out.
func TestCopyThatWasFirst(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	m.Session(t).Close(1000, "")
	stolen := m.Copy()
	stolen.Session(t).Close(1000, "")
	servertest.Wait(t, "the session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })
	_, err := m.Connect(t.Context())
	refusedAsHeld(t, err)
	heldAndSeen(t, s, m.ID)
}

// TestMachineThatLostItsAnswerIsNoTwin breaks the connection at the moments at
// which a real machine's breaks.
func TestMachineThatLostItsAnswerIsNoTwin(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	m.Session(t).Close(1000, "")
	for range 3 { // the welcome came, and the power went before the ratchet was stored
		c, err := m.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Close(1000, "")
		servertest.Wait(t, "the session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })
	}
	// It was stored, and the word of it was lost.
	c, err := m.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.Ratchet = c.Welcome.Ratchet
	c.Close(1000, "")
	servertest.Wait(t, "the session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })
	m.Session(t).Close(1000, "")

	// A connection that is dead without a word is replaced.
	dead := knock(t, s, way{})
	servertest.Wait(t, "the session to end", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 0 })
	dead.enter(m) // and reads no more: no ping is answered
	m.Session(t)
}
