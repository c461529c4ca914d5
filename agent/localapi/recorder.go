package localapi

import (
	"net/http"

	"github.com/deskbell/deskbell/diagnostics"
)

func (s *Server) mark(w http.ResponseWriter, r *http.Request, uid string) error {
	m, err := in[diagnostics.Mark](w, r)
	if err != nil {
		return err
	}
	m, err = s.desk.Mark(uid, m)
	return out(w, m, err)
}

func (s *Server) recording(w http.ResponseWriter, _ *http.Request, _ string) error {
	r, err := s.desk.Recording()
	return out(w, r, err)
}

func (s *Server) changed(w http.ResponseWriter, _ *http.Request, _ string) error {
	c, err := s.desk.WhatChanged()
	return out(w, c, err)
}
