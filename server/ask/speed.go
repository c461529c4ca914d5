package ask

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	// maxMeasured is how many machines are measured at once: more would measure each
	// other, and fill the line that tickets come by.
	maxMeasured = 2
	// measuredFor is how long a machine has its place: both directions, and room.
	measuredFor = 40 * time.Second
)

// Measurement is one of a machine's line, which has its place.
type Measurement struct {
	pass string
	ctx  context.Context
	stop context.CancelFunc

	until    time.Time // zero: it has no place yet. Under the asker's lock
	down, up atomic.Bool

	mu  sync.Mutex
	got wire.SpeedMeter
}

// newMeasurement returns one for a question for the speed, and else nil.
func newMeasurement(q Ask) *Measurement {
	if q.Kind != wire.AskSpeed {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Measurement{pass: rand.Text() + rand.Text(), ctx: ctx, stop: stop}
}

// sent are the parameters as the machine gets them: with the pass, which is kept
// nowhere else.
func (m *Measurement) sent(params json.RawMessage) (json.RawMessage, error) {
	var p wire.SpeedParams
	if len(params) > 0 {
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, fault.Field("params", "The parameters of a measurement are a number of seconds, from 1 to 10.")
		}
	}
	p.Pass = m.pass
	return json.Marshal(p)
}

// Context ends with the question.
func (m *Measurement) Context() context.Context { return m.ctx }

// Down reports whether the bytes may be sent: once.
func (m *Measurement) Down() bool { return m.down.CompareAndSwap(false, true) }

// Up reports whether bytes may be taken: once.
func (m *Measurement) Up() bool { return m.up.CompareAndSwap(false, true) }

// Got counts bytes that came.
func (m *Measurement) Got(n int, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got.Add(n, now)
}

// State is what has come so far.
func (m *Measurement) State() wire.SpeedState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got.State()
}

// Measure lets a machine in that shows the pass of a measurement that runs, and gives
// it its place. TooMany says that all places are taken.
func (a *Asker) Measure(id, pass string) (*Measurement, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.running[id]
	if r == nil || r.speed == nil || subtle.ConstantTimeCompare([]byte(pass), []byte(r.speed.pass)) != 1 {
		return nil, fault.New(fault.Forbidden, "No measurement of that name runs for whoever shows this pass.")
	}
	now := a.now()
	if !r.speed.until.IsZero() {
		if now.After(r.speed.until) {
			r.speed.stop()
			return nil, fault.New(fault.Forbidden, "The time of this measurement is over.")
		}
		return r.speed, nil
	}
	taken := 0
	for _, other := range a.running {
		if other.speed != nil && now.Before(other.speed.until) {
			taken++
		}
	}
	if taken >= maxMeasured {
		return nil, fault.New(fault.TooMany, "Two other machines are being measured. Come back in a second.")
	}
	r.speed.until = now.Add(measuredFor)
	return r.speed, nil
}

// admitSpeed refuses a second measurement of a machine.
func (a *Asker) admitSpeed(r Request) error {
	if r.Kind != wire.AskSpeed {
		return nil
	}
	if _, err := (&Measurement{}).sent(r.Params); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, x := range a.running {
		if x.speed != nil && x.ask.Endpoint == r.Endpoint {
			return fault.New(fault.TooMany, "This machine's speed is being measured already. Wait until that is done.")
		}
	}
	return nil
}

// StopMeasuring ends all measurements, because the server stops.
func (a *Asker) StopMeasuring() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.running {
		if r.speed != nil {
			r.speed.stop()
		}
	}
}
