package portal

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestReads: of the languages that a browser names the first that we speak counts.
func TestReads(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "*": "", "tlh": "", "de": "de", "de-AT,de;q=0.9,en;q=0.8": "de", "nl-NL, fr-CH;q=0.9, en;q=0.8": "fr", "pl;q=0.9,ES": "es", ",,;q=1,en": "en",
	} {
		r := httptest.NewRequest(http.MethodGet, "/portal/", nil)
		r.Header.Set("Accept-Language", header)
		if got := reads(r); got != want {
			t.Errorf("of %q it reads %q", header, got)
		}
	}
}
