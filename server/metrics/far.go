package metrics

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// Far is what is known of another store.
type Far struct {
	Known bool      // both ways have been gone since the start, or one of them is cut off
	Away  bool      // it takes no readings, or answers no question
	Since time.Time // of being away
	What  string    // it does not do, in words
}

// way is one of the two ways to another store: readings go there, and questions.
type way struct {
	mu    sync.Mutex
	known bool
	since time.Time // of the first failure in a row; zero: it works
}

func (w *way) went(at time.Time, well bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch w.known = true; {
	case well:
		w.since = time.Time{}
	case w.since.IsZero():
		w.since = at
	}
}

func (w *way) state() (known bool, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known, w.since
}

// Far says how another store does; ok is false where the series are kept here.
func (s *Store) Far() (f Far, ok bool) {
	if s.queue == nil {
		return f, false
	}
	writes, wrote := s.queue.way.state()
	asks, asked := s.answers.state()
	switch {
	case !wrote.IsZero() && !asked.IsZero():
		f = Far{Away: true, Since: wrote, What: "takes no readings and answers no questions"}
		if asked.Before(wrote) {
			f.Since = asked
		}
	case !wrote.IsZero():
		f = Far{Away: true, Since: wrote, What: "takes no readings"}
	case !asked.IsZero():
		f = Far{Away: true, Since: asked, What: "answers no questions"}
	}
	f.Known = f.Away || writes && asks
	return f, true
}

// answered notes whether another store has answered a question. What is no fault of its
// own, such as a question that is too dear, says nothing.
func (s *Store) answered(err error) {
	var e *v1.Error
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		return
	case errors.As(err, &e) && (e.Type == v1.ErrTimeout || e.Type == v1.ErrCanceled):
		return
	case errors.As(err, &e) && strings.Contains(e.Detail, `"errorType":"timeout"`): // a Prometheus says so with a 503
		return
	case errors.As(err, &e) && (e.Type == v1.ErrBadData || e.Type == v1.ErrExec):
		err = nil // it has answered
	}
	s.answers.went(s.options.Now(), err == nil)
}
