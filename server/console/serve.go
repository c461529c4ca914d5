package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// refuse tells somebody why they do not get through. Who is not signed in goes to
// sign in, and comes back here after.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if !fault.Is(err, fault.Unauthenticated) {
		c.out.Fail(w, r, err)
		return
	}
	if r.Header.Get("Accept") == "text/event-stream" {
		http.Error(w, fault.Sentence(err), http.StatusUnauthorized)
		return
	}
	back := r.URL.RequestURI()
	if kit.Partial(r) || r.Method != http.MethodGet {
		back = pathOf(r.Header.Get("HX-Current-URL"))
	}
	to := "/sign-in"
	if back != "" && back != "/" {
		to += "?next=" + url.QueryEscape(back)
	}
	if kit.Partial(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// pathOf returns the path and query of an address of ours.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return local(u.RequestURI())
}

// local returns an address within this site, or "": nobody is to be led elsewhere
// by a link to our sign-in page.
func local(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return ""
	}
	return next
}

// serveNothing answers for addresses where nothing is.
func (c *Console) serveNothing() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.out.Fail(w, r, fault.New(fault.NotFound, "There is no page at this address. It may have been mistyped, or the page is gone."))
	})
}

func (c *Console) static(w http.ResponseWriter, r *http.Request, _ auth.Actor) {
	c.Files.ServeHTTP(w, r)
}

// number reads the ticket's number out of the path.
func number(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "There is no such ticket.")
	}
	return n, nil
}

// version reads which version of a ticket somebody looked at.
func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.FormValue("version"), 10, 64)
	if err != nil || n < 1 {
		return -1 // never the right one
	}
	return n
}

// seenVersion is version for what may be new: 0 then.
func seenVersion(r *http.Request) int64 {
	if r.FormValue("version") == "0" {
		return 0
	}
	return version(r)
}

// small reads a small number out of a form.
func small(r *http.Request, name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(r.FormValue(name)))
	if err != nil {
		return 0
	}
	return n
}
