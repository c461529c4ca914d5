package server

import (
	"net/http"
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
)

// emptyPage answers nothing, to everybody: endpoints ask for it without encryption,
// to learn whether a network answers in our place.
func (s *Server) emptyPage() gate.Handler {
	m := meter{by: map[string]int{}}
	return func(w http.ResponseWriter, r *http.Request, _ auth.Actor) {
		w.Header().Set("Cache-Control", "no-store")
		if !m.take(gate.From(r), time.Now()) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// What the empty page answers in one second. A whole office may come from one address.
const (
	emptyEach = 50   // to one address
	emptyAll  = 2000 // addresses
)

// meter counts who came in this second.
type meter struct {
	mu     sync.Mutex
	second int64
	by     map[string]int
}

func (m *meter) take(who string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at := now.Unix(); at != m.second {
		m.second = at
		clear(m.by)
	}
	if m.by[who] >= emptyEach || m.by[who] == 0 && len(m.by) >= emptyAll {
		return false
	}
	m.by[who]++
	return true
}
