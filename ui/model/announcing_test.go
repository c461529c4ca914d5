package model_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
)

func outage(id string, revision, told, seen int64) local.Announcement {
	return local.Announcement{Announcement: wire.Announcement{ID: id, Revision: revision, Told: told, Title: "Outage " + id, Text: "Text.", Advice: "Wait.", Since: noon}, Seen: seen}
}

// TestAnnouncing tells of an outage once when it begins, when there is news, and when it
// is over; not again after a restart, and not what was over before anybody heard of it.
func TestAnnouncing(t *testing.T) {
	over := func(a local.Announcement) local.Announcement {
		a.EndedAt, a.Closing = noon, "It works again."
		return a
	}
	news := outage("A", 2, 2, 1)
	news.Updates = []wire.AnnouncementUpdate{{Text: "Half of it works."}}
	for name, c := range map[string]struct {
		steps [][]local.Announcement
		want  string // of the last step: titles and bodies; told; withdrawn
	}{
		"it begins":                     {[][]local.Announcement{{outage("A", 1, 1, 0)}}, "[Outage A: Wait.] [{A 1}] []"},
		"and stands there":              {[][]local.Announcement{{outage("A", 1, 1, 0)}, {outage("A", 1, 1, 0)}}, "[] [] []"},
		"after a restart":               {[][]local.Announcement{{outage("A", 1, 1, 1)}}, "[] [] []"},
		"a word was put right":          {[][]local.Announcement{{outage("A", 1, 1, 0)}, {outage("A", 2, 1, 1)}}, "[] [] []"},
		"there is news":                 {[][]local.Announcement{{outage("A", 1, 1, 0)}, {news}}, "[News: Outage A: Half of it works.] [{A 2}] []"},
		"it is over":                    {[][]local.Announcement{{outage("A", 1, 1, 0)}, {over(outage("A", 2, 2, 1))}}, "[Over: Outage A: It works again.] [{A 2}] []"},
		"over while the tray was away":  {[][]local.Announcement{{over(outage("A", 2, 2, 1))}}, "[Over: Outage A: It works again.] [{A 2}] []"},
		"over before they heard of it":  {[][]local.Announcement{{over(outage("A", 2, 2, 0))}}, "[] [] []"},
		"it concerns them no more":      {[][]local.Announcement{{outage("A", 1, 1, 0)}, {}}, "[] [] [announcement:A]"},
		"many at once are one":          {[][]local.Announcement{{outage("A", 1, 1, 0), outage("B", 1, 1, 0), outage("C", 1, 1, 0), outage("D", 1, 1, 0)}}, "[4 announcements: Known outages that concern this computer.] [{A 1} {B 1} {C 1} {D 1}] []"},
		"told before the agent said so": {[][]local.Announcement{{outage("A", 1, 1, 0)}, {over(outage("A", 2, 2, 0))}}, "[Over: Outage A: It works again.] [{A 2}] []"},
	} {
		var n model.Announcing
		got := ""
		for _, list := range c.steps {
			show, told, away := n.Next(local.Status{Connection: local.Connected, Announcements: list})
			var said []string
			for _, s := range show {
				said = append(said, s.Title+": "+s.Body)
			}
			got = fmt.Sprint(said, " ", told, " ", away)
		}
		if got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	var n model.Announcing
	n.Next(local.Status{Connection: local.Connected, Announcements: []local.Announcement{outage("A", 1, 1, 0)}})
	if show, _, away := n.Next(model.Away()); len(show)+len(away) > 0 {
		t.Error("an agent that is away says nothing of outages")
	}
}

// TestKnownFirst has guided help and the ring show the outages that can be it.
func TestKnownFirst(t *testing.T) {
	printing, mail := outage("P", 1, 1, 1), outage("M", 1, 1, 1)
	printing.Complaints, mail.Complaints, mail.Names = []diagnostics.Complaint{diagnostics.ComplaintPrinting}, []diagnostics.Complaint{diagnostics.ComplaintSite}, []string{"Outlook"}
	past := outage("X", 2, 2, 2)
	past.EndedAt = noon
	s := local.Status{Connection: local.Connected, Announcements: []local.Announcement{printing, mail, past}}
	ids := func(list []local.Announcement) string {
		var out []string
		for _, a := range list {
			out = append(out, a.ID)
		}
		return strings.Join(out, "")
	}
	guide := func(stage model.GuideStage, c diagnostics.Complaint, address string) string {
		return ids(model.Guide{Link: s, Stage: stage, Complaint: c, Address: address}.Known())
	}
	ring := func(question string, guided *model.Guided) string {
		return ids(model.Ring{Link: s, Draft: model.Draft{Question: question, Guided: guided}}.Known())
	}
	for what, got := range map[string][2]string{
		"no trouble chosen":    {guide(model.GuideChoosing, "", ""), ""},
		"printing":             {guide(model.GuideChecking, diagnostics.ComplaintPrinting, ""), "P"},
		"sound":                {guide(model.GuideAnswered, diagnostics.ComplaintMedia, ""), ""},
		"a site":               {guide(model.GuideAnswered, diagnostics.ComplaintSite, ""), "M"},
		"another site":         {guide(model.GuideAnswered, diagnostics.ComplaintSite, "shop.example.com"), ""},
		"nothing typed":        {ring("", nil), "PM"},
		"its name was typed":   {ring("my outlook hangs", nil), "MP"},
		"after guided help":    {ring("", &model.Guided{Complaint: diagnostics.ComplaintPrinting}), "P"},
		"after another guided": {ring("", &model.Guided{Complaint: diagnostics.ComplaintSlow}), ""},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, not %q", what, got[0], got[1])
		}
	}
	g := model.Guide{Link: s, Stage: model.GuideAnswered, Complaint: diagnostics.ComplaintPrinting}
	if lines := fmt.Sprint(g.Guided().Lines); !strings.Contains(lines, "A known outage was shown: “Outage P”") {
		t.Errorf("with the ticket goes %s", lines)
	}
}

// TestOutage says when it is, in words.
func TestOutage(t *testing.T) {
	a := outage("A", 1, 1, 1)
	a.Text, a.Next = "One\x1b[31m\nTwo\u202e", noon.Add(30*time.Minute)
	o := model.OutageOf(a, nil, noon, false)
	if o.Since != "Since 12:00" || o.Next != "Next news by 12:30" || o.Text != "One[31m\nTwo" || !o.CanHit {
		t.Errorf("it says %+v", o)
	}
	if o = model.OutageOf(a, model.Hitting{"A": {Sending: true}}, noon, false); o.CanHit || o.Hit != "Being counted" {
		t.Errorf("meanwhile it says %+v", o)
	}
	a.Hit, a.EndedAt, a.Closing = true, noon, "Done."
	if o = model.OutageOf(a, nil, noon, false); o.CanHit || o.Hit != "" || o.Since != "Over since 12:00" || o.Closing != "Done." || o.Next != "" {
		t.Errorf("after it it says %+v", o)
	}
}

// TestAskWhetherItIsFixed asks once, with both answers at hand, not again after a restart,
// and says what was said.
func TestAskWhetherItIsFixed(t *testing.T) {
	q := func(id string, seen, answered, works bool) local.OutageAsked {
		return local.OutageAsked{OutageQuestion: wire.OutageQuestion{ID: id, UID: "1000", Title: "Outage " + id, Closing: "The line is up."}, Seen: seen, Answered: answered, Works: works}
	}
	fresh, seen, done := q("A", false, false, false), q("A", true, false, false), q("A", true, true, true)
	for name, c := range map[string]struct {
		steps [][]local.OutageAsked
		want  string
	}{
		"it is asked":      {[][]local.OutageAsked{{fresh}}, "[Is it fixed for you? Outage A: The line is up. [{works:A Yes, it works} {works-not:A Still not}]] [A] []"},
		"and stands there": {[][]local.OutageAsked{{fresh}, {fresh}}, "[] [] []"},
		"after a restart":  {[][]local.OutageAsked{{seen}}, "[] [] []"},
		"it was answered":  {[][]local.OutageAsked{{fresh}, {done}}, "[] [] []"},
		"elsewhere":        {[][]local.OutageAsked{{fresh}, {}}, "[] [] [question:A]"},
		"many are one": {
			[][]local.OutageAsked{{fresh, q("B", false, false, false), q("C", false, false, false), q("D", false, false, false)}},
			"[4 outages are over: Is it fixed for you? Say so in the window “Announcements”. []] [A B C D] []",
		},
	} {
		var n model.Announcing
		got := ""
		for _, list := range c.steps {
			show, asked, away := n.Ask(local.Status{Connection: local.Connected, Questions: list})
			var said []string
			for _, s := range show {
				said = append(said, fmt.Sprint(s.Title, ": ", s.Body, " ", s.Choices))
			}
			got = fmt.Sprint(said, " ", asked, " ", away)
		}
		if got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for choice, want := range map[string]string{"works:A": "A true true", "works-not:A": "A false true", "hit:A": "hit:A false false"} {
		if id, works, ok := model.FixedOfChoice(choice); fmt.Sprint(id, " ", works, " ", ok) != want {
			t.Errorf("%s is %s %t %t", choice, id, works, ok)
		}
	}
	all := model.FixedQuestionsOf(local.Status{Questions: []local.OutageAsked{seen, done, q("B", true, true, false)}}, model.Hitting{"A": {Sending: true}})
	if all[0].CanSay || all[0].Said != "This computer has a quick look at itself" || all[1].Said != "Thank you. Nothing more is to be done." || all[2].Said != "The help desk knows that it still does not work for you." {
		t.Errorf("the window shows %+v", all)
	}
}
