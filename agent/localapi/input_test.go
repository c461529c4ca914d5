package localapi_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// What is wrong with a request is said with the field's name, and nothing is kept.
func TestInput(t *testing.T) {
	h := open(t)
	h.theirs(t)
	c := h.as(t, "1000")
	before := len(h.box.Of("1000"))
	ring := func(d local.Draft) func() error {
		return func() error { _, err := c.Ring(t.Context(), d); return err }
	}
	reply := func(r local.Reply) func() error {
		return func() error { _, err := c.Reply(t.Context(), "T1", r); return err }
	}
	act := func(a local.Act) func() error {
		return func() error { _, err := c.Act(t.Context(), "T1", a); return err }
	}
	tests := []struct {
		name  string
		do    func() error
		code  fault.Code
		field string
	}{
		{"no title", ring(local.Draft{Body: "x"}), fault.Invalid, "title"},
		{"white title", ring(local.Draft{Title: " \t\n "}), fault.Invalid, "title"},
		{"201 characters", ring(local.Draft{Title: strings.Repeat("ü", 201)}), fault.Invalid, "title"},
		{"1 MiB of title", ring(local.Draft{Title: strings.Repeat("x", 1<<20)}), fault.Invalid, "title"},
		{"line break in the title", ring(local.Draft{Title: "a\nb"}), fault.Invalid, "title"},
		{"escape in the title", ring(local.Draft{Title: "a\x1b[31mb"}), fault.Invalid, "title"},
		{"C1 control in the title", ring(local.Draft{Title: "a\u0085b"}), fault.Invalid, "title"},
		{"64 KiB and a byte", ring(local.Draft{Title: "x", Body: strings.Repeat("x", wire.MaxBody+1)}), fault.Invalid, "body"},
		{"zero byte in the body", ring(local.Draft{Title: "x", Body: "a\x00b"}), fault.Invalid, "body"},
		{"3 MiB of body", ring(local.Draft{Title: "x", Body: strings.Repeat("x", 3<<20)}), fault.TooLarge, ""},
		{"no such check-up", ring(local.Draft{Title: "x", Checkup: "none"}), fault.Invalid, "checkup"},
		{"no such attachment", ring(local.Draft{Title: "x", Attachments: []wire.Attachment{{SHA256: "none"}}}), fault.Invalid, "attachments"},
		{"eleven attachments", ring(local.Draft{Title: "x", Attachments: make([]wire.Attachment, 11)}), fault.Invalid, "attachments"},
		{"a ref that is none", ring(local.Draft{Title: "x", Ref: "../../etc/passwd"}), fault.Invalid, "ref"},
		{"an empty reply", reply(local.Reply{Body: "  "}), fault.Invalid, "body"},
		{"a reply too long", reply(local.Reply{Body: strings.Repeat("x", wire.MaxBody+1)}), fault.Invalid, "body"},
		{"no such act", act(local.Act{Act: "delete"}), fault.Invalid, "act"},
		{"a rating without stars", act(local.Act{Act: wire.ActRate}), fault.Invalid, "rating"},
		{"six stars", act(local.Act{Act: wire.ActRate, Rating: 6}), fault.Invalid, "rating"},
		{"stars on a confirmation", act(local.Act{Act: wire.ActConfirm, Rating: 5}), fault.Invalid, "rating"},
		{"an endless comment", act(local.Act{Act: wire.ActConfirm, Comment: strings.Repeat("x", wire.MaxBody+1)}), fault.Invalid, "comment"},
		{"no such section", func() error {
			return c.Checkup(t.Context(), local.CheckupRequest{Sections: []diagnostics.SectionName{"secrets"}}, func(local.Checkup) {})
		}, fault.Invalid, "sections"},
		{"an attachment too large", func() error {
			_, err := c.Attach(t.Context(), "big", bytes.NewReader(make([]byte, wire.MaxBlob+1)))
			return err
		}, fault.TooLarge, ""},
		{"offline, no portal", func() error { _, err := c.Portal(t.Context(), ""); return err }, fault.Unavailable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do()
			if !fault.Is(err, tt.code) || fault.FieldOf(err) != tt.field {
				t.Errorf("got %s, field %q: %v", fault.CodeOf(err), fault.FieldOf(err), err)
			}
		})
	}
	if got := len(h.box.Of("1000")); got != before {
		t.Errorf("%d entries were kept", got-before)
	}
}

// What is good gets through, whatever it says.
func TestGoodInput(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	for _, title := range []string{"x", strings.Repeat("ü", 200), "<script>alert(1)</script>", "' OR 1=1 --", "日本語 العربية 👩‍👩‍👧", "a\u202eb"} {
		r, err := c.Ring(t.Context(), local.Draft{Title: title, Body: "two\nlines\tand <b>\r\n" + title})
		if err != nil || r.Delivery != local.Saved || r.Ref == "" {
			t.Errorf("%q: %+v, %v", title, r, err)
			continue
		}
		got, err := c.Ticket(t.Context(), r.Ref)
		if err != nil || got.Title != title || got.Delivery != local.Saved {
			t.Errorf("%q reads %q, %v", title, got.Title, err)
		}
	}
}

func TestRates(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	for range 10 {
		if _, err := c.Ring(t.Context(), local.Draft{Title: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Ring(t.Context(), local.Draft{Title: "x"}); !fault.Is(err, fault.TooMany) {
		t.Errorf("the eleventh in a minute: %v", err)
	}
	if _, err := h.as(t, "1001").Ring(t.Context(), local.Draft{Title: "x"}); err != nil {
		t.Errorf("another person has to wait: %v", err)
	}
}

// A person's files come in a few at a time.
func TestFilesAtOnce(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	var slow []*io.PipeWriter
	results := make(chan error, 3)
	for range 3 {
		r, w := io.Pipe()
		slow = append(slow, w)
		go func() {
			_, err := c.Attach(t.Context(), "slow", r)
			results <- err
		}()
		if _, err := w.Write(make([]byte, 64<<10)); err != nil { // more than is buffered on the way
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if coming, _ := filepath.Glob(filepath.Join(h.dir, "outbox", "files", ".new-*")); len(coming) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("three files do not come in")
		}
	}
	if _, err := c.Attach(t.Context(), "one more", strings.NewReader("y")); !fault.Is(err, fault.TooMany) {
		t.Errorf("a fourth file: %v", err)
	}
	if _, err := h.as(t, "1001").Attach(t.Context(), "x", strings.NewReader("y")); err != nil {
		t.Errorf("another person has to wait: %v", err)
	}
	for _, w := range slow {
		w.Close()
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Attach(t.Context(), "one more", strings.NewReader("y")); err != nil {
		t.Errorf("it goes on being refused: %v", err)
	}
}

// Who lost the answer asks again, and there is one ticket.
func TestSameRefAgain(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	d := local.Draft{Title: "x", Ref: ulid.Make().String()}
	var last local.Receipt
	for i := range 15 { // more than a minute's allowance
		r, err := c.Ring(t.Context(), d)
		if err != nil || r.Ref != d.Ref || i > 0 && r != last {
			t.Fatalf("receipt %+v, %v", r, err)
		}
		last = r
	}
	if n := len(h.box.Of("1000")); n != 1 {
		t.Errorf("%d entries", n)
	}
	reply := local.Reply{Body: "x", Ref: ulid.Make().String()}
	for range 2 {
		if _, err := c.Reply(t.Context(), d.Ref, reply); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Ticket(t.Context(), d.Ref)
	if err != nil || len(got.Pending) != 1 || got.Pending[0].Body != "x" || got.Pending[0].Delivery != local.Saved {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNotEnrolled(t *testing.T) {
	h := open(t)
	h.mu.Lock()
	h.enrolled = false
	h.mu.Unlock()
	c := h.as(t, "1000")
	if _, err := c.Ring(t.Context(), local.Draft{Title: "x"}); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Sentence(err), "nothing was saved") {
		t.Errorf("got %v", err)
	}
	if len(h.box.Of("1000")) != 0 {
		t.Error("something was kept that nobody would ever fetch")
	}
}
