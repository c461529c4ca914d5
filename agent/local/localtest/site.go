package localtest

import (
	"encoding/json"
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
)

// SetSite sets what the way to any site is like, step by step.
func (a *Agent) SetSite(words ...local.Site) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.site = words
}

func (a *Agent) trySite(w http.ResponseWriter, r *http.Request) error {
	var q local.SiteRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	a.Sites = append(a.Sites, q.Address)
	words := a.site
	a.mu.Unlock()
	if words == nil {
		words = []local.Site{{Address: "https://" + q.Address, Done: true, Verdict: local.SiteWorks}}
	}
	for _, s := range words {
		if err := write(w, s); err != nil {
			return err
		}
	}
	return nil
}
