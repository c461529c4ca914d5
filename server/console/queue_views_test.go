package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestKeptViewOfWhatIsGone opens kept views that name what there is not: each says what
// that is, and has its filter in the box, where it can be put right and kept anew.
func TestKeptViewOfWhatIsGone(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Ring(mara, "The printer does not print", "", nil, nil)
	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	for _, c := range []struct{ filter, unknown string }{
		{"state:open tag:gone", "the tag &#34;gone&#34;"}, {"team:nobody", "the team &#34;nobody&#34;"}, {"category:paint", "the category &#34;paint&#34;"},
	} {
		status, header, body := sendWith(t, s, session, "POST", "/views", url.Values{"name": {c.filter}, "filter": {c.filter}, "sort": {"newest"}}, nil)
		at := header.Get("Location")
		if status != http.StatusSeeOther {
			t.Fatalf("keeping %s: %d, %s", c.filter, status, body)
		}
		status, body = send(t, s, session, "GET", at, nil, nil)
		for _, want := range []string{"This view asks for something that there is not.", c.unknown, `value="` + c.filter + `"`, `name="whole" value="1"`} {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d, without %s", c.filter, status, want)
			}
		}
		// Put right in the box, what the view says does not hold any more.
		status, body = send(t, s, session, "GET", at+"&"+url.Values{"whole": {"1"}, "q": {"state:open"}}.Encode(), nil, nil)
		if status != http.StatusOK || !strings.Contains(body, "The printer does not print") || !strings.Contains(body, `name="filter" value="state:open"`) {
			t.Errorf("%s put right: %d", c.filter, status)
		}
		// What somebody types themselves is said as before.
		status, body = send(t, s, session, "GET", "/?"+url.Values{"q": {c.filter}}.Encode(), nil, nil)
		if status != http.StatusOK || strings.Contains(body, "This view asks") || !strings.Contains(body, c.unknown) {
			t.Errorf("%s typed: %d", c.filter, status)
		}
	}
}
