package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// bodies has a fresh body for each type of message.
var bodies = map[wire.Type]func() any{
	wire.TypeHello: func() any { return new(wire.Hello) }, wire.TypeChallenge: func() any { return new(wire.Challenge) },
	wire.TypeProve: func() any { return new(wire.Prove) }, wire.TypeEnrol: func() any { return new(wire.Enrol) },
	wire.TypeWelcome: func() any { return new(wire.Welcome) }, wire.TypeEnrolled: func() any { return new(wire.Enrolled) },
	wire.TypeRefused: func() any { return new(wire.Refused) }, wire.TypeRatchet: func() any { return new(struct{}) },
	wire.TypeInventory: func() any { return new(wire.Inventory) }, wire.TypeFindings: func() any { return new(wire.Findings) }, wire.TypeStock: func() any { return new(wire.Stock) },
	wire.TypeGoodbye: func() any { return new(wire.Goodbye) }, wire.TypeTicketOpen: func() any { return new(wire.TicketOpen) },
	wire.TypeTicketReply: func() any { return new(wire.TicketReply) }, wire.TypeTicketAct: func() any { return new(wire.TicketAct) },
	wire.TypeTicketsGet: func() any { return new(wire.TicketsGet) }, wire.TypeTicketRead: func() any { return new(wire.TicketRead) },
	wire.TypePortalLink: func() any { return new(wire.PortalLinkRequest) }, wire.TypeBlobPut: func() any { return new(wire.BlobPut) },
	wire.TypeSuggest: func() any { return new(wire.Suggest) }, wire.TypeArticles: func() any { return new(wire.Articles) },
	wire.TypeFixTold:          func() any { return new(wire.FixTold) },
	wire.TypeAnnouncementsGet: func() any { return nil }, wire.TypeAnnouncements: func() any { return new(wire.Announcements) },
	wire.TypeAnnouncementHit: func() any { return new(wire.AnnouncementHit) }, wire.TypeOutageFixed: func() any { return new(wire.OutageFixed) },
	wire.TypeHelped:  func() any { return new(wire.Helped) },
	wire.TypeBlobGet: func() any { return new(wire.BlobGet) }, wire.TypeAnswer: func() any { return new(wire.Answer) },
	wire.TypeAck: func() any { return new(wire.Ack) }, wire.TypeError: func() any { return new(wire.Error) },
	wire.TypeTickets: func() any { return new(wire.Tickets) }, wire.TypeTicketChanged: func() any { return new(wire.TicketChanged) },
	wire.TypeApprovals: func() any { return new(wire.Approvals) }, wire.TypePortal: func() any { return new(wire.Portal) }, wire.TypeBlobWanted: func() any { return new(wire.BlobWanted) },
	wire.TypeBlob: func() any { return new(wire.BlobHeader) }, wire.TypeLive: func() any { return new(wire.Live) },
	wire.TypeAsk: func() any { return new(wire.Ask) }, wire.TypeAskCancel: func() any { return nil },
}

func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func blocks(t *testing.T, language string) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page(t), -1) {
		out = append(out, strings.TrimSpace(m[1]))
	}
	return out
}

// TestEveryMessageHasATrueExample reads docs/wire.md: its examples must decode
// without a field that the types lack, and no type of message may be without one.
func TestEveryMessageHasATrueExample(t *testing.T) {
	seen := map[wire.Type]bool{}
	for _, b := range blocks(t, "json") {
		e, err := wire.Decode([]byte(b))
		if err != nil {
			t.Errorf("%v\n%s", err, b)
			continue
		}
		fresh, ok := bodies[e.Type]
		if !ok {
			t.Errorf("the page has a message of the type %q, the package does not", e.Type)
			continue
		}
		seen[e.Type] = true
		body := fresh()
		if body == nil {
			if len(e.Body) != 0 {
				t.Errorf("%s has no body", e.Type)
			}
			continue
		}
		d := json.NewDecoder(bytes.NewReader(e.Body))
		d.DisallowUnknownFields()
		if err := d.Decode(body); err != nil {
			t.Errorf("the example of %s: %v\n%s", e.Type, err, b)
		}
	}
	for _, name := range typeNames(t) {
		if !seen[name] {
			t.Errorf("docs/wire.md has no example of %s", name)
		}
		if bodies[name] == nil {
			t.Errorf("this test does not know the body of %s", name)
		}
	}
}

// typeNames reads the types from the source, so that a new one cannot be forgotten.
func typeNames(t *testing.T) []wire.Type {
	t.Helper()
	src, err := os.ReadFile("wire.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []wire.Type
	for _, m := range regexp.MustCompile(`(?m)^\tType\w+\s+Type = "([^"]+)"`).FindAllSubmatch(src, -1) {
		names = append(names, wire.Type(m[1]))
	}
	if len(names) < 25 {
		t.Fatalf("only %d types found in wire.go", len(names))
	}
	return names
}

func TestThePageNamesEveryColumnKindCodeAndClose(t *testing.T) {
	text := page(t)
	for _, c := range wire.DefaultColumns() {
		if !strings.Contains(text, "`"+c.Name+"`") {
			t.Errorf("the column %s is not on the page", c.Name)
		}
	}
	for _, k := range append(wire.AskKinds(), wire.ActKinds()...) {
		if !strings.Contains(text, "| `"+string(k)+"` |") {
			t.Errorf("the kind %s is not on the page", k)
		}
	}
	for _, code := range []string{"4000", "4002", "4003", "4004", "4005", "4006", "4007", "4008", "4009"} {
		if !strings.Contains(text, "| "+code+" |") {
			t.Errorf("the close code %s is not on the page", code)
		}
	}
}

func TestThePagesFramesAreTrue(t *testing.T) {
	frames := blocks(t, "hex")
	if len(frames) != 4 {
		t.Fatalf("%d frames on the page", len(frames))
	}
	raw := make([][]byte, 4)
	for i, f := range frames {
		var err error
		if raw[i], err = hex.DecodeString(strings.ReplaceAll(f, " ", "")); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := wire.NewSchema([]wire.Column{{Name: "cpu_busy_percent", Scale: 1}, {Name: "memory_used_percent", Scale: 1}, {Name: "disk_used_percent", Scale: 10}})
	if err != nil {
		t.Fatal(err)
	}
	var h wire.Health
	if err := wire.DecodeHealth(raw[0], schema, &h); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	if h.Seq != 7 || h.Flags != 0 || h.Interval != 15*time.Second || len(h.Samples) != 1 || !h.Samples[0].At.Equal(at) {
		t.Errorf("the frame says %+v", h)
	}
	for m, want := range map[diagnostics.Metric]float64{diagnostics.CPUBusy: 12, diagnostics.MemoryUsed: 41, diagnostics.DiskUsed: 87.5} {
		if v, ok := h.Samples[0].Get(m); !ok || v != want {
			t.Errorf("%s is %v, want %v", m.Info().Name, v, want)
		}
	}
	if seq, err := wire.DecodeHealthAck(raw[1]); err != nil || seq != 7 {
		t.Errorf("the acknowledgement is of %d, %v", seq, err)
	}
	if id, op, data, err := wire.DecodeTerminal(raw[3]); err != nil || id != "01J" || op != wire.TerminalData || string(data) != "abc" {
		t.Errorf("the terminal's frame is %q %d %q, %v", id, op, data, err)
	}
	if re, off, data, err := wire.DecodeBlob(raw[2]); err != nil || re != "01J" || off != 0 || string(data) != "abc" {
		t.Errorf("the chunk is %q %d %q, %v", re, off, data, err)
	}
}
