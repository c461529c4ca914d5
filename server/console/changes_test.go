package console_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
)

func ringWithChanges(t *testing.T, s *servertest.Server, m *browsertest.Machine, content []byte) int64 {
	t.Helper()
	file, err := desk.New(s.DB.Desk(), rulebook.Empty, time.Now).Store(t.Context(), s.Actor(auth.Technician), inventory.ChangesName, content)
	if err != nil {
		t.Fatal(err)
	}
	return m.Call(wire.TypeTicketOpen, wire.TicketOpen{
		Account: mara, Title: "The printer does not print", RungAt: time.Now(), Attachments: []wire.Attachment{{SHA256: file.SHA256, Name: file.Name, Size: file.Size}},
	}).Number
}

// TestWhatChanged shows beside a ticket what changed, newest first, with a mark at
// what came shortly before it; as text, whatever it holds.
func TestWhatChanged(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	changes := browsertest.Changes(time.Now())
	changes.Changes[2].What = "<img data-hostile src=x>firefox"
	b, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	n := ringWithChanges(t, s, m, b)
	for _, scheme := range []string{"light", "dark"} {
		p := chromium.Open(t, s.HTTP, browsertest.Options{Scheme: scheme, Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician))})
		p.Go(ticketPath(n))
		p.Shows("#panel-changes .change:first-child", "name services")
		p.Shows("#panel-changes", "10.0.0.2 → 10.0.0.3")
		p.Shows("#panel-changes", "<img data-hostile src=x>firefox")
		p.Shows("#panel-changes", "used on /")
		if got := browsertest.Eval[int](p, "document.querySelectorAll('#panel-changes .change-before').length"); got != 2 {
			t.Errorf("%d changes are marked, want the two of today", got)
		}
		p.Tame("what changed")
		p.Accessible("changes-" + scheme)
		p.Picture("changes-" + scheme)
	}
	none := ringWithChanges(t, s, m, []byte(`{"version":9}`))
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(none))
	p.Shows("#panel-changes", "cannot be shown: it has a form that this server does not know")
}
