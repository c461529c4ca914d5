package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/synthetic"
)

// testDevices keeps network devices, what is remembered of them and their log over a
// restart, with hostile text in all of it; and leaves nothing of one that goes.
func testDevices(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.Devices()
	at := w.Now().Truncate(time.Millisecond).UTC()
	one, two := device.Usual(), device.Usual()
	one.ID, one.Version, one.Name, one.Host, one.Sealed = "d1", 1, "Zürich\x00 „1“", "10.0.0.1", []byte{0, 1, 255}
	two.ID = "d2"
	memory := device.Memory{
		Life: synthetic.Life{Known: true, Down: true, Since: at, LastAt: at, Last: check.Result{Outcome: check.Failed, Says: "„no“\x00"}}, System: device.System{Name: "a\x00b"},
		Uptime: time.Hour, UptimeAt: at, Restarted: at, Ports: map[string]device.Port{"Gi0/1 „\x00“": {Was: true, State: device.PortDown, Since: at}},
	}
	line := func(n int64) device.Line {
		return device.Line{N: n, At: at, Port: "Gi0/1", Did: synthetic.WentDown, Says: "To the roof"}
	}
	hostile := line(3)
	hostile.Says, hostile.Port = "a\x00„b“", "p\x00"
	must(t, s.Update(ctx, func(tx device.Tx) error {
		must(t, tx.SaveDevice(one))
		must(t, tx.SaveDevice(two))
		must(t, tx.SaveMemory("d1", memory))
		for _, l := range []device.Line{line(1), line(2), hostile} {
			must(t, tx.AddLine("d1", l))
		}
		return tx.AddLine("d2", line(1))
	}))
	one.Version = 2
	must(t, s.Update(ctx, func(tx device.Tx) error {
		must(t, tx.SaveDevice(one)) // and what is remembered stays
		return tx.DropLines("d1", 1)
	}))
	w.Reopen(t)
	s = w.DB.Devices()
	rows, err := s.Devices(ctx)
	must(t, err)
	if diff := cmp.Diff([]device.Row{{Device: one, Memory: memory, Lines: 3}, {Device: two, Lines: 1}}, rows); diff != "" {
		t.Error(diff)
	}
	hostile.Says, hostile.Port = "a„b“", "p"
	lines, err := s.Log(ctx, "d1", 10)
	must(t, err)
	if diff := cmp.Diff([]device.Line{hostile, line(2)}, lines); diff != "" {
		t.Error(diff)
	}
	must(t, s.Update(ctx, func(tx device.Tx) error { return tx.DeleteDevice("d1") }))
	if lines, err = s.Log(ctx, "d1", 10); err != nil || len(lines) != 0 {
		t.Errorf("lines of one that is gone: %v, %v", lines, err)
	}
	if rows, err = s.Devices(ctx); err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
}
