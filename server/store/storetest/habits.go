package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testHabits is what is learned of endpoints' usual hours: kept as it is, byte by byte,
// the newer in place of the older, for more endpoints than are written at once.
func testHabits(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	save := func(m map[string][]byte) { must(t, w.DB.NOC().SaveHabits(ctx, m)) }
	want := map[string][]byte{}
	for i := range 150 {
		want[fmt.Sprintf("e%03d", i)] = []byte{1, 0, byte(i), 0xff}
	}
	save(nil)
	save(want)
	want["e007"] = []byte{2}
	want["other"] = []byte{0}
	save(map[string][]byte{"e007": want["e007"], "other": want["other"]})
	w.Reopen(t)
	habits := w.DB.NOC().Habits
	got, err := habits(ctx)
	must(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
