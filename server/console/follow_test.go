package console_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestLogIsFollowed follows a log file of a real agent: its lines come as they are
// written, can be held still and filtered, and are few in the page however many come;
// who leaves the page ends it, and the ticket's history has one line for it.
func TestLogIsFollowed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "app.log")
	write := func(text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write("started\n")
	logs, err := files.NewLogs([]string{dir + "/*.log"})
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t)
	e := newEmployeeWith(t, s, func(o *agent.Options) { o.Logs = logs })
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(e.number))
	p.Live()
	begin := func(file string) {
		t.Helper()
		p.Click("[data-tool=log]")
		p.Fill("#tool-log [name=file]", file)
		p.Click("#tool-log [name=follow]")
	}
	begin(filepath.Join(dir, "other.txt"))
	p.Shows("#asked-list", "do not name this log file")
	p.Click("[data-tool=log]")
	begin(path)
	lines := "[...document.querySelectorAll('[data-follow-list] .log-text')].map(l => l.textContent)"
	p.Until("the newest line is there", lines+".join() === 'started'")
	write("password=hunter2\n" + browsertest.Ugly[:60] + "\nready\n")
	p.Until("what was written is there, and nobody asked for it", lines+".at(-1) === 'ready'")
	if text := p.Text("[data-follow-list]"); strings.Contains(text, "hunter2") || strings.Contains(text, "\x1b") {
		t.Errorf("the page has %q", text)
	}
	p.Tame("a log that is followed")
	p.Accessible("a log that is followed")
	p.Picture("follow")

	// Filtered, and held still: the filter stays.
	p.Fill("[data-follow-filter]", "ORDER")
	p.Until("nothing has the word", lines+".length === 0")
	write("order 1\nnoise\n")
	p.Until("what has it comes", lines+".join() === 'order 1'")
	p.Click("[data-follow-pause]")
	write("order 2\nmore noise\n")
	p.Shows("[data-follow-says]", "Paused: 2 lines wait.")
	if n := browsertest.Eval[int](p, lines+".length"); n != 1 {
		t.Errorf("%d lines are there while it is paused", n)
	}
	p.Click("[data-follow-pause]")
	p.Until("it goes on where it was, with the filter", lines+".join() === 'order 1,order 2'")
	p.Fill("[data-follow-filter]", "order")
	browsertest.Eval[bool](p, "(f => { f.value = ''; f.dispatchEvent(new Event('input', { bubbles: true })); return true })(document.querySelector('[data-follow-filter]'))")

	// More than can be sent: the newest stay, and it is said how many do not.
	var burst strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&burst, "burst %05d\n", i)
	}
	write(burst.String())
	p.Until("the newest is there", lines+".at(-1) === 'burst 19999'")
	p.Shows("[data-follow-says]", "lines were left out: more came than is sent.")
	if n := browsertest.Eval[int](p, lines+".length"); n > 1000 {
		t.Errorf("%d lines are in the page", n)
	}

	// Who leaves ends it: no more is read, and the history has one line for each question.
	id := browsertest.Eval[string](p, "document.querySelector('[data-follow]').dataset.follow")
	p.Go("/account")
	state := func() string {
		p.Go("/asks/" + id)
		return p.Text(".ask-state")
	}
	servertest.Wait(t, "the question to be withdrawn", func() bool { return strings.Contains(state(), "Cancelled") })
	p.Until("what came is there still", lines+".at(-1) === 'burst 19999'")
	p.Shows("form", "Follow again")
	p.Accessible("a log that was followed")
	p.Fits("a log that was followed")
	p.Picture("follow-ended")
	p.Go(ticketPath(e.number))
	if n := browsertest.Eval[int](p, "[...document.querySelectorAll('.talk .step')].filter(e => /log/i.test(e.textContent)).length"); n != 2 {
		t.Errorf("the ticket's history has %d lines of two questions", n)
	}
	p.Clean()
}
