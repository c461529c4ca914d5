package localtest

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/deskbell/deskbell/agent/local"
)

func (a *Agent) consent(w http.ResponseWriter, r *http.Request) error {
	var q local.ConsentAnswer
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.agreed == nil {
		a.agreed = map[string]local.ConsentAnswer{}
	}
	a.agreed[r.PathValue("id")] = q
	return write(w, struct{}{})
}

// Agreed returns what was answered to questions of consent, by their id.
func (a *Agent) Agreed() map[string]local.ConsentAnswer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.agreed)
}

// Ended returns which looks were ended.
func (a *Agent) Ended() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.ended)
}

func (a *Agent) screen(w http.ResponseWriter, r *http.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.screens == nil {
		a.screens = map[string][]byte{}
	}
	a.screens[r.PathValue("id")] = b
	return write(w, struct{}{})
}

// Screen returns the picture that was handed over, and whether one was, or that there
// is none.
func (a *Agent) Screen(id string) (picture []byte, came bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	picture, came = a.screens[id]
	return picture, came
}
