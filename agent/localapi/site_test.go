package localapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// A person has this machine go to a site, hears of each step, and cannot use it to
// knock at doors all day.
func TestTrySite(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	h := open(t)
	c := h.as(t, "1000")
	var words []local.Site
	if err := c.TrySite(t.Context(), local.SiteRequest{Address: s.URL}, func(s local.Site) { words = append(words, s) }); err != nil {
		t.Fatal(err)
	}
	last := words[len(words)-1]
	if len(words) < 3 || !last.Done || last.Verdict != local.SiteWorks || len(last.Steps) != 4 {
		t.Errorf("%d words, the last one %+v", len(words), last)
	}
	if err := c.TrySite(t.Context(), local.SiteRequest{Address: "file:///etc/passwd"}, func(local.Site) { t.Error("it tried") }); !fault.Is(err, fault.Invalid) {
		t.Errorf("what is no site: %v", err)
	}
	var err error
	for range 10 {
		err = c.TrySite(t.Context(), local.SiteRequest{Address: s.URL}, func(local.Site) {})
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("the twelfth site in a minute: %v", err)
	}
	if err := h.as(t, "1001").TrySite(t.Context(), local.SiteRequest{Address: s.URL}, func(local.Site) {}); err != nil {
		t.Errorf("somebody else's first: %v", err)
	}
}
