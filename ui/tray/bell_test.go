package tray

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/prefs"
)

// silent is a bell whose notes are counted.
func silent(ctx context.Context, p *prefs.Prefs) (b *bell, notes func() []string) {
	var all []string // guarded by the bell's own lock
	b = &bell{
		ctx: ctx, prefs: func() prefs.Prefs { return *p }, show: func(model.Tray) {}, take: func(context.Context, string) {},
		note: func(_ context.Context, n model.Note) { all = append(all, n.Key) },
	}
	return b, func() []string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.Clone(all)
	}
}

func answered(ids ...string) local.Status {
	s := local.Status{Connection: local.Connected, Unread: len(ids)}
	for _, id := range ids {
		s.News = append(s.News, local.News{ID: id, Ticket: "T" + id, Title: "Mail", Author: "Kim", Text: "Try again."})
	}
	return s
}

// TestQuietHours: nothing pops up, and what came meanwhile does when they are over.
func TestQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now()
		from := at.Hour()*60 + at.Minute()
		p := &prefs.Prefs{QuietFrom: from, QuietTo: (from + 30) % (24 * 60)}
		b, notes := silent(t.Context(), p)
		defer b.stop()
		b.set(answered("1"))
		b.set(answered("1", "2"))
		if len(notes()) != 0 {
			t.Errorf("in quiet hours it announces %q", notes())
		}
		time.Sleep(29 * time.Minute)
		synctest.Wait()
		if len(notes()) != 0 {
			t.Errorf("too early: %q", notes())
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(notes()) != 1 || notes()[0] != model.SummaryKey {
			t.Errorf("after them it announces %q", notes())
		}
		b.set(answered("1", "2", "3"))
		if len(notes()) != 2 {
			t.Errorf("then it announces %q", notes())
		}
	})
}

// TestQuietHoursAreTakenBack: a person who ends them hears at once what they missed.
func TestQuietHoursAreTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now()
		from := at.Hour()*60 + at.Minute()
		p := &prefs.Prefs{QuietFrom: from, QuietTo: (from + 60) % (24 * 60)}
		b, notes := silent(t.Context(), p)
		defer b.stop()
		b.set(answered("1"))
		*p = prefs.Prefs{}
		b.again()
		if len(notes()) != 1 || notes()[0] != "T1" {
			t.Errorf("it announces %q", notes())
		}
	})
}

// TestAnswersOnly: what waits for a decision is announced unless the person does not
// want it; answers always are.
func TestAnswersOnly(t *testing.T) {
	for _, only := range []bool{false, true} {
		b, notes := silent(t.Context(), &prefs.Prefs{AnswersOnly: only})
		b.set(local.Status{Connection: local.Connected})
		s := answered("1")
		s.Approvals = []local.Approval{{Number: 7, Title: "A laptop", Requester: "Mia"}}
		b.set(s)
		want := 2
		if only {
			want = 1
		}
		if len(notes()) != want || notes()[want-1] != "T1" {
			t.Errorf("answers only %v: it announces %q", only, notes())
		}
	}
}
