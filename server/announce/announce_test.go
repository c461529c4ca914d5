package announce

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// TestWhomItConcerns holds scopes to machines and the sites that they are at now.
func TestWhomItConcerns(t *testing.T) {
	sites := Scope{Reach: AtSites, Sites: []Named{{"berlin", "Berlin"}}}
	chosen := Scope{Reach: OnChosen, Endpoints: []Named{{"pc1", "PC-1"}}}
	for name, c := range map[string]struct {
		scope          Scope
		endpoint, site string
		want           bool
	}{
		"everybody":              {Scope{Reach: Everywhere}, "pc1", "", true},
		"at the site":            {sites, "pc1", "berlin", true},
		"moved away":             {sites, "pc1", "paris", false},
		"nobody knows where":     {sites, "pc1", "", false},
		"chosen, wherever it is": {chosen, "pc1", "paris", true},
		"not chosen":             {chosen, "pc2", "berlin", false},
		"no reach":               {Scope{}, "pc1", "berlin", false},
	} {
		if got := c.scope.Holds(c.endpoint, c.site); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestCheck says of each mistake at which field it is, in a sentence.
func TestCheck(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	good := func() Content { return Content{Title: "E-mail is slow", Since: now.Add(-time.Hour)} }
	for field, spoil := range map[string][]func(*Content){
		"title":      {func(c *Content) { c.Title = " \x00 " }, func(c *Content) { c.Title = strings.Repeat("ä", 121) }},
		"text":       {func(c *Content) { c.Text = strings.Repeat("ä", 2001) }},
		"advice":     {func(c *Content) { c.Advice = strings.Repeat("ä", 1001) }},
		"since":      {func(c *Content) { c.Since = time.Time{} }, func(c *Content) { c.Since = now.Add(6 * time.Minute) }, func(c *Content) { c.Since = now.AddDate(-1, 0, 0) }},
		"next":       {func(c *Content) { c.Next = now.Add(-time.Hour) }, func(c *Content) { c.Next = now.AddDate(0, 2, 0) }},
		"complaints": {func(c *Content) { c.Complaints = []diagnostics.Complaint{"everything"} }},
		"names":      {func(c *Content) { c.Names = []string{strings.Repeat("x", 61)} }, func(c *Content) { c.Names = strings.Split("abcdefghijk", "") }},
		"incident":   {func(c *Content) { c.Incident.ID = strings.Repeat("x", 65) }},
	} {
		for i, s := range spoil {
			c := good()
			s(&c)
			if err := c.check(now); fault.FieldOf(err) != field || !strings.HasSuffix(fault.Sentence(err), ".") {
				t.Errorf("%s %d: %v", field, i, err)
			}
		}
	}
	c := good()
	c.Title, c.Text, c.Names = "  E-mail\u202e \x1b[31mis slow ", " a\r\n\tb\x00 ", []string{" Outlook ", "", "Outlook"}
	c.Complaints = []diagnostics.Complaint{diagnostics.ComplaintSite, diagnostics.ComplaintSlow, diagnostics.ComplaintSite}
	if err := c.check(now); err != nil || c.Title != "E-mail [31mis slow" || c.Text != "a\n\tb" || len(c.Names) != 1 || len(c.Complaints) != 2 || c.Complaints[0] != diagnostics.ComplaintSlow {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestShown keeps what has ended on trays for a day, and tells the newest updates only.
func TestShown(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		a    Announcement
		want bool
	}{
		"live":                {Announcement{}, true},
		"over":                {Announcement{EndedAt: now.Add(-23 * time.Hour)}, true},
		"over since two days": {Announcement{EndedAt: now.Add(-48 * time.Hour)}, false},
	} {
		if c.a.shown(now) != c.want {
			t.Error(name)
		}
	}
	a := Announcement{}
	for i := range 15 {
		a.Updates = append(a.Updates, Update{At: now.Add(time.Duration(i) * time.Minute), Text: string(rune('a' + i))})
	}
	if w := a.told(); len(w.Updates) != maxTold || w.Updates[maxTold-1].Text != "o" {
		t.Errorf("it tells %+v", w.Updates)
	}
}
