package hub

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// SpeedRoutes are where agents measure their line, by connections beside the session,
// so that nothing in it waits. Whoever comes shows the pass of a measurement that
// runs, which the session has brought.
func (h *Hub) SpeedRoutes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET " + wire.SpeedPath + "{ask}":      h.measured(speedState),
		"GET " + wire.SpeedPath + "{ask}/down": h.measured(speedDown),
		"POST " + wire.SpeedPath + "{ask}/up":  h.measured(speedUp),
	}
}

// speedBlock is what is read and written at once.
const speedBlock = 64 << 10

// noise is what is sent: it cannot be made smaller on the way.
var noise = sync.OnceValue(func() []byte {
	b := make([]byte, 16*speedBlock)
	rand.Read(b) // never fails
	return b
})

var blocks = sync.Pool{New: func() any { return new([speedBlock]byte) }}

// measured lets those in that show the pass of a measurement that runs.
func (h *Hub) measured(next func(http.ResponseWriter, *http.Request, *ask.Measurement)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		for _, header := range []string{"Origin", "Cookie", "Authorization"} {
			if r.Header.Get(header) != "" {
				http.Error(w, "Agents measure their line here. A browser or an API token does not.", http.StatusForbidden)
				return
			}
		}
		if r.TLS == nil && !loopback(r) {
			http.Error(w, "Without TLS only this machine itself may measure.", http.StatusForbidden)
			return
		}
		m, err := h.Asks.Measure(r.PathValue("ask"), r.Header.Get(wire.PassHeader))
		switch {
		case fault.Is(err, fault.TooMany):
			w.Header().Set("Retry-After", "1")
			http.Error(w, fault.Sentence(err), http.StatusTooManyRequests)
		case err != nil:
			http.Error(w, fault.Sentence(err), http.StatusForbidden)
		default:
			next(w, r, m)
		}
	})
}

// speedState is answered at once: how long that takes is what is measured by it.
func speedState(w http.ResponseWriter, _ *http.Request, m *ask.Measurement) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(m.State()) // an agent that went away is no error of ours
}

// speedDown sends random bytes until there were enough, the time is over, or nobody
// wants to know any more.
func speedDown(w http.ResponseWriter, _ *http.Request, m *ask.Measurement) {
	if !m.Down() {
		http.Error(w, "This direction was measured already.", http.StatusConflict)
		return
	}
	c := http.NewResponseController(w)
	c.SetWriteDeadline(time.Now().Add(wire.SpeedTime))
	defer context.AfterFunc(m.Context(), func() { c.SetWriteDeadline(time.Unix(1, 0)) })()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(wire.SpeedBytes))
	from := noise()
	for left := wire.SpeedBytes; left > 0; {
		n := min(left, len(from))
		if _, err := w.Write(from[:n]); err != nil || m.Context().Err() != nil {
			panic(http.ErrAbortHandler) // what was promised does not come
		}
		left -= n
	}
}

// speedUp takes bytes, forgets them, and counts.
func speedUp(w http.ResponseWriter, r *http.Request, m *ask.Measurement) {
	if !m.Up() {
		http.Error(w, "This direction was measured already.", http.StatusConflict)
		return
	}
	c := http.NewResponseController(w)
	c.SetReadDeadline(time.Now().Add(wire.SpeedTime))
	defer context.AfterFunc(m.Context(), func() { c.SetReadDeadline(time.Unix(1, 0)) })()
	b := blocks.Get().(*[speedBlock]byte)
	defer blocks.Put(b)
	for left := wire.SpeedBytes; left > 0; {
		n, err := r.Body.Read(b[:min(left, len(b))])
		if n > 0 {
			m.Got(n, time.Now())
			left -= n
		}
		if err != nil {
			break
		}
	}
	// What else would come is not read: the connection ends with the answer.
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusNoContent)
}
