package localapi

import (
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
)

func (s *Server) suggest(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.Question](w, r)
	if err != nil {
		return err
	}
	list, err := s.desk.Suggest(r.Context(), uid, q.Text)
	return out(w, list, err)
}

func (s *Server) helped(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.Question](w, r)
	if err != nil {
		return err
	}
	if err := s.desk.Helped(r.Context(), uid, r.PathValue("id"), q.Text); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
