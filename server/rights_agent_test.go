package server_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/servertest"
)

// messages are the types that an endpoint may send, as the table has them.
func messages(t *testing.T, s *servertest.Server) []wire.Type {
	t.Helper()
	var types []wire.Type
	routes, _ := s.Routes()
	for _, r := range routes {
		if r.Plane == gate.Agent && r.Method == "message" {
			types = append(types, wire.Type(r.Path))
		}
	}
	if len(types) < 10 {
		t.Fatalf("the table has %v only", types)
	}
	return types
}

// TestPersonsCredentialsAreNoEndpoints shows every credential of a person's at the
// agents' door, and in each place where an endpoint shows its own.
func TestPersonsCredentialsAreNoEndpoints(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	m.Session(t)
	admin := s.Person(auth.Admin)
	for name, h := range map[string]http.Header{
		"a token":             {"Authorization": {"Bearer " + s.Token(auth.Admin)}},
		"a session":           {"Cookie": {"__Host-deskbell=" + s.Session(auth.Admin)}},
		"a portal session":    {"Cookie": {"__Host-deskbell-portal=" + s.Portal(m.ID, "1000", "maria")}},
		"a session over HTTP": {"Cookie": {servertest.Cookie(auth.Staff, s.Session(auth.Admin)).String()}},
	} {
		c, resp, err := door().DialContext(t.Context(), at(s), h)
		if err == nil {
			c.Close()
		}
		if resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s at the agents' door: %v, %v", name, resp, err)
		}
	}
	// In the place of an enrolment.
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"a token": s.Token(auth.Admin), "a session": s.Session(auth.Admin), "a sign-in link": s.SignInLink(admin.ID)} {
		if _, _, err := m.Dialer.Enrol(t.Context(), secret, key, wire.Machine{Hostname: "PC-18", OS: "linux", Agent: "test"}, ""); !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s in the place of an enrolment: %v", name, err)
		}
	}
	// In the place of an identity: a person is no endpoint.
	prove := m.Prove()
	prove.Endpoint = admin.ID
	if _, err := m.Dialer.Dial(t.Context(), key, prove); !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.NotFound) {
		t.Errorf("a person's id in the place of an endpoint's: %v", err)
	}
}

func door() *websocket.Dialer {
	return &websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Subprotocols: []string{wire.Subprotocol}} //nolint:gosec // the test made it
}

func at(s *servertest.Server) string {
	return "wss" + strings.TrimPrefix(s.TLS, "https") + wire.ConnectPath
}

// TestNothingIsSaidBeforeTheProof begins with every message that an endpoint may
// send once it is proven.
func TestNothingIsSaidBeforeTheProof(t *testing.T) {
	s := servertest.Start(t)
	for _, typ := range messages(t, s) {
		c, resp, err := door().DialContext(t.Context(), at(s), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		b, err := wire.Encode(typ, "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", "", map[string]any{"account": map[string]any{"uid": "0", "name": "root"}, "title": "let me in"})
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if err := c.WriteMessage(websocket.TextMessage, b); err != nil {
			t.Fatal(err)
		}
		if got := refused(t, c); got.Code != fault.Invalid {
			t.Errorf("%s before the proof: %+v", typ, got)
		}
		c.Close()
	}
}

// refused reads until the server says no.
func refused(t *testing.T, c *websocket.Conn) (r wire.Refused) {
	t.Helper()
	for {
		_, data, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("not refused, but: %v", err)
		}
		e, err := wire.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == wire.TypeRefused {
			if err := e.Into(&r); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
}

// TestEndpointMaySendWhatTheTableSays sends every message of the table, and every
// other type of the protocol, from a proven endpoint.
func TestEndpointMaySendWhatTheTableSays(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	c := m.Session(t)
	answerOf := func(typ wire.Type) (code fault.Code) {
		if typ == wire.TypeAnswer || typ == wire.TypeGoodbye { // nobody answers these
			return ""
		}
		e := servertest.Exchange(t, c, typ, ulid.Make().String(), map[string]any{"account": map[string]any{"uid": "1000", "name": "maria"}})
		var body struct{ Code fault.Code }
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		return body.Code
	}
	in := messages(t, s)
	for _, typ := range in {
		if code := answerOf(typ); code == fault.Forbidden || code == fault.Unsupported || code == fault.Unauthenticated {
			t.Errorf("%s was answered %s", typ, code)
		}
	}
	for _, typ := range []wire.Type{"tickets.burn", wire.TypeAsk, wire.TypeTicketChanged, wire.TypeLive, wire.TypeBlobWanted} {
		if code := answerOf(typ); code != fault.Unsupported {
			t.Errorf("%s, which no endpoint may send, was answered %q", typ, code)
		}
	}
}

// TestTicketsOfOthersDoNotExist tries everything that is an employee's to do on
// somebody else's ticket: from another machine, as another account of the same one,
// and in the portal.
func TestTicketsOfOthersDoNotExist(t *testing.T) {
	s := servertest.Start(t)
	maria, ben := wire.Account{UID: "1000", Name: "maria"}, wire.Account{UID: "1001", Name: "ben"}
	m, other := s.Machine("PC-17"), s.Machine("PC-18")
	c, elsewhere := m.Session(t), other.Session(t)
	rung := servertest.Call[wire.Ack](t, c, wire.TypeTicketOpen, wire.TicketOpen{Account: maria, Title: "My salary is wrong", RungAt: time.Now()})
	if !rung.OK {
		t.Fatalf("%+v", rung)
	}
	for _, x := range []struct {
		name    string
		session *uplink.Session
		account wire.Account
	}{
		{"the same account of another machine", elsewhere, maria},
		{"another account of the same machine", c, ben},
	} {
		for typ, body := range map[wire.Type]any{
			wire.TypeTicketReply: wire.TicketReply{Account: x.account, Ticket: rung.Ticket, Body: "Forget it."},
			wire.TypeTicketAct:   wire.TicketAct{Account: x.account, Ticket: rung.Ticket, Act: wire.ActCancel},
			wire.TypeTicketRead:  wire.TicketRead{Account: x.account, Ticket: rung.Ticket, Message: ulid.Make().String()},
			wire.TypeBlobGet:     wire.BlobGet{Account: x.account, Ticket: rung.Ticket, SHA256: strings.Repeat("0", 64)},
		} {
			if a := servertest.Call[wire.Ack](t, x.session, typ, body); a.OK || a.Code != fault.NotFound {
				t.Errorf("%s, %s: %+v", x.name, typ, a)
			}
		}
		if list := servertest.Call[wire.Tickets](t, x.session, wire.TypeTicketsGet, wire.TicketsGet{Account: x.account}); len(list.Items) != 0 {
			t.Errorf("%s sees %+v", x.name, list.Items)
		}
	}
	// In the portal: the owner is let in, nobody else.
	routes, _ := s.Routes()
	number := strconv.FormatInt(rung.Number, 10)
	tried := 0
	for who, want := range map[wire.Account]bool{maria: true, ben: false} {
		session := s.Portal(m.ID, who.UID, who.Name)
		for _, r := range routes {
			if r.Plane != gate.Portal || !strings.Contains(r.Path, "{number}") {
				continue
			}
			if want && r.Method != http.MethodGet {
				continue // it would work
			}
			tried++
			r.Path = strings.ReplaceAll(r.Path, "{number}", number)
			resp, body := call(t, s.Client(), s.HTTP, r, inCookie(auth.Requester, session))
			sees := resp.StatusCode == http.StatusOK && strings.Contains(body, "salary")
			if file := strings.Contains(r.Path, "attachments"); sees != (want && !file) || (!want || file) && resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s, %s %s: got %d", who.Name, r.Method, r.Path, resp.StatusCode)
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d routes of the portal were tried", tried)
	}
}
