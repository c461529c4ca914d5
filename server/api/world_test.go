package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a real server and somebody who asks it over HTTP.
type world struct {
	*servertest.Server
	t      *testing.T
	client *http.Client
	token  string
}

func newWorld(t *testing.T, role auth.Role) *world { return newWorldWith(t, role) }

func newWorldWith(t *testing.T, role auth.Role, more ...servertest.Options) *world {
	s := servertest.Start(t, more...)
	w := &world{Server: s, t: t, client: s.Client(), token: s.Token(role)}
	t.Cleanup(func() {
		for _, line := range s.Log.Lines("ERROR") {
			t.Error("the server has logged:", line)
		}
	})
	return w
}

// as is the world as somebody else sees it.
func (w *world) as(token string) *world {
	other := *w
	other.token = token
	return &other
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	t      *testing.T
}

// into reads the body.
func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %d %s", err, a.status, a.body)
	}
}

func (a answer) object() map[string]any {
	a.t.Helper()
	var m map[string]any
	a.into(&m)
	return m
}

// text returns a member of the body.
func (a answer) text(name string) string {
	a.t.Helper()
	s, _ := a.object()[name].(string)
	return s
}

// want fails the test when the status is another.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d %s, want %d", a.status, a.body, status)
	}
	return a
}

// problem fails the test unless the answer is a whole problem with the code, and
// about the field.
func (a answer) problem(status int, code, field string) answer {
	a.t.Helper()
	a.want(status)
	p := a.object()
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		a.t.Errorf("a problem of the type %q", ct)
	}
	f, _ := p["field"].(string)
	if p["code"] != code || f != field || p["status"] != float64(status) || p["title"] != http.StatusText(status) || p["detail"] == "" {
		a.t.Errorf("got %s, want the code %s about %q", a.body, code, field)
	}
	return a
}

type option func(*http.Request)

func header(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }

func cookie(kind auth.ActorKind, secret string) option {
	return func(r *http.Request) { r.AddCookie(servertest.Cookie(kind, secret)) }
}

// request makes a request. A body that is neither nil nor a string nor bytes goes
// as JSON.
func (w *world) request(method, path string, body any, opts ...option) *http.Request {
	w.t.Helper()
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case string:
		r, kind = bytes.NewReader([]byte(b)), "application/json"
	case []byte:
		r, kind = bytes.NewReader(b), "application/octet-stream"
	default:
		doc, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		r, kind = bytes.NewReader(doc), "application/json"
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.HTTP+path, r)
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	for _, o := range opts {
		o(req)
	}
	return req
}

func (w *world) do(method, path string, body any, opts ...option) answer {
	w.t.Helper()
	return w.send(w.request(method, "/api/v1"+path, body, opts...))
}

func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, b, w.t}
}

func (w *world) get(path string, opts ...option) answer {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil, opts...)
}

func (w *world) post(path string, body any, opts ...option) answer {
	w.t.Helper()
	return w.do(http.MethodPost, path, body, opts...)
}

// open opens a ticket and returns its id.
func (w *world) open(title string) string {
	w.t.Helper()
	return w.post("/tickets", map[string]any{"title": title}).want(201).text("id")
}

type object = map[string]any

var account = wire.Account{UID: "1000", Name: "maria", Full: "Maria Lopez"}

// ring rings from a machine, and returns the acknowledgement.
func ring(t *testing.T, c *uplink.Session, title string) wire.Ack {
	t.Helper()
	return servertest.Call[wire.Ack](t, c, wire.TypeTicketOpen, wire.TicketOpen{
		Account: account, Title: title, Body: "Since this morning.", RungAt: time.Now(),
		Findings: []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "The disk is full.", Detail: "/: 0 of 256 GB free"}},
		Snapshot: &diagnostics.Snapshot{
			Version: 1, TakenAt: time.Now(), TookMS: 12,
			System: diagnostics.Section[diagnostics.System]{State: diagnostics.StateOK, Data: &diagnostics.System{Hostname: "PC-17", OS: "linux", BootedAt: time.Now()}},
			CPU:    diagnostics.Section[diagnostics.CPU]{State: diagnostics.StateOK, Data: &diagnostics.CPU{Cores: 4, BusyPercent: 12.5, PerCore: []float64{1, 2}}},
			Disks: diagnostics.Section[diagnostics.Disks]{State: diagnostics.StatePartial, Note: "One does not answer.", Data: &diagnostics.Disks{
				FileSystems: []diagnostics.FileSystem{{Mount: "/", Type: "ext4", Total: 256 << 30}},
			}},
			Network:   diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: &diagnostics.Network{}},
			Processes: diagnostics.Section[diagnostics.Processes]{State: diagnostics.StateOK, Data: &diagnostics.Processes{Total: 3, Top: []diagnostics.Process{{PID: 1, Name: "init"}}}},
			Services:  diagnostics.Section[diagnostics.Services]{State: diagnostics.StateTimeout, Note: "No answer in 2 s."},
			Log:       diagnostics.Section[diagnostics.Log]{State: diagnostics.StateRemoved},
		},
	})
}

// report sends what an endpoint says of itself.
func report(t *testing.T, c *uplink.Session) {
	t.Helper()
	servertest.Call[wire.Ack](t, c, wire.TypeInventory, wire.Inventory{Hash: "h1", System: diagnostics.System{Hostname: "PC-17", OS: "linux", Platform: "Debian", BootedAt: time.Now()}, Agent: "test", Cores: 4})
	servertest.Call[wire.Ack](t, c, wire.TypeFindings, wire.Findings{At: time.Now(), Findings: []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "The disk is full.", Detail: "/"}}})
	h := wire.Health{Seq: 1, Interval: 15 * time.Second, Samples: make([]diagnostics.Sample, 4)}
	for i := range h.Samples {
		h.Samples[i] = diagnostics.Sample{At: time.Now().Add(time.Duration(i-3) * 15 * time.Second).Truncate(time.Second)}
		h.Samples[i].Set(diagnostics.CPUBusy, 50)
	}
	if err := c.SendHealth(h); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if m.Frame != nil {
			return
		}
	}
}

// answerAsk waits for a question and answers it in two parts.
func answerAsk(t *testing.T, c *uplink.Session) {
	t.Helper()
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		if m.Type != wire.TypeAsk {
			continue
		}
		c.Send(wire.TypeAnswer, "", m.ID, wire.Answer{Part: 0, Data: json.RawMessage(`{"snapshot":{"version":1},"pending":["log"]}`)})
		c.Send(wire.TypeAnswer, "", m.ID, wire.Answer{Part: 1, Data: json.RawMessage(`{"snapshot":{"version":1},"findings":[]}`), Done: true})
		return
	}
}

func newKey() string { return ulid.Make().String() }
