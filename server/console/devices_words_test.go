package console

import (
	"testing"

	"github.com/deskbell/deskbell/server/device"
)

// TestLineWords: what a line carries in words, and nothing where nobody can tell.
func TestLineWords(t *testing.T) {
	for n, want := range map[float64]string{0: "0 bit/s", 12: "12 bit/s", 999.4: "999 bit/s", 999.6: "1.0 kbit/s", 9949: "9.9 kbit/s", 9960: "10 kbit/s", 1e7: "10 Mbit/s", 2.5e9: "2.5 Gbit/s", 4e14: "400 Tbit/s"} {
		if got := bits(device.Rate{PerSecond: n, OK: true}); got != want {
			t.Errorf("%g is %q, want %q", n, got, want)
		}
	}
	known := func(n float64) device.Rate { return device.Rate{PerSecond: n, OK: true} }
	for _, c := range []struct {
		port device.PortView
		want string
	}{
		{device.PortView{Interface: device.Interface{Speed: 1e9}, Rates: device.Rates{In: known(1e8), Out: known(4.2e8)}}, "42 %"},
		{device.PortView{Rates: device.Rates{In: known(1e8), Out: known(4e8)}}, ""},
		{device.PortView{Interface: device.Interface{Speed: 1e9}, Rates: device.Rates{In: known(1e8)}}, ""},
	} {
		if got := lineUsed(&c.port); got != c.want {
			t.Errorf("%+v is %q, want %q", c.port, got, c.want)
		}
	}
	for r, want := range map[device.Rate]string{{}: "–", known(0): "0", known(0.01): "< 0.1", known(3.25): "3.2"} {
		if got := perSecond(r); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}
