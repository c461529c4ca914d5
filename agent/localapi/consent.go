package localapi

import (
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// Afar is what the people of this machine have to say about who works on it from
// afar.
type Afar interface {
	// Here says that a program of a person's runs that can ask them.
	Here(uid string) (leave func())
	// Answer is a person's word on what they are asked.
	Answer(uid, id string, a local.ConsentAnswer) error
	// End ends what somebody does here from afar.
	End(uid, look string) error
}

var errNoAfar = fault.Say(fault.Unavailable, "error.no_afar")

func (s *Server) consent(w http.ResponseWriter, r *http.Request, uid string) error {
	a, err := in[local.ConsentAnswer](w, r)
	if err == nil && s.Afar == nil {
		err = errNoAfar
	}
	if err != nil {
		return err
	}
	return out(w, struct{}{}, s.Afar.Answer(uid, r.PathValue("id"), a))
}

func (s *Server) endLook(w http.ResponseWriter, r *http.Request, uid string) error {
	if s.Afar == nil {
		return errNoAfar
	}
	return out(w, struct{}{}, s.Afar.End(uid, r.PathValue("id")))
}

// here notes that whoever watches can ask the person, for as long as it watches.
func (s *Server) here(r *http.Request, uid string) (leave func()) {
	if s.Afar == nil || r.URL.Query().Get("asks") != "consent" {
		return func() {}
	}
	return s.Afar.Here(uid)
}
