package synthetic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// TestSeal: what is sent along is not in what is stored, is there again with the
// server's key, and opens nothing in another's row.
func TestSeal(t *testing.T) {
	s, err := newSeal([]byte("the server's own"))
	if err != nil {
		t.Fatal(err)
	}
	c := Usual()
	c.ID, c.Spec.URL, c.Spec.Body = "c1", "https://a.example/x?key=S3CRET", "S3CRET"
	c.Spec.Headers = []check.Header{{Name: "Authorization", Value: "S3CRET"}}
	stored, err := s.close(c)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(stored)
	if err != nil || strings.Contains(string(doc), "S3CRET") || !strings.Contains(string(doc), "https://a.example/x") {
		t.Errorf("stored is %s, %v", doc, err)
	}
	other := stored
	other.ID = "c2"
	if s.open(&other) == nil {
		t.Error("it opens in another's row")
	}
	if err := s.open(&stored); err != nil || stored.Spec.URL != c.Spec.URL || stored.Spec.Body != "S3CRET" || stored.Spec.Headers[0].Value != "S3CRET" {
		t.Errorf("%+v, %v", stored, err)
	}
	if shown := public(c.Spec); strings.Contains(strings.Join([]string{shown.URL, shown.Body, shown.Headers[0].Value}, ""), "S3CRET") || c.Spec.Headers[0].Value != "S3CRET" {
		t.Errorf("everyone sees %+v", shown)
	}
}
