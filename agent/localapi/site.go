package localapi

import (
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
)

func (s *Server) trySite(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.SiteRequest](w, r)
	if err != nil {
		return err
	}
	l := newLines(w)
	started := false
	err = s.desk.TrySite(r.Context(), uid, q, func(one local.Site) {
		started = true
		l.send(one) // a reader that is gone ends the context
	})
	if started {
		return nil
	}
	return err
}
