package machine

import (
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// answerSpeed makes up a line: the machine's own, always the same, and each tenth one
// whose router keeps everything waiting. No byte is moved.
func (m *Machine) answerSpeed(p wire.SpeedParams) ([]Part, error) {
	if p.Seconds == 0 {
		p.Seconds = 6
	}
	if p.Seconds < 1 || p.Seconds > 10 {
		return nil, fault.Field("seconds", "The parameter “seconds” can be from 1 to 10.")
	}
	trip := m.trip("deskbell.example.com") + time.Millisecond
	busy := trip + 12*time.Millisecond
	if m.seed%10 == 0 {
		busy = trip + 380*time.Millisecond
	}
	down := []float64{94e6, 47e6, 230e6, 16e6, 610e6}[m.seed%5]
	delay := func(n int, d time.Duration) wire.SpeedDelay {
		return wire.SpeedDelay{Samples: n, P50: d, P95: d + d/3}
	}
	part := wire.SpeedPart{Phase: wire.SpeedIdle, Server: "deskbell.example.com:443"}
	parts := []Part{{100 * time.Millisecond, part}}
	part.Idle = delay(15, trip)
	for _, phase := range []wire.SpeedPhase{wire.SpeedDown, wire.SpeedUp} {
		rate := down
		if phase == wire.SpeedUp {
			rate = down / 5
		}
		way := wire.SpeedWay{BitsPerSecond: rate}
		for way.Limit == "" {
			way.Took += 500 * time.Millisecond
			way.Bytes = int64(rate / 8 * way.Took.Seconds())
			switch {
			case way.Bytes >= wire.SpeedBytes:
				way.Bytes, way.Limit = wire.SpeedBytes, wire.SpeedByBytes
			case way.Took >= time.Duration(p.Seconds)*time.Second:
				way.Limit = wire.SpeedByTime
			}
			way.Busy = delay(int(way.Took/(busy+100*time.Millisecond))+1, busy)
			now := way
			part.Phase = phase
			if phase == wire.SpeedDown {
				part.Down = &now
			} else {
				part.Up = &now
			}
			parts = append(parts, Part{500 * time.Millisecond, part})
		}
	}
	part.Phase = wire.SpeedDone
	return append(parts, Part{300 * time.Millisecond, part}), nil
}
