package console_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// manyProcesses are 2000: forty programs with helpers below them, one process that
// says it is its own grandparent, and one whose every text is hostile.
func manyProcesses(cpu func(pid int32) float64) []diagnostics.ProcessRow {
	var rows []diagnostics.ProcessRow
	began := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	add := func(pid, parent int32, name, command string) {
		rows = append(rows, diagnostics.ProcessRow{
			ProcessNow: diagnostics.ProcessNow{PID: pid, Parent: parent, State: "S", CPUPct: cpu(pid), RSS: uint64(pid) << 12}, Name: name, User: "mara", Started: began, Command: command,
		})
	}
	add(1, 0, "init", "/sbin/init")
	for i := range int32(40) {
		add(100+i, 1, fmt.Sprintf("program-%02d", i), fmt.Sprintf("/usr/bin/program-%02d --long", i))
		for j := range int32(48) {
			add(1000+i*100+j, 100+i, fmt.Sprintf("helper-%02d-%02d", i, j), "helper")
		}
	}
	for i := range int32(36) {
		add(10_000+i, 1, fmt.Sprintf("other-%02d", i), "")
	}
	add(20_001, 20_002, "ring-a", "")
	add(20_002, 20_001, "ring-b", "")
	add(20_003, 1, browsertest.Ugly[:60], browsertest.Ugly)
	return rows
}

// TestTreeOfProcesses works with two thousand processes: few of them are in the page,
// they hold still, and all can be done from the keyboard.
func TestTreeOfProcesses(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	inv := browsertest.Inventory("PC-17")
	inv.Hash, inv.Policy = "inventory-2", &wire.Policy{Allow: []wire.AskKind{wire.ActEndProcess}}
	m.Call(wire.TypeInventory, inv)
	n := m.Ring(mara, "It is slow", "", nil, nil)
	told := make(chan wire.Ask, 4)
	m.Answer(func(a wire.Ask) []any {
		if a.Kind != wire.AskProcesses {
			told <- a
			return []any{wire.ActPart{Says: "It has closed."}}
		}
		rows := manyProcesses(func(pid int32) float64 {
			if pid == 105 {
				return 90
			}
			return float64(pid%7) / 10
		})
		late := diagnostics.ProcessRow{ProcessNow: diagnostics.ProcessNow{PID: 30_000, Parent: 105, CPUPct: 300}, Name: "late", Started: time.Now()}
		return []any{
			diagnostics.ProcessChanges{Begin: true, Total: len(rows), Running: 3, Rows: rows[:1000]},
			diagnostics.ProcessChanges{Total: len(rows), Running: 3, Rows: rows[1000:], Now: []diagnostics.ProcessNow{{PID: 105, Parent: 1, CPUPct: 91, RSS: 5}}},
			diagnostics.ProcessChanges{Total: len(rows), Running: 3, Rows: []diagnostics.ProcessRow{late}, Gone: []int32{10_000}},
		}
	})
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	release := m.Hold()
	p.Click("[data-tool=processes]")
	p.Until("the first rows are there", "Number(document.querySelector('[data-tree]')?.dataset.rows) === 1000")
	release()
	all := 1 + 40*49 + 36 + 3
	p.Until("all rows are in the tree", fmt.Sprintf("Number(document.querySelector('[data-tree]')?.dataset.rows) === %d", all))
	p.Shows(".ask[open] .ask-state", "Answered")
	if nodes := browsertest.Eval[int](p, "document.querySelectorAll('[data-tree-rows] *').length"); nodes == 0 || nodes > 800 {
		t.Errorf("%d elements stand for %d rows", nodes, all)
	}
	if got := browsertest.Eval[string](p, "document.querySelector('[data-tree-grid]').getAttribute('aria-rowcount')"); got != fmt.Sprint(all+1) {
		t.Errorf("the grid says that it has %s rows", got)
	}
	first := "document.querySelector('[data-tree-rows] > [aria-rowindex=\"%d\"]')"
	name := func(i int) string {
		return fmt.Sprintf("("+first+"?.querySelector('[data-column=name]').textContent)", i+1)
	}
	p.Until("the tree begins at its root", name(1)+" === 'init' || "+name(1)+" === 'ring-a' || "+name(1)+" === 'ring-b'")
	p.Tame("the tree of processes")
	p.Accessible("the tree of processes")
	p.Picture("tree")

	// A filter leaves what has the words, below what it hangs on.
	p.Fill("[data-tree-filter]", "helper-07-3")
	p.Until("it is filtered", "Number(document.querySelector('[data-tree]').dataset.rows) === 12")
	p.Until("above stands what it hangs on", name(1)+" === 'init' && "+name(2)+" === 'program-07'")
	if got := browsertest.Eval[string](p, "(() => { const r = "+fmt.Sprintf(first, 4)+"; return [r.ariaLevel, r.ariaPosInSet, r.ariaSetSize].join() })()"); got != "3,1,10" {
		t.Errorf("the third row says of itself %s", got)
	}
	p.Fill("[data-tree-filter]", "ring-")
	p.Until("a ring of processes is shown once", "[...document.querySelectorAll('[data-tree-rows] [data-column=name]')].map(c => c.textContent).join() === 'ring-a,ring-b' || [...document.querySelectorAll('[data-tree-rows] [data-column=name]')].map(c => c.textContent).join() === 'ring-b,ring-a'")
	p.Fill("[data-tree-filter]", "program")
	p.Choose("[data-tree-by]", "name")
	p.Until("it is sorted by name", name(2)+" === 'program-00'")
	p.Choose("[data-tree-by]", "cpu")
	p.Until("it is sorted by processor time", name(2)+" === 'program-05'")
	p.Click("[data-tree-flat]")
	p.Until("there is no tree", name(1)+" === 'program-05'")
	p.Click("[data-tree-flat]")
	// The keyboard.
	on := "document.activeElement.closest('[role=row]')?.querySelector('[data-column=name]')?.textContent"
	browsertest.Eval[bool](p, "(f => { f.value = ''; f.dispatchEvent(new Event('input', { bubbles: true })); return true })(document.querySelector('[data-tree-filter]'))")
	p.Until("all are there again", fmt.Sprintf("Number(document.querySelector('[data-tree]').dataset.rows) === %d", all))
	browsertest.Eval[bool](p, "(document.querySelector('[data-tree-rows] > [tabindex=\"0\"]').focus(), true)")
	p.Press(kb.Home)
	p.Press(kb.ArrowDown)
	was := browsertest.Eval[string](p, on)
	p.Press(kb.ArrowLeft)
	p.Until("it is closed, and the keyboard is where it was", on+" === "+fmt.Sprintf("%q", was)+" && document.activeElement.ariaExpanded !== 'true'")
	p.Press(kb.ArrowLeft)
	p.Until("the keyboard is on what it hangs on", "document.activeElement.ariaLevel === '1'")
	p.Press(kb.End)
	p.Until("the last row has the keyboard", "Number(document.activeElement.ariaRowIndex) === Number(document.querySelector('[data-tree-grid]').ariaRowCount)")
	p.Press(kb.PageUp)
	p.Press(kb.Home)
	p.Press(kb.ArrowRight) // into the cells
	p.Until("a cell has the keyboard", "document.activeElement.role === 'gridcell'")
	p.Press(kb.End)
	p.Until("its button has the keyboard", "document.activeElement.matches('[data-column=end] button, [role=gridcell]')")
	p.Press(kb.ArrowDown)
	p.Until("the next row has it, in the same column", "document.activeElement.closest('[role=row]').ariaRowIndex === '3'")
	p.Shows("[data-tree-about]", "Started")
	p.Accessible("a row that is chosen")

	// Wide and narrow.
	id := browsertest.Eval[string](p, "document.querySelector('[data-tree]').dataset.tree")
	p.Go("/asks/" + id)
	p.Until("all rows are in the tree again", fmt.Sprintf("Number(document.querySelector('[data-tree]')?.dataset.rows) === %d", all))
	p.Shows("[data-tree-grid]", "Command")
	p.Accessible("the tree alone")
	p.Picture("tree-wide")
	p.Fits("the tree alone")
	p.Clean()
	phone := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician)), Width: 390, Height: 844, Touch: true, Scheme: "dark"})
	phone.Go("/asks/" + id)
	phone.Until("all rows are in the tree on a phone", fmt.Sprintf("Number(document.querySelector('[data-tree]')?.dataset.rows) === %d", all))
	phone.Accessible("the tree on a phone, dark")
	phone.Fits("the tree on a phone")
	phone.Picture("tree-phone")
	phone.Clean()
}

// TestTreeWithARealAgent ends a process of this machine: it appears below its parent,
// is ended from its row, and is gone.
func TestTreeWithARealAgent(t *testing.T) {
	s := servertest.Start(t)
	e := newEmployee(t, s, wire.ActEndProcess)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(e.number))
	p.Live()
	p.Click("[data-tool=processes]")
	p.Until("there are rows", "Number(document.querySelector('[data-tree]')?.dataset.rows) > 0")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := exec.CommandContext(ctx, "/bin/sleep", "86317")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	p.Fill("[data-tree-filter]", "sleep 86317")
	row := fmt.Sprintf("[data-tree-rows] > [data-pid=\"%d\"]", child.Process.Pid)
	p.Until("the child is there", fmt.Sprintf("document.querySelector(%q) !== null", row))
	parent := browsertest.Eval[string](p, fmt.Sprintf(`(() => { const r = document.querySelector(%q); let a = r.previousElementSibling; return [a?.dataset.pid, Number(r.ariaLevel) - Number(a?.ariaLevel)].join() })()`, row))
	if want := fmt.Sprintf("%d,1", os.Getpid()); parent != want {
		t.Errorf("above it stands %s, not %s", parent, want)
	}
	p.Click(row + " button")
	p.Shows("[data-tree-end]", fmt.Sprintf("End process %d on ", child.Process.Pid))
	p.Accessible("to end a process")
	p.Click("[data-tree-end] [type=submit]")
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the process runs still")
	}
	p.Until("it is gone, or said to have ended", fmt.Sprintf("(document.querySelector(%q)?.textContent ?? '(ended)').includes('(ended)')", row))
	p.Shows("#asked-list", "sleep")
	p.Click(`[id^="ask-"] form[action$="/cancel"] button`)
	p.Until("nothing is watched any more", "document.querySelector('[data-tree]').closest('.ask').querySelector('.ask-state').textContent.includes('Cancelled')")
	p.Shows("[data-tree] ~ form, .ask-body form", "Watch again")
	if text := p.Text("#asked"); strings.Contains(text, "cpu_percent") {
		t.Error("an answer is shown as JSON")
	}
	p.Clean()
}
