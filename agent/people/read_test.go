package people

import (
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/wire"
)

// What is written within one millisecond is listed in the order of writing, the
// newest first, whatever refs its writers chose.
func TestOneMillisecond(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	box, err := outbox.Open(t.TempDir(), outbox.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	d := New(Config{Box: box})
	for _, tc := range []struct {
		entry outbox.Entry
		want  []string
	}{
		{outbox.Entry{ID: "b", Type: wire.TypeTicketOpen}, []string{"b"}},
		{outbox.Entry{ID: "c", Type: wire.TypeTicketOpen}, []string{"c", "b"}},
		{outbox.Entry{ID: "a", Type: wire.TypeTicketOpen}, []string{"a", "c", "b"}},
		{outbox.Entry{ID: "d", Type: wire.TypeTicketReply, Ticket: "c"}, []string{"c", "a", "b"}},
	} {
		tc.entry.Owner, tc.entry.At, tc.entry.Body = "1000", at, []byte("{}")
		if _, err := box.Append(tc.entry); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range d.merge(nil, box.Of("1000")) {
			got = append(got, v.Ref)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("after %s: %v, want %v", tc.entry.ID, got, tc.want)
		}
	}
}
