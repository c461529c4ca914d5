package localapi

import (
	"io"
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Afar is what the people of this machine have to say about who works on it from
// afar.
type Afar interface {
	// Here says that a program of a person's runs that can ask them.
	Here(uid string) (leave func())
	// CanShow says that a program of a person's runs that can take a picture of their
	// screens.
	CanShow(uid string) (leave func())
	// Show takes a picture of a person's screens that was asked for; none says that
	// it could not be taken.
	Show(uid, id string, picture []byte) error
	// Answer is a person's word on what they are asked.
	Answer(uid, id string, a local.ConsentAnswer) error
	// End ends what somebody does here from afar.
	End(uid, look string) error
}

func errNoAfar() error { return fault.Say(fault.Unavailable, "error.no_afar") }

func (s *Server) consent(w http.ResponseWriter, r *http.Request, uid string) error {
	a, err := in[local.ConsentAnswer](w, r)
	if err == nil && s.Afar == nil {
		err = errNoAfar()
	}
	if err != nil {
		return err
	}
	return out(w, struct{}{}, s.Afar.Answer(uid, r.PathValue("id"), a))
}

func (s *Server) endLook(w http.ResponseWriter, r *http.Request, uid string) error {
	if s.Afar == nil {
		return errNoAfar()
	}
	return out(w, struct{}{}, s.Afar.End(uid, r.PathValue("id")))
}

// here notes that whoever watches can ask the person, for as long as it watches.
func (s *Server) here(r *http.Request, uid string) (leave func()) {
	if s.Afar == nil || r.URL.Query().Get("asks") != "consent" {
		return func() {}
	}
	asks := s.Afar.Here(uid)
	if r.URL.Query().Get("can") != "screen" {
		return asks
	}
	gone := s.Afar.CanShow(uid)
	return func() {
		gone()
		asks()
	}
}

// screen takes a picture of the caller's screens in. It reads no more than one may have.
func (s *Server) screen(w http.ResponseWriter, r *http.Request, uid string) error {
	if s.Afar == nil {
		return errNoAfar()
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxScreen+1)) // one more: then it is too large
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The picture did not arrive whole.")
	}
	return out(w, struct{}{}, s.Afar.Show(uid, r.PathValue("id"), b))
}
