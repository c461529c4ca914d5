package kit

import (
	"math"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

func TestSpeedWords(t *testing.T) {
	delay := func(ms int) wire.SpeedDelay {
		return wire.SpeedDelay{Samples: 15, P50: time.Duration(ms) * time.Millisecond, P95: time.Duration(2*ms) * time.Millisecond}
	}
	down, up := &wire.SpeedWay{BitsPerSecond: 94.2e6, Busy: delay(240)}, &wire.SpeedWay{BitsPerSecond: 11e6, Busy: delay(90)}
	for name, x := range map[string]struct {
		part        wire.SpeedPart
		known, good bool
		words       string
	}{
		"bloated":  {wire.SpeedPart{Phase: wire.SpeedDone, Idle: delay(18), Down: down, Up: up}, true, false, "94 Mbit/s down, 11 Mbit/s up; answers take 18 ms, 240 ms while it is busy. Whatever else is sent meanwhile waits for as long: calls break up."},
		"good":     {wire.SpeedPart{Phase: wire.SpeedDone, Idle: delay(60), Down: down, Up: up}, true, true, "94 Mbit/s down, 11 Mbit/s up; answers take 60 ms, 240 ms while it is busy."},
		"half way": {wire.SpeedPart{Phase: wire.SpeedDown, Idle: delay(18), Down: &wire.SpeedWay{BitsPerSecond: 850e3}}, false, false, "850 kbit/s down; answers take 18 ms…"},
		"waits":    {wire.SpeedPart{Phase: wire.SpeedWaiting}, false, false, "Two other machines are being measured. This one is next."},
		"nothing":  {wire.SpeedPart{Phase: wire.SpeedDone, Down: &wire.SpeedWay{}}, false, false, "Nothing came through, so nobody can say how fast the line is."},
		"hostile":  {wire.SpeedPart{Phase: wire.SpeedDone, Down: &wire.SpeedWay{BitsPerSecond: math.MaxFloat64}, Up: &wire.SpeedWay{BitsPerSecond: -1}}, true, true, "– down."},
	} {
		if known, good, words := SpeedWords(x.part); known != x.known || good != x.good || words != x.words {
			t.Errorf("%s: %v %v %q", name, known, good, words)
		}
	}
	if got := speedWay(&wire.SpeedWay{BitsPerSecond: 1.2e9, Bytes: wire.SpeedBytes, Took: 450 * time.Millisecond, Limit: wire.SpeedByBytes}); got != "1.2 Gbit/s: 67.1 MB in 450 ms, until the server's bound of 64 MiB" {
		t.Errorf("%q", got)
	}
}
