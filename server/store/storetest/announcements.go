package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
)

// oneMachine is a fleet of one.
type oneMachine struct{ id, site string }

func (f oneMachine) SiteOf(string) string { return f.site }
func (f oneMachine) Machines(tell func(id, name, site string, online bool)) {
	tell(f.id, "PC-17", f.site, true)
}

// testAnnouncements keeps announcements over a restart with all that was said, refuses
// what somebody has not read, counts a person once whatever they were known by, and
// writes each change into the audit log.
func testAnnouncements(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	open := func() *announce.Keeper {
		k := announce.New(announce.Options{
			Store: w.DB.Announcements(), Fleet: oneMachine{w.Endpoint, w.Site.ID}, Desk: w.Desk, Live: live.New(), Now: w.Now,
			Sites: func(context.Context, auth.Actor) ([]announce.Named, error) {
				return []announce.Named{{ID: w.Site.ID, Name: w.Site.Name}, {ID: "far", Name: "Zürich\" OR 1=1"}}, nil
			},
		})
		must(t, k.Load(ctx))
		return k
	}
	k := open()
	draft := announce.Draft{Reach: announce.AtSites, Sites: []string{w.Site.ID}, Content: announce.Content{
		Title: "E-mail is slow\x00", Text: "„Mails“ come late.\r\nAll of them.", Advice: "Call.", Since: w.Now().Add(-time.Hour), Next: w.Now().Add(time.Hour),
		Complaints: []diagnostics.Complaint{diagnostics.ComplaintSite}, Names: []string{"Outlook", "Outlook"}, Incident: announce.Incident{ID: "INC1", Text: "Mail"},
	}}
	a, err := k.Begin(ctx, w.Anna, draft)
	must(t, err)
	if a.Title != "E-mail is slow" || a.Text != "„Mails“ come late.\nAll of them." || len(a.Names) != 1 {
		t.Errorf("it says %q, %q, %q", a.Title, a.Text, a.Names)
	}
	far := draft
	far.Sites = []string{"far"}
	b, err := k.Begin(ctx, w.Anna, far)
	must(t, err)
	if _, list := k.For(w.Endpoint); len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("the machine is told %+v", list)
	}
	a, err = k.Add(ctx, w.Anna, a.ID, a.Version, "The provider works on it.", w.Now().Add(2*time.Hour))
	must(t, err)
	_, err = k.Add(ctx, w.Anna, a.ID, 1, "An older one.", time.Time{})
	wantCode(t, err, fault.Stale)
	_, err = k.End(ctx, w.Anna, a.ID, 0, " ")
	wantCode(t, err, fault.Invalid)

	// Somebody says so before they have ever rung, rings, and says so again in the portal.
	hit := func(id string) error {
		return k.Hit(ctx, desk.Message{Endpoint: w.Endpoint, ID: id, Body: []byte(id), UID: "4711", Login: "mia"}, a.ID)
	}
	must(t, hit("01HITA"))
	must(t, hit("01HITA"))
	must(t, hit("01HITB"))
	wantCode(t, k.Hit(ctx, desk.Message{Endpoint: w.Endpoint, ID: "01HITC", Body: []byte("x"), UID: "4711"}, b.ID), fault.NotFound)
	_, err = w.Desk.Ring(ctx, desk.Message{Endpoint: w.Endpoint, ID: "01RING", Body: []byte("r"), UID: "4711", Login: "mia"}, desk.Draft{Title: "Also this"})
	must(t, err)
	mia, err := w.Desk.PersonOf(ctx, w.Endpoint, "4711")
	must(t, err)
	must(t, k.HitMe(ctx, mia, a.ID))
	must(t, hit("01HITD"))
	must(t, k.Hit(ctx, desk.Message{Endpoint: w.Endpoint, ID: "01HITE", Body: []byte("e"), UID: "4712"}, a.ID))
	missing, err := w.Desk.Missing(ctx, w.Endpoint, []string{"01HITA", "01HITC", "01HITE"})
	must(t, err)
	if diff := cmp.Diff([]string{"01HITC"}, missing); diff != "" {
		t.Error(diff)
	}

	w.Reopen(t)
	k = open()
	got, err := k.Get(ctx, w.Anna, a.ID)
	must(t, err)
	a.Hits = 2
	if diff := cmp.Diff(a, got); diff != "" {
		t.Error(diff)
	}
	known, err := k.Known(ctx, mia)
	must(t, err)
	if len(known) != 2 || known[0].ID != a.ID || !known[0].Hit || !known[0].Mine || known[1].ID != b.ID || known[1].Mine || known[1].Hit {
		t.Errorf("she reads %+v", known)
	}
	a, err = k.End(ctx, w.Anna, a.ID, 0, "It works again.")
	must(t, err)
	_, err = k.End(ctx, w.Anna, a.ID, 0, "Twice.")
	wantCode(t, err, fault.Conflict)
	if _, list := k.For(w.Endpoint); len(list) != 1 || list[0].Live() || list[0].Closing != "It works again." || list[0].Told != a.Version {
		t.Errorf("after the end the machine is told %+v", list)
	}
	ids := func(q announce.Query, want ...string) {
		t.Helper()
		list, err := k.List(ctx, w.Anna, q)
		must(t, err)
		var got []string
		for _, x := range list {
			got = append(got, x.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
	}
	ids(announce.Query{}, b.ID, a.ID)
	ids(announce.Query{State: announce.StateLive}, b.ID)
	ids(announce.Query{State: announce.StateEnded}, a.ID)
	ids(announce.Query{Limit: 1}, b.ID)
	ids(announce.Query{Before: b.ID}, a.ID)
	ids(announce.Query{Since: w.Now().Add(time.Hour)}, b.ID)
	log, err := w.AuditLog(ctx, "announcement:"+a.ID, 0, 10)
	must(t, err)
	var did []audit.Action
	for _, x := range log {
		did = append(did, x.Action)
	}
	if diff := cmp.Diff([]audit.Action{audit.AnnouncementEnded, audit.AnnouncementUpdated, audit.AnnouncementMade}, did); diff != "" {
		t.Error(diff)
	}
	_, err = k.Begin(ctx, mia, draft)
	wantCode(t, err, fault.Forbidden)
}
