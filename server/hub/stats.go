package hub

import (
	"errors"
	"net"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
)

// Stats count what agents do.
type Stats struct {
	Sessions   prometheus.Gauge
	Frames     prometheus.Counter
	PushesLost prometheus.Counter
	messages   *prometheus.CounterVec
	refused    *prometheus.CounterVec
	ends       *prometheus.CounterVec
}

// NewStats registers the hub's counters.
func NewStats(r prometheus.Registerer) *Stats {
	s := &Stats{
		Sessions:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "deskbell_hub_sessions", Help: "Agents that are connected and proven."}),
		Frames:     prometheus.NewCounter(prometheus.CounterOpts{Name: "deskbell_hub_health_frames_total", Help: "Health frames taken in."}),
		PushesLost: prometheus.NewCounter(prometheus.CounterOpts{Name: "deskbell_hub_push_restarts_total", Help: "Times that telling trays of changes fell behind and began anew."}),
		messages:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "deskbell_hub_messages_total", Help: "Text messages of agents, by type."}, []string{"type"}),
		refused:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "deskbell_hub_refused_total", Help: "Connections and messages of agents that were refused, by code."}, []string{"code"}),
		ends:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "deskbell_hub_session_ends_total", Help: "Ended sessions, by reason."}, []string{"reason"}),
	}
	r.MustRegister(s.Sessions, s.Frames, s.PushesLost, s.messages, s.refused, s.ends)
	return s
}

// Refused counts a refusal.
func (s *Stats) Refused(code fault.Code) { s.refused.WithLabelValues(string(code)).Inc() }

// message counts a message by its type; one that is not known has no label of its
// own: an agent must not be able to make as many series as it likes.
func (s *Stats) message(t wire.Type) {
	if _, known := operations[t]; !known {
		t = "unknown"
	}
	s.messages.WithLabelValues(string(t)).Inc()
}

// ended counts the end of a session.
func (s *Stats) ended(err error) {
	reason := "lost"
	switch {
	case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway):
		reason = "closed"
	case errors.Is(err, websocket.ErrReadLimit):
		reason = "too_large"
	case fault.Is(err, fault.TooMany):
		reason = "too_many"
	case fault.Is(err, fault.Invalid):
		reason = "malformed"
	case errors.Is(err, socket.ErrSlow):
		reason = "slow"
	default:
		if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
			reason = "silent"
		}
	}
	s.ends.WithLabelValues(reason).Inc()
}
