//go:build linux

package storm

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// client is one endpoint that speaks the protocol by hand.
type client struct {
	*uplink.Session
	t       *testing.T
	account wire.Account
}

func connect(t *testing.T, enrolment string) *client {
	t.Helper()
	e, err := wire.ParseEnrolment(enrolment)
	if err != nil {
		t.Fatal(err)
	}
	d, err := uplink.NewDialer(uplink.Options{URL: e.URL, ServerKey: e.Key, Pin: e.Pin, Agent: "storm"})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := d.Enrol(t.Context(), e.Token, key, wire.Machine{Hostname: "pc-17", OS: "linux", Arch: "amd64"}, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Dial(t.Context(), key, wire.Prove{Endpoint: id.Endpoint, Hostname: "pc-17", Columns: wire.DefaultColumns()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(1000, "") })
	return &client{Session: s, t: t, account: wire.Account{UID: "1000", Name: "ann", Full: "Ann Berg"}}
}

// call sends a message and returns its answer.
func (c *client) call(kind wire.Type, id string, body any) wire.Envelope {
	c.t.Helper()
	if err := c.Send(kind, id, "", body); err != nil {
		c.t.Fatal(err)
	}
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			c.t.Fatal(err)
		}
		if m.Re == id {
			return m.Envelope
		}
	}
}

// ring sends a ticket and returns what became of it: an error that may pass, or the
// acknowledgement.
func (c *client) ring(id, title string) (*wire.Error, wire.Ack) {
	c.t.Helper()
	m := c.call(wire.TypeTicketOpen, id, wire.TicketOpen{Account: c.account, Title: title, Body: strings.Repeat("It is still dead. ", 200), RungAt: time.Now()})
	var ack wire.Ack
	var failed wire.Error
	if m.Type == wire.TypeError {
		if err := m.Into(&failed); err != nil {
			c.t.Fatal(err)
		}
		return &failed, ack
	}
	if err := m.Into(&ack); err != nil {
		c.t.Fatal(err)
	}
	return nil, ack
}

// titles are those of the account's own tickets.
func (c *client) titles() []string {
	c.t.Helper()
	var list wire.Tickets
	if err := c.call(wire.TypeTicketsGet, ulid.Make().String(), wire.TicketsGet{Account: c.account}).Into(&list); err != nil {
		c.t.Fatal(err)
	}
	var out []string
	for _, v := range list.Items {
		out = append(out, v.Title)
	}
	return out
}

// With its disk full the server refuses tickets in words that can be passed on,
// goes on answering, starts again, and works as before once there is space.
func TestServersDiskIsFull(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=48m"); err != nil {
		t.Fatalf("this test mounts a small disk, for which it has to run as root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(data, syscall.MNT_DETACH) })
	s := newServer(t, "deskbell-server", data)
	s.start()
	s.ready()
	c := connect(t, s.enrolment(3))
	if failed, ack := c.ring(ulid.Make().String(), "before"); failed != nil || !ack.OK {
		t.Fatalf("%+v, %+v", failed, ack)
	}
	filler := filepath.Join(data, "filler")
	fill(t, filler)
	id := ulid.Make().String()
	var failed *wire.Error
	for n := 0; failed == nil; n++ { // what is allocated already may take a few
		if n == 2000 {
			t.Fatal("2000 tickets went onto a full disk")
		}
		fill(t, filler)
		id = ulid.Make().String()
		failed, _ = c.ring(id, "meanwhile")
	}
	if failed.Code != fault.Full || !strings.Contains(failed.Sentence, "disk is full") || failed.RetryAfter == 0 {
		t.Errorf("a full disk is told as %+v", failed)
	}
	held := len(c.titles()) // reading goes on
	resp, err := http.Get("http://" + s.address + "/readyz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("not ready while the disk is full: %v", err)
	} else {
		resp.Body.Close()
	}
	if again, _ := c.ring(id, "meanwhile"); again == nil || again.Code != fault.Full {
		t.Errorf("the second time it is %+v", again)
	}

	os.Remove(filler)
	if failed, ack := c.ring(id, "meanwhile"); failed != nil || !ack.OK {
		t.Fatalf("with space again: %+v, %+v", failed, ack)
	}
	if list := c.titles(); len(list) != held+1 {
		t.Errorf("%d tickets became %d by one more", held, len(list))
	}

	fill(t, filler)
	s.kill()
	s.start()
	s.ready()
	os.Remove(filler)
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	intact(t, data)
	if n := read(t, data, false).titles["before"]; n != 1 {
		t.Errorf("the first ticket is there %d times", n)
	}
}

// fill takes all that is left of the disk.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal("filling the disk:", err)
	}
}

// refuses runs a server that is not to start, and returns what it says.
func refuses(t *testing.T, s *server) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, s.program, "serve", "--data", s.data, "--listen", freeAddress(t)).CombinedOutput()
	if x, ok := errors.AsType[*exec.ExitError](err); !ok || x.ExitCode() != 1 {
		t.Fatalf("the server ended with %v, not with status 1:\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

func TestASecondServerOnTheSameData(t *testing.T) {
	t.Parallel()
	s := newServer(t, "deskbell-server", t.TempDir())
	s.start()
	s.ready()
	if said := refuses(t, s); !strings.Contains(said, s.data) || !strings.HasSuffix(said, ".") {
		t.Errorf("the second server says %q", said)
	}
	s.ready() // the first one has not noticed
	s.kill()
	s.start() // a lock that died with its process holds nobody up
	s.ready()
}

func TestADatabaseThatIsNewer(t *testing.T) {
	t.Parallel()
	s := newServer(t, "deskbell-server", t.TempDir())
	s.start()
	s.ready()
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(s.data, "deskbell.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)"); err != nil {
		t.Fatal(err)
	}
	if said := refuses(t, s); !strings.Contains(said, "newer") || !strings.Contains(said, "9000") {
		t.Errorf("the server says %q", said)
	}
	if _, err := db.Exec("DELETE FROM goose_db_version WHERE version_id = 9000"); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.ready()
}
