package wire

import (
	"testing"
	"time"
)

// TestSpeedMeter leaves the beginning out of the rate, where there is more than that.
func TestSpeedMeter(t *testing.T) {
	at := time.Now()
	var m SpeedMeter
	if s := m.State(); s != (SpeedState{}) {
		t.Errorf("of nothing: %+v", s)
	}
	m.Add(5_000_000, at) // what a queue lets through at once
	if s := m.State(); s.Received != 5_000_000 || s.BitsPerSecond != 0 {
		t.Errorf("of one moment: %+v", s)
	}
	for i := 1; i <= 20; i++ {
		n := 125_000
		if i < 5 {
			n *= 9
		}
		m.Add(n, at.Add(time.Duration(i)*100*time.Millisecond))
		if s := m.State(); i == 4 && s.BitsPerSecond != 90e6 {
			t.Errorf("after 0.4 s: %+v", s)
		}
	}
	if s := m.State(); s.BitsPerSecond != 10e6 || s.Took != 2*time.Second || s.Received != 5_000_000+4*9*125_000+16*125_000 {
		t.Errorf("after 2 s: %+v", s)
	}
}

func TestSpeedBusyIsTheWorseDirection(t *testing.T) {
	p := SpeedPart{Down: &SpeedWay{Busy: SpeedDelay{Samples: 3, P50: 240 * time.Millisecond}}, Up: &SpeedWay{Busy: SpeedDelay{Samples: 9, P50: 30 * time.Millisecond}}}
	if got := p.Busy(); got != 240*time.Millisecond {
		t.Errorf("got %v", got)
	}
	if got := (SpeedPart{Down: &SpeedWay{}}).Busy(); got != 0 {
		t.Errorf("without a sample: %v", got)
	}
}
