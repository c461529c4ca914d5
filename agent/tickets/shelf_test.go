//go:build linux

package tickets_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/internal/wire"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t *testing.T, dir, endpoint string) *tickets.Shelf {
	t.Helper()
	s, err := tickets.Open(dir, endpoint, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(minute int) time.Time { return time.Date(2026, 11, 21, 10, minute, 0, 0, time.UTC) }

// view is a ticket with messages: "d" from the help desk, "m" from the requester.
func view(id string, version int, messages string) wire.TicketView {
	t := wire.TicketView{ID: id, Number: 1000, Ref: "ref-" + id, Title: "Title of " + id, Version: int64(version), UpdatedAt: at(version)}
	for i, who := range messages {
		m := wire.MessageView{ID: fmt.Sprintf("%s-%d", id, i), At: at(i), Author: "Kim", Body: fmt.Sprintf("text %d", i), Mine: who == 'm'}
		if t.Messages = append(t.Messages, m); !m.Mine {
			t.Unread++
		}
	}
	return t
}

func ids(list []wire.TicketView) string {
	var out []string
	for _, t := range list {
		out = append(out, fmt.Sprintf("%s%d", t.ID, t.Version))
	}
	return strings.Join(out, " ")
}

func list(s *tickets.Shelf, uid string) string {
	l, _ := s.List(uid)
	return ids(l)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeepsWhatTheServerSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "people")
	s := open(t, dir, "e1")
	must(t, s.Replace("1000", []wire.TicketView{view("b", 5, "d"), view("a", 1, "")}, 100, s.Asking(), at(9)))
	must(t, s.Put("1000", view("c", 7, "")))
	must(t, s.Put("1000", view("b", 4, "dd"))) // overtaken
	must(t, s.Put("1001", view("x", 1, "")))
	for range 2 {
		if got := list(s, "1000"); got != "c7 b5 a1" {
			t.Errorf("list %q", got)
		}
		if got := list(s, "1001"); got != "x1" {
			t.Errorf("another person's list %q", got)
		}
		if _, asOf := s.List("1000"); !asOf.Equal(at(9)) {
			t.Errorf("as of %v", asOf)
		}
		for _, name := range []string{"b", "ref-b"} {
			if _, ok := s.Find("1000", name); !ok {
				t.Errorf("%s is not found", name)
			}
			if _, ok := s.Find("1001", name); ok {
				t.Errorf("%s is found by another person", name)
			}
		}
		if !slices.Equal(s.People(), []string{"1000", "1001"}) {
			t.Errorf("people %v", s.People())
		}
		s = open(t, dir, "e1") // as after a restart
	}
	must(t, s.Replace("1000", []wire.TicketView{view("c", 6, "")}, 100, s.Asking(), at(10)))
	if got := list(s, "1000"); got != "c7" {
		t.Errorf("the answer to tickets.get leaves %q: an overtaken view must not win, and what is not in it is gone", got)
	}
	must(t, s.Replace("1001", []wire.TicketView{view("y", 3, ""), view("z", 2, "")}, 2, s.Asking(), at(10)))
	if got := list(s, "1001"); got != "y3 z2 x1" {
		t.Errorf("a full answer leaves %q: there may be more than were told", got)
	}
	asked := s.Asking()
	must(t, s.Put("1000", view("d", 1, "")))
	must(t, s.Replace("1000", []wire.TicketView{view("c", 6, "")}, 100, asked, at(11)))
	if got := list(s, "1000"); !strings.Contains(got, "d1") || !strings.Contains(got, "c7") {
		t.Errorf("after an answer that a new ticket has overtaken: %q", got)
	}
	must(t, s.Replace("1000", []wire.TicketView{view("c", 7, "")}, 100, s.Asking(), at(12)))
	if got := list(s, "1000"); got != "c7" {
		t.Errorf("after a later answer: %q", got)
	}
	if got := list(open(t, dir, "e2"), "1000"); got != "" {
		t.Errorf("another identity sees %q", got)
	}
}

func TestUnreadAndNews(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "people")
	s := open(t, dir, "e1")
	must(t, s.Put("1000", view("a", 1, "dmdd")))
	long := view("b", 2, "d")
	long.Messages[0].Body = "first line\n\tsecond\x1b[31m \u202eline " + strings.Repeat("x", 500)
	long.Messages[0].At = at(30)
	must(t, s.Put("1000", long))
	unread, news, rev := s.Summary("1000")
	if unread != 4 || len(news) != 4 || news[0].Ticket != "b" || news[1].ID != "a-3" {
		t.Fatalf("%d unread, news %+v", unread, news)
	}
	if news[0].Solved {
		t.Error("a ticket that is not resolved has a solution")
	}
	solved := view("c", 3, "dmd")
	solved.State = "resolved"
	other := open(t, filepath.Join(t.TempDir(), "people"), "e1")
	must(t, other.Put("1000", solved))
	if _, list, _ := other.Summary("1000"); len(list) != 2 || list[0].ID != "c-2" || !list[0].Solved || list[1].Solved {
		t.Errorf("the solution is not told from what was said before: %+v", list)
	}
	if got := news[0].Text; !strings.HasPrefix(got, "first line second [31m line x") || len([]rune(got)) > 142 {
		t.Errorf("text %q", got)
	}
	if u, n, r := s.Summary("1001"); u != 0 || n != nil || r != 0 {
		t.Error("another person has news")
	}
	if told, err := s.Read("1000", "a", "a-2"); err != nil || !told {
		t.Errorf("reading: %v, %v", told, err)
	}
	check := func(want int) {
		t.Helper()
		if u, _, _ := s.Summary("1000"); u != want {
			t.Errorf("%d unread, want %d", u, want)
		}
	}
	check(2)
	if told, _ := s.Read("1000", "a", "a-0"); told {
		t.Error("reading goes backwards")
	}
	if told, _ := s.Read("1000", "a", "nonsense"); told {
		t.Error("a message that is not there was read")
	}
	if told, _ := s.Read("1001", "a", ""); told {
		t.Error("another person has read it")
	}
	must(t, s.Put("1000", view("a", 3, "dmddd"))) // the server has not heard yet how far was read
	check(3)
	s = open(t, dir, "e1")
	check(3)
	if got := s.Untold("1000"); len(got) != 1 || got["a"] != "a-2" {
		t.Errorf("untold %v", got)
	}
	must(t, s.Told("1000", "a", "a-2"))
	if got := open(t, dir, "e1").Untold("1000"); len(got) != 0 {
		t.Errorf("untold %v", got)
	}
	elsewhere := view("a", 4, "dmddd")
	elsewhere.Unread = 0 // read in the portal
	must(t, s.Put("1000", elsewhere))
	check(1)
	if _, err := s.Read("1000", "b", ""); err != nil {
		t.Fatal(err)
	}
	check(0)
	if _, _, r := s.Summary("1000"); r <= rev {
		t.Error("the revision does not rise")
	}
}

func TestNewsAreBounded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "people"), "e1")
	must(t, s.Put("1000", view("a", 1, strings.Repeat("d", 50))))
	if u, n, _ := s.Summary("1000"); u != 50 || len(n) != 20 || n[0].ID != "a-49" {
		t.Errorf("%d unread, %d news from %s", u, len(n), n[0].ID)
	}
}

// A server's words become neither paths nor endless files.
func TestHostileServer(t *testing.T) {
	top := t.TempDir()
	s := open(t, filepath.Join(top, "people"), "e1")
	for _, uid := range []string{"", "../evil", "a/b", "..", `a\b`, "x\x00", strings.Repeat("1", 300)} {
		if err := s.Put(uid, view("a", 1, "")); err == nil {
			t.Errorf("%q is a person", uid)
		}
	}
	if left, _ := os.ReadDir(top); len(left) != 1 {
		t.Errorf("files: %v", left)
	}
	for i := range 400 {
		must(t, s.Put("1000", view(fmt.Sprintf("t%d", i), 1, "")))
	}
	if l, _ := s.List("1000"); len(l) > 300 {
		t.Errorf("%d tickets", len(l))
	}
}

func TestDamagedFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "people")
	s := open(t, dir, "e1")
	must(t, s.Put("1000", view("a", 1, "")))
	must(t, s.Put("1001", view("b", 1, "")))
	must(t, os.Truncate(filepath.Join(dir, "1000.json"), 10))
	must(t, os.WriteFile(filepath.Join(dir, ".new-1"), []byte("x"), 0o600))
	if got := list(s, "1000"); got != "" {
		t.Errorf("list %q", got)
	}
	s = open(t, dir, "e1")
	must(t, s.Put("1000", view("a", 2, "")))
	if list(s, "1000") != "a2" || list(s, "1001") != "b1" {
		t.Errorf("lists %q, %q", list(s, "1000"), list(s, "1001"))
	}
}

// On a full disk new messages are shown all the same, and stored when there is room.
func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=16k"); err != nil {
		t.Fatalf("mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(mount, 0) })
	dir := filepath.Join(mount, "people")
	s := open(t, dir, "e1")
	must(t, s.Put("1000", view("a", 1, "d")))
	filler := filepath.Join(mount, "filler")
	os.WriteFile(filler, make([]byte, 64<<10), 0o600)
	must(t, s.Put("1000", view("a", 2, "dd")))
	if u, _, _ := s.Summary("1000"); u != 2 || list(s, "1000") != "a2" {
		t.Errorf("%d unread, list %q", u, list(s, "1000"))
	}
	if got := list(open(t, dir, "e1"), "1000"); got != "a1" {
		t.Errorf("on the disk is %q, want the old state whole", got)
	}
	must(t, os.Remove(filler))
	must(t, s.Put("1000", view("a", 3, "ddd")))
	if got := list(open(t, dir, "e1"), "1000"); got != "a3" {
		t.Errorf("on the disk is %q", got)
	}
}

func TestChanged(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "people"), "e1")
	ch := s.Changed()
	must(t, s.Put("1000", view("a", 1, "")))
	select {
	case <-ch:
	default:
		t.Error("nobody is told")
	}
}
