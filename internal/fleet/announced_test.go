package fleet

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestAnnouncementsAreHeard: each machine asks for announcements, and counts once for
// each that is live, however often it is told.
func TestAnnouncementsAreHeard(t *testing.T) {
	s := uplinktest.New(t)
	before := time.Now()
	f, _ := start(t, Options{Enrolments: []string{s.Enrolment(3, time.Hour)}, Endpoints: 3, Listen: true})
	s.Wait("all to ask", func() bool { return len(s.Messages(wire.TypeAnnouncementsGet)) == 3 })
	live, over := wire.Announcement{ID: "a", Title: "E-mail is slow", Since: before}, wire.Announcement{ID: "b", Title: "It was", Since: before, EndedAt: before}
	for range 2 {
		for _, c := range s.Sessions() {
			if err := c.Send(wire.TypeAnnouncements, "", "", wire.Announcements{Items: []wire.Announcement{live, over}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range s.Sessions() { // what comes after it is read after it
		if err := c.Send(wire.TypeAnnouncements, "", "", wire.Announcements{Items: []wire.Announcement{{ID: "last"}}}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the last one everywhere", func() bool { return f.Report().Announced["last"].Endpoints == 3 })
	r := f.Report().Announced
	if a := r["a"]; a.Endpoints != 3 || a.First.Before(before) || a.Last.Before(a.First) || r["b"].Endpoints > 0 {
		t.Errorf("%+v", r)
	}
}
