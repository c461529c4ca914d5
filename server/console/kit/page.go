package kit

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/gate"
)

func scheme(l Look) string {
	if l.Theme != "" {
		return l.Theme
	}
	return "light dark"
}

// Explain makes an error a page. home is where to go on from.
func Explain(err error, home, homeWord string) (int, Problem) {
	p := Problem{Sentence: fault.Sentence(err), Next: home, NextWord: homeWord}
	status := gate.Status(err)
	switch status {
	case http.StatusNotFound:
		p.Title = "Not found"
	case http.StatusForbidden:
		p.Title = "Not allowed"
	case http.StatusInsufficientStorage:
		p.Title = "No space left"
	case http.StatusServiceUnavailable:
		p.Title = "Not available now"
	case http.StatusTooManyRequests:
		p.Title = "Too many attempts"
	case http.StatusConflict, http.StatusGone:
		p.Title = "Not any more"
	case http.StatusInternalServerError:
		p.Title = "Something went wrong"
	default:
		p.Title = "That did not work"
	}
	return status, p
}
