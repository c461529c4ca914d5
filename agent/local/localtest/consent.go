package localtest

import (
	"encoding/json"
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
