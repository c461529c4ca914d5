package localapi

import (
	"context"
	"net/http"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// Fixes mend what check-ups find. *fix.Engine is one.
type Fixes interface {
	Plan(ctx context.Context, uid string, r local.FixRequest) (local.FixPlan, error)
	Do(ctx context.Context, uid, plan string, emit func(local.Fix)) error
	Of(uid string) []local.Fix
	Helped(uid, id string, helped bool) (local.Fix, error)
	Undo(ctx context.Context, uid, id string) (local.Fix, error)
}

// fixing answers when this agent mends anything at all.
func (s *Server) fixing(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, uid string) error {
		if s.Fixes == nil {
			return fault.Say(fault.Unsupported, "error.fixes_off")
		}
		return h(w, r, uid)
	}
}

func (s *Server) planFix(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.FixRequest](w, r)
	if err != nil {
		return err
	}
	p, err := s.Fixes.Plan(r.Context(), uid, q)
	return out(w, p, err)
}

func (s *Server) fix(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.FixStart](w, r)
	if err != nil {
		return err
	}
	l := newLines(w)
	started := false
	err = s.Fixes.Do(r.Context(), uid, q.Plan, func(f local.Fix) {
		started = true
		l.send(f) // a reader that is gone ends the context, and not the fix
	})
	if started {
		return nil
	}
	return err
}

func (s *Server) listFixes(w http.ResponseWriter, _ *http.Request, uid string) error {
	return out(w, s.Fixes.Of(uid), nil)
}

func (s *Server) fixHelped(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.FixAnswer](w, r)
	if err != nil {
		return err
	}
	f, err := s.Fixes.Helped(uid, r.PathValue("id"), q.Helped)
	return out(w, f, err)
}

func (s *Server) undoFix(w http.ResponseWriter, r *http.Request, uid string) error {
	f, err := s.Fixes.Undo(r.Context(), uid, r.PathValue("id"))
	return out(w, f, err)
}
