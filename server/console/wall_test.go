package console_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestWallDrawsWhatChanges: a machine that goes is another cell at once, the other
// site's part stays as it is, and what the pointer is over has a ring as long as it is.
func TestWallDrawsWhatChanges(t *testing.T) {
	s := servertest.Start(t)
	goes, stays := browsertest.NewMachine(t, s, "Berlin", "goes"), browsertest.NewMachine(t, s, "Munich", "stays")
	for _, m := range []*browsertest.Machine{goes, stays} {
		m.Join()
		m.Health(10, 40, 50)
	}
	p := open(t, s, auth.Operator)
	p.Go("/noc")
	p.Live()
	p.Until("both are drawn", `document.querySelector('canvas[data-drawn]')?.dataset.drawn === "2"`)
	if n := browsertest.Eval[int](p, `performance.getEntriesByType('resource').filter((r) => r.name.endsWith('/noc/cells')).length`); n != 1 {
		t.Errorf("the cells were fetched %d times", n)
	}
	// The wall's left or upper part is Berlin's, the other Munich's: the first and the last pixels of the canvas.
	const parts = `(() => { const c = document.querySelector('canvas[data-wall]'); const whole = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
		const sum = (from, to) => { let n = 0; for (let y = 0; y < c.height; y++) for (let x = 0; x < c.width; x++) { const second = c.width > c.height ? x > c.width / 2 : y > c.height / 2; if (second === (from === 1)) { const i = 4 * (y * c.width + x); n = (n * 31 + whole[i] + 256 * whole[i + 1] + 65536 * whole[i + 2]) % 2147483647; } } return n; };
		return [sum(0), sum(1)]; })()`
	before := browsertest.Eval[[]int](p, parts)
	goes.Go(wire.ByeShutdown)
	p.Until("Berlin is another", `(() => { const now = `+parts+`; window.wallNow = now; return now.some((n, i) => n !== [`+join(before)+`][i]); })()`)
	p.Until("what is drawn is all", `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	after := browsertest.Eval[[]int](p, parts)
	if (after[0] == before[0]) == (after[1] == before[1]) {
		t.Errorf("of the wall's parts were drawn anew: first %v, second %v; want one of them", after[0] != before[0], after[1] != before[1])
	}
	const move = `(() => { const c = document.querySelector('canvas[data-wall]'); const at = (type, x, y) => { const r = c.getBoundingClientRect(); c.dispatchEvent(new MouseEvent(type, {clientX: r.left + x, clientY: r.top + y, bubbles: true})); };`
	p.Until("the pointer's cell has a ring", move+` at('mousemove', 30, c.getBoundingClientRect().height / 4); const now = `+parts+`; return now.some((n, i) => n !== [`+join(after)+`][i]); })()`)
	p.Until("and loses it", move+` at('mouseleave', 0, 0); const now = `+parts+`; return now.every((n, i) => n === [`+join(after)+`][i]); })()`)
}

func join(all []int) string {
	var out []string
	for _, n := range all {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ",")
}
