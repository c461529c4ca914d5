package wire

import "time"

// AskSpeed measures the way between the machine and the server: SpeedParams →
// SpeedPart, a part each half second; the receiver keeps the newest.
const AskSpeed AskKind = "probe.speed"

// SpeedParams says how long each direction is measured. Pass is the server's to set:
// what somebody asks with is written over, and it is kept nowhere.
type SpeedParams struct {
	Seconds int    `json:"seconds,omitempty"` // 1 to 10, each way; 0 means 6
	Pass    string `json:"pass,omitempty"`
}

// The bounds of a measurement, each way. The server cuts off what goes beyond them.
const (
	SpeedTime  = 10 * time.Second
	SpeedBytes = 64 << 20
)

// SpeedPath is where an agent measures, by connections of its own: GET {ask} is
// answered at once with a SpeedState, GET {ask}/down with SpeedBytes random bytes, and
// POST {ask}/up takes as many. Each request shows the ask's pass in PassHeader.
const (
	SpeedPath  = "/agent/v1/speed/"
	PassHeader = "Deskbell-Pass"
)

// SpeedState is what the server has received so far.
type SpeedState struct {
	Received      int64         `json:"received"`
	Took          time.Duration `json:"took_ns"` // between the first byte and the last
	BitsPerSecond float64       `json:"bits_per_second"`
}

// SpeedPhase is how far a measurement has come.
type SpeedPhase string

// The phases, in their order.
const (
	SpeedWaiting SpeedPhase = "waiting" // the server measures as many as it does at once
	SpeedIdle    SpeedPhase = "idle"
	SpeedDown    SpeedPhase = "down"
	SpeedUp      SpeedPhase = "up"
	SpeedDone    SpeedPhase = "done"
)

// SpeedLimit is what ended a direction.
type SpeedLimit string

// The limits.
const (
	SpeedByTime  SpeedLimit = "time"  // the seconds were over
	SpeedByBytes SpeedLimit = "bytes" // SpeedBytes were through before that
)

// SpeedPart is what is known so far.
type SpeedPart struct {
	Phase  SpeedPhase `json:"phase"`
	Server string     `json:"server,omitempty"` // host:port
	Idle   SpeedDelay `json:"idle"`             // while nothing else is under way
	Down   *SpeedWay  `json:"down,omitempty"`   // from the server to the machine
	Up     *SpeedWay  `json:"up,omitempty"`     // as the server counts it
}

// SpeedWay is one direction.
type SpeedWay struct {
	BitsPerSecond float64       `json:"bits_per_second"` // without the beginning, where a connection finds its pace
	Bytes         int64         `json:"bytes"`
	Took          time.Duration `json:"took_ns"`
	Limit         SpeedLimit    `json:"limit,omitempty"` // empty: it goes on, or broke off
	Busy          SpeedDelay    `json:"busy"`            // meanwhile
}

// SpeedDelay is how long the server's answers to small questions took.
type SpeedDelay struct {
	Samples int           `json:"samples"`
	P50     time.Duration `json:"p50_ns,omitempty"`
	P95     time.Duration `json:"p95_ns,omitempty"`
}

// Busy is how long answers took in the direction in which they took longer; 0 when
// nobody knows.
func (p SpeedPart) Busy() time.Duration {
	var worst time.Duration
	for _, w := range []*SpeedWay{p.Down, p.Up} {
		if w != nil && w.Busy.Samples > 0 {
			worst = max(worst, w.Busy.P50)
		}
	}
	return worst
}

// SpeedMeter counts bytes as they come.
type SpeedMeter struct {
	start, warm, last time.Time
	first, atWarm     int64 // bytes until then
	bytes             int64
}

const (
	speedWarm  = 500 * time.Millisecond // left out of the rate
	speedLeast = 250 * time.Millisecond // that the rate is taken from
)

// Add counts n bytes that came until now.
func (m *SpeedMeter) Add(n int, now time.Time) {
	m.bytes += int64(n)
	switch {
	case m.start.IsZero():
		m.start, m.first = now, m.bytes
	case m.warm.IsZero() && now.Sub(m.start) >= speedWarm:
		m.warm, m.atWarm = now, m.bytes
	}
	m.last = now
}

// State is what was counted. The rate is that of the time after the beginning; where
// all was over sooner, that of the whole.
func (m *SpeedMeter) State() SpeedState {
	s := SpeedState{Received: m.bytes, Took: m.last.Sub(m.start)}
	since, before := m.start, m.first
	if !m.warm.IsZero() && m.last.Sub(m.warm) >= speedLeast {
		since, before = m.warm, m.atWarm
	}
	if took := m.last.Sub(since).Seconds(); took > 0 {
		s.BitsPerSecond = float64(m.bytes-before) * 8 / took
	}
	return s
}
