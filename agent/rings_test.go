package agent

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestWhoRang: whoever rang can be asked from the moment that the server has the ring;
// what the server says of the ticket later counts more.
func TestWhoRang(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	box, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	shelf, err := tickets.Open(filepath.Join(dir, "people"), "e1", quiet)
	if err != nil {
		t.Fatal(err)
	}
	r := rings{shelf, box}
	body, err := json.Marshal(wire.TicketOpen{Title: "A window is empty"})
	if err != nil {
		t.Fatal(err)
	}
	i, err := box.Append(outbox.Entry{Owner: "1000", Type: wire.TypeTicketOpen, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	want := func(when string, number int64, want consent.Ticket) {
		t.Helper()
		got, ok := r.of(number)
		if got != want || ok != (want != consent.Ticket{}) {
			t.Errorf("%s: %+v, %v", when, got, ok)
		}
	}
	want("not sent yet", 1001, consent.Ticket{})
	if err := box.Settle(i.ID, "e1", wire.Ack{OK: true, Ticket: "t1", Number: 1001}); err != nil {
		t.Fatal(err)
	}
	want("acknowledged", 1001, consent.Ticket{Requester: "1000", Title: "A window is empty", Open: true})
	want("another number", 1002, consent.Ticket{})
	want("no number", 0, consent.Ticket{})
	view := wire.TicketView{ID: "t1", Ref: i.ID, Number: 1001, Title: "An empty window", State: "closed", Version: 3, UpdatedAt: time.Now()}
	if err := shelf.Put("1000", view); err != nil {
		t.Fatal(err)
	}
	want("closed meanwhile", 1001, consent.Ticket{Requester: "1000", Title: "An empty window"})
}
