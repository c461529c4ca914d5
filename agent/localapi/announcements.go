package localapi

import (
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
)

func (s *Server) told(w http.ResponseWriter, r *http.Request, uid string) error {
	m, err := in[local.Told](w, r)
	if err != nil {
		return err
	}
	if err := s.desk.Told(uid, r.PathValue("id"), m.Revision); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) hitToo(w http.ResponseWriter, r *http.Request, uid string) error {
	receipt, err := s.desk.HitToo(r.Context(), uid, r.PathValue("id"))
	return out(w, receipt, err)
}

func (s *Server) askedOf(w http.ResponseWriter, r *http.Request, uid string) error {
	if err := s.desk.AskedOf(uid, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) fixed(w http.ResponseWriter, r *http.Request, uid string) error {
	m, err := in[local.Fixed](w, r)
	if err != nil {
		return err
	}
	receipt, err := s.desk.Fixed(r.Context(), uid, r.PathValue("id"), m)
	return out(w, receipt, err)
}
