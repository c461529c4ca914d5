package fleet

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// Announced is how an announcement spread.
type Announced struct {
	Endpoints int       `json:"endpoints"` // that have heard of it
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// announced notes which live announcements the machine hears of for the first time.
func (e *endpoint) announced(a wire.Announcements, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, one := range a.Items {
		if one.Live() && !slices.Contains(e.heard, one.ID) {
			e.heard = append(e.heard, one.ID)
			e.fleet.stats.heard(one.ID, now)
		}
	}
}

func (s *stats) heard(id string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.announced == nil {
		s.announced = map[string]Announced{}
	}
	a := s.announced[id]
	if a.Endpoints == 0 {
		a.First = now
	}
	a.Endpoints++
	a.Last = now
	s.announced[id] = a
}
