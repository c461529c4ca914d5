//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// nobody is a second person; every Debian has them.
const nobody = 65534

// Another person of the machine rings with their own name, whatever they say, and
// neither sees nor touches what is root's; nor does root see theirs.
func TestSecondPerson(t *testing.T) {
	s, root, _ := begin(t)
	other := root
	other.uid = nobody
	root.ok(t, "ring", "--title", "root's", "--no-checkup")
	secret := filepath.Join(root.dir, "secret")
	if err := os.WriteFile(secret, []byte("root's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := other.ok(t, "ring", "--title", "nobody's"); out != "Sent. Number 1001.\n" {
		t.Errorf("ring: %q", out)
	}
	var o wire.TicketOpen
	if m := s.Messages(wire.TypeTicketOpen); len(m) != 2 || m[1].Into(&o) != nil || o.Account.UID != fmt.Sprint(nobody) || o.Account.Name != "nobody" {
		t.Errorf("the server has %+v", o)
	}
	for who, p := range map[string]place{"root's": root, "nobody's": other} {
		var l local.Tickets
		if err := json.Unmarshal([]byte(p.ok(t, "tickets", "--json")), &l); err != nil || len(l.Items) != 1 || l.Items[0].Title != who {
			t.Errorf("%s tickets are %+v, %v", who, l.Items, err)
		}
	}
	for _, try := range [][]string{
		{"tickets", "1000"}, {"reply", "1000", "x"}, {"ring", "--title", "x", "--attach", secret}, {"enrol", s.Enrolment(1, time.Hour), "--force"}, {"run"},
	} {
		if status, _, errOut := other.do(t, try...); status != 1 || !strings.HasSuffix(strings.TrimSpace(errOut), ".") && !strings.Contains(errOut, "permission denied") {
			t.Errorf("%q by another person: %d, %q", try[0], status, errOut)
		}
	}
	for _, f := range []string{"identity.json", "ratchet.json", "outbox/entries", "people"} {
		c := exec.Command("cat", filepath.Join(root.state(), f))
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if out, err := c.CombinedOutput(); err == nil {
			t.Errorf("another person reads %s: %.40q", f, out)
		}
	}
	c := exec.Command("cat", filepath.Join(root.state(), "looks.jsonl"))
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("a person cannot read who has looked: %v, %s", err, out)
	}
	if n := len(s.Endpoints()); n != 1 {
		t.Errorf("%d endpoints", n)
	}
}

// However often the service is killed, and whatever the server does about
// acknowledgements, what was told “saved” or “sent” arrives, and its content is
// the same each time it comes.
func TestKillStorm(t *testing.T) {
	const kills = 200
	s, p := uplinktest.New(t), newPlace(t)
	p.ok(t, "enrol", s.Enrolment(1, time.Hour))
	s.Behave(uplinktest.Behaviour{React: func(r uplinktest.Received) uplinktest.Reaction {
		if r.Type != wire.TypeTicketOpen {
			return uplinktest.Reaction{}
		}
		switch rand.IntN(8) {
		case 0:
			return uplinktest.Reaction{Do: uplinktest.Lose}
		case 1:
			return uplinktest.Reaction{Do: uplinktest.Drop}
		case 2:
			return uplinktest.Reaction{Do: uplinktest.AckTwice}
		case 3:
			return uplinktest.Reaction{After: time.Duration(rand.IntN(100)) * time.Millisecond}
		}
		return uplinktest.Reaction{}
	}})
	var mu sync.Mutex
	told := map[string]string{} // ref → title
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for ringer := range 2 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				title := fmt.Sprintf("ringer %d, ring %d", ringer, n)
				status, out, _ := p.do(t, "ring", "--title", title, "--no-checkup", "--json")
				var r local.Receipt
				if status != 0 {
					continue // told that it was not saved
				}
				if err := json.Unmarshal([]byte(out), &r); err != nil || r.Delivery != local.Saved && r.Delivery != local.Sent {
					t.Errorf("status 0 and %q: %v", out, err)
				}
				mu.Lock()
				told[r.Ref] = title
				mu.Unlock()
			}
		})
	}
	for n := range kills {
		r := p.run(t, nil)
		if n%3 == 0 { // however slow the machine is, it is to have done something by then
			for deadline := time.Now().Add(30 * time.Second); !strings.Contains(r.log.String(), "msg=ready") && time.Now().Before(deadline); {
				time.Sleep(5 * time.Millisecond)
			}
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // when it dies is left to chance
		r.end(syscall.SIGKILL)
	}
	close(stop)
	s.Behave(uplinktest.Behaviour{}) // else each lost session makes the next wait longer, as it should
	r := p.run(t, nil)
	wg.Wait()
	p.await(t, "all is sent", func(s local.Status) bool { return connected(s) && s.Waiting == 0 })
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v\n%s", err, r.log)
	}
	arrived, doubled := map[string]string{}, 0
	for _, m := range s.Messages(wire.TypeTicketOpen) {
		var o wire.TicketOpen
		if err := m.Into(&o); err != nil {
			t.Fatal(err)
		}
		arrived[m.ID] = o.Title
		doubled += m.Times - 1
		if m.Conflicts > 0 {
			t.Errorf("%s (%s) came with other content", m.ID, o.Title)
		}
	}
	titles := map[string]int{}
	for _, title := range arrived {
		titles[title]++
	}
	for ref, title := range told {
		if arrived[ref] != title {
			t.Errorf("lost, or changed: %s %q, arrived %q", ref, title, arrived[ref])
		}
		if titles[title] != 1 {
			t.Errorf("%q is %d tickets", title, titles[title])
		}
	}
	t.Logf("%d kills: %d told saved or sent, %d arrived (%d of them were not promised), %d came again with the same content", kills, len(told), len(arrived), len(arrived)-len(told), doubled)
	if len(told) < kills/4 || doubled == 0 {
		t.Error("too little happened for this test to show anything")
	}
}

// With the rights that its unit leaves it, the service does what it is for.
func TestWithTheUnitsRights(t *testing.T) {
	s, p := uplinktest.New(t), newPlace(t)
	p.ok(t, "enrol", s.Enrolment(1, time.Hour))
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Fatal("this test needs setpriv, of Debian's package util-linux")
	}
	r := p.run(t, func(c *exec.Cmd) {
		c.Args = append([]string{"setpriv", "--bounding-set=-all,+dac_read_search,+net_raw", "--inh-caps=-all", "--no-new-privs", p.program}, c.Args[1:]...)
		path, err := exec.LookPath("setpriv")
		if err != nil {
			t.Fatal(err)
		}
		c.Path = path
	})
	p.await(t, "connected", connected)
	if out := p.ok(t, "ring", "--title", "x"); out != "Sent. Number 1000.\n" {
		t.Errorf("ring: %q", out)
	}
	var o wire.TicketOpen
	if m := s.Messages(wire.TypeTicketOpen); len(m) != 1 || m[0].Into(&o) != nil || o.Snapshot == nil {
		t.Fatal("no snapshot")
	}
	for _, section := range o.Snapshot.Sections() {
		if section.Name == diagnostics.SectionLog {
			continue // where there is no journal, only the kernel's own log is left, which the unit keeps from it
		}
		if section.State == "failed" || section.State == "timeout" {
			t.Errorf("%s: %s %s", section.Name, section.State, section.Note)
		}
	}
	ping := s.Open().Ask(wire.Ask{Kind: wire.AskPing, Params: json.RawMessage(`{"host":"127.0.0.1","count":1}`), Who: wire.Asker{Name: "Kim"}, ExpiresAt: time.Now().Add(time.Minute)})
	s.Wait("the ping", func() bool { a := s.Answers(ping); return len(a) > 0 && a[len(a)-1].Done })
	var part wire.PingPart
	for _, a := range s.Answers(ping) {
		if a.Code != "" {
			t.Errorf("ping: %s %s", a.Code, a.Sentence)
		}
		if len(a.Data) > 0 {
			json.Unmarshal(a.Data, &part)
		}
	}
	if part.Received != 1 {
		t.Errorf("ping: %+v", part)
	}
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v\n%s", err, r.log)
	}
}

// systemd is told when people can connect.
func TestNotify(t *testing.T) {
	p := newPlace(t)
	name := filepath.Join(p.dir, "notify")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: name}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Sec: 30}); err != nil {
		t.Fatal(err)
	}
	r := p.run(t, func(c *exec.Cmd) { c.Env = append(c.Env, "NOTIFY_SOCKET="+name) })
	b := make([]byte, 100)
	n, _, err := syscall.Recvfrom(fd, b, 0)
	if err != nil || string(b[:n]) != "READY=1" {
		t.Fatalf("it says %q, %v", b[:n], err)
	}
	p.ok(t, "status")
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// Installed on a system of Debian's older kind (no systemd runs where tests do), the
// service starts, tells its status, stops and goes.
func TestInstall(t *testing.T) {
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		t.Log("systemd runs here: the unit goes to it")
	}
	p := newPlace(t)
	p.ok(t, "install")
	name := serviceName(p.state())
	t.Cleanup(func() {
		p.do(t, "uninstall")
		os.Remove("/var/log/" + name + ".log")
		os.Remove("/var/log/" + name + ".err")
	})
	if status, _, errOut := p.do(t, "install"); status != 1 || !strings.Contains(errOut, "installed already") {
		t.Errorf("a second time: %d, %q", status, errOut)
	}
	p.ok(t, "start")
	p.await(t, "it runs", func(s local.Status) bool { return s.Connection == local.NotEnrolled })
	p.ok(t, "stop")
	if status, _, _ := p.do(t, "status"); status != 1 {
		t.Error("it still runs")
	}
	p.ok(t, "uninstall")
	if status, _, errOut := p.do(t, "uninstall"); status != 1 || !strings.Contains(errOut, "not installed") {
		t.Errorf("uninstalled twice: %d, %q", status, errOut)
	}
	for _, pattern := range []string{"/etc/init.d/*", "/etc/rc?.d/*", "/etc/systemd/system/*", "/var/run/*"} {
		if left, _ := filepath.Glob(pattern + name + "*"); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// A lost answer is asked for again with the same reference; a service that is not
// there is not waited for.
func TestPersist(t *testing.T) {
	lost := fault.New(fault.Unavailable, "The answer was lost.")
	n, ref := 0, ulid.Make().String()
	r, err := persist(t.Context(), func() (local.Receipt, error) {
		if n++; n < 3 {
			return local.Receipt{}, lost
		}
		return local.Receipt{Ref: ref}, nil
	})
	if err != nil || r.Ref != ref || n != 3 {
		t.Errorf("%+v, %v after %d tries", r, err, n)
	}
	n = 0
	_, err = persist(t.Context(), func() (local.Receipt, error) {
		n++
		return local.Receipt{}, fault.Wrap(syscall.ECONNREFUSED, fault.Unavailable, "Nobody there.")
	})
	if err == nil || n != 1 {
		t.Errorf("%v after %d tries", err, n)
	}
}
