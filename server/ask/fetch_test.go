package ask_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
)

// ring opens a ticket about the machine, on a desk that keeps files.
func (b *bench) ring() (*desk.Desk, string) {
	b.t.Helper()
	d := desk.New(b.db.Desk(), rulebook.Empty, time.Now)
	out, err := d.Ring(b.t.Context(), desk.Message{ID: "01JD0000000000000000000000", Endpoint: b.id, UID: "1000", Login: "mara"}, desk.Draft{Title: "The app does not start"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.SetFiles(d)
	return d, out.Ticket
}

func (b *bench) fetch(ticketID string) (ask.Ask, error) {
	return b.Act(b.t.Context(), anna, ask.Request{Endpoint: b.id, Ticket: ticketID, Kind: wire.ActFetchFile, Params: json.RawMessage(`{"path":"/var/log/<b>app.log"}`)})
}

func filePart(t *testing.T, p wire.FilePart) wire.Answer {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Answer{Data: b}
}

func endOf(data []byte, t wire.Fetched) wire.FilePart {
	sum := sha256.Sum256(data)
	t.Bytes, t.SHA256 = int64(len(data)), hex.EncodeToString(sum[:])
	return wire.FilePart{Fetched: &t}
}

func TestAFetchedFileBecomesAnAttachment(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		d, id := b.ring()
		q, err := b.fetch(id)
		if err != nil {
			t.Fatal(err)
		}
		data := bytes.Repeat([]byte("a line\n"), 60000)
		parts := []wire.Answer{filePart(t, wire.FilePart{Asked: true}), filePart(t, wire.FilePart{}), filePart(t, wire.FilePart{Name: "<b>app.log", Size: 420027})}
		for at := 0; at < len(data); at += wire.FileChunk {
			parts = append(parts, filePart(t, wire.FilePart{Offset: int64(at), Data: data[at:min(at+wire.FileChunk, len(data))]}))
		}
		parts = append(parts, filePart(t, endOf(data, wire.Fetched{Text: true, Redacted: 2, Kept: "forged"})))
		for i, p := range parts {
			p.Part = i
			b.Answer(t.Context(), b.id, q.ID, p)
			if i == 4 {
				if got := b.want(q.ID, ask.Running, ""); len(got.Answer) != 1 || len(got.Answer[0]) > 200 {
					t.Errorf("half way it shows %s", got.Answer)
				}
			}
		}
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: len(parts), Done: true})
		synctest.Wait()
		got := b.want(q.ID, ask.Done, "")
		var p wire.FilePart
		if err := json.Unmarshal(got.Answer[0], &p); err != nil || len(p.Data) != 0 || p.Fetched == nil || p.Fetched.Kept != p.Fetched.SHA256 {
			t.Fatalf("%s, %v", got.Answer, err)
		}
		a, r, err := d.Attachment(t.Context(), anna, id, p.Fetched.Kept)
		if err != nil {
			t.Fatal(err)
		}
		if stored, err := io.ReadAll(r); err != nil || !bytes.Equal(stored, data) || a.Name == "" {
			t.Errorf("%q, %d bytes, %v", a.Name, len(stored), err)
		}
		history, err := d.Get(t.Context(), anna, id)
		if err != nil {
			t.Fatal(err)
		}
		note := ""
		for _, e := range history.History {
			if len(e.Attachments) > 0 {
				note = e.Body
				if e.Public() {
					t.Error("the note with the file is public")
				}
			}
		}
		if !strings.Contains(note, "/var/log/<b>app.log") || !strings.Contains(note, "2 secrets were taken out") || !strings.Contains(note, p.Fetched.SHA256) {
			t.Errorf("the ticket says %q", note)
		}
	})
}

// What is torn, forged or too large is not kept, not even in part.
func TestWhatIsNoWholeFileIsNotKept(t *testing.T) {
	data := []byte("some text\n")
	big := bytes.Repeat([]byte("x"), wire.FileChunk)
	for name, parts := range map[string][]wire.FilePart{
		"a gap":         {{Name: "a", Size: 10}, {Offset: 5, Data: data[5:]}, endOf(data, wire.Fetched{})},
		"another hash":  {{Name: "a"}, {Data: data}, endOf([]byte("other text"), wire.Fetched{})},
		"no end":        {{Name: "a"}, {Data: data}},
		"after the end": {{Data: data}, endOf(data, wire.Fetched{}), {Offset: 10, Data: data}},
		"nothing":       nil,
	} {
		run(t, func(t *testing.T, b *bench) {
			d, id := b.ring()
			q, err := b.fetch(id)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range parts {
				a := filePart(t, p)
				a.Part = i
				b.Answer(t.Context(), b.id, q.ID, a)
			}
			b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: len(parts), Done: true})
			synctest.Wait()
			if b.want(q.ID, ask.Failed, fault.Invalid); attachments(t, d, id) != 0 {
				t.Errorf("%s: it was kept", name)
			}
		})
	}
	run(t, func(t *testing.T, b *bench) {
		d, id := b.ring()
		q, err := b.fetch(id)
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(0); at < 2*wire.MaxBlob; at += int64(len(big)) {
			b.Answer(t.Context(), b.id, q.ID, filePart(t, wire.FilePart{Offset: at, Data: big}))
		}
		if b.want(q.ID, ask.Failed, fault.Invalid); attachments(t, d, id) != 0 || len(b.line.cancelled) != 1 {
			t.Errorf("cancelled %v", b.line.cancelled)
		}
	})
}

func TestAFetchThatIsCutOrWithdrawn(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		d, id := b.ring()
		q, err := b.fetch(id)
		if err != nil {
			t.Fatal(err)
		}
		b.Answer(t.Context(), b.id, q.ID, filePart(t, wire.FilePart{Data: []byte("half")}))
		b.Disconnected(t.Context(), b.id)
		b.want(q.ID, ask.Failed, fault.Unavailable) // it only read: nothing is unknown
		if q, err = b.fetch(id); err != nil {
			t.Fatal(err)
		}
		if err := b.Cancel(t.Context(), anna, q.ID); err != nil {
			t.Error(err)
		}
		b.want(q.ID, ask.Cancelled, "")
		for range 4 {
			if _, err := b.fetch(id); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.fetch(id); !fault.Is(err, fault.TooMany) {
			t.Errorf("a fifth at once: %v", err)
		}
		if _, err := b.fetch(""); !fault.Is(err, fault.Invalid) {
			t.Errorf("for no ticket: %v", err)
		}
		if attachments(t, d, id) != 0 {
			t.Error("something was kept")
		}
	})
}

func attachments(t *testing.T, d *desk.Desk, id string) (n int) {
	t.Helper()
	got, err := d.Get(context.WithoutCancel(t.Context()), anna, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range got.History {
		n += len(e.Attachments)
	}
	return n
}
