package console_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the database is broken from outside

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestTryAgain has an answer that cannot be stored. Its writer, whose page is open,
// reads that it is not sent, tries it themselves in vain, and once more when the
// database is well: it is sent.
func TestTryAgain(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := servertest.Start(t, func(o *server.Options) { o.Undo, o.Data = 5*time.Second, data })
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	db, err := sql.Open("sqlite", data+"/deskbell.db?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Fill("#composer-text", "We bring new toner.")
	p.Click(".composer-send")
	p.Shows(".held", "Sending in")
	do("CREATE TRIGGER broken BEFORE INSERT ON ticket_events BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END")
	p.Shows(".held", "Not sent yet: We bring new toner.")
	p.Shows(".held-why", "is tried again by itself")
	p.Accessible("not sent yet")
	p.Fits("not sent yet")
	keep(p, "not-sent-yet")
	p.Click("[data-again]")
	p.Shows("#said", "Not sent this time either.")
	p.Shows(".held", "Not sent yet")
	do("DROP TRIGGER broken")
	p.Click("[data-again]")
	p.Shows("#talk", "We bring new toner.")
	p.Gone(".held")
	p.Until("it is there once", "document.querySelectorAll('.message-staff').length === 1")
	p.Clean()
}

// TestTryAgainTooLate tries an answer again that the ticket does not take any more:
// the words are back in the box, with the reason.
func TestTryAgainTooLate(t *testing.T) {
	t.Parallel()
	s := undoable(t, time.Hour)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	writer := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	const id = "01J0000000000000000000TEST"
	post(t, s, writer, ticketPath(n)+"/messages", url.Values{"mode": {"reply"}, "text": {"We bring new toner."}, "message": {id}})
	post(t, s, servertest.Cookie(auth.Staff, s.Session(auth.Manager)), ticketPath(n)+"/cancel", url.Values{"reason": {"Rung by mistake."}})
	post(t, s, writer, ticketPath(n)+"/held/"+id+"/again", nil)
	p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: writer})
	p.Go(ticketPath(n))
	p.Shows("#composer-said", "Not sent: ")
	p.Until("the words are back", "document.querySelector('#composer-text').value === 'We bring new toner.'")
	if status, _ := send(t, s, writer, http.MethodPost, ticketPath(n)+"/held/"+id+"/again", nil, nil); status != http.StatusConflict {
		t.Errorf("once more: %d", status)
	}
	p.Clean()
}
