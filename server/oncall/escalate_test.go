package oncall_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/oncall"
	"github.com/deskbell/deskbell/server/watch"
)

// stage is a keeper with alerts that are as the test says.
type stage struct {
	*world
	items   []watch.Item
	unknown bool
	off     bool // the channel for mail
	told    map[string]string
	queued  []notify.Row
	n       int
}

func newStage(t *testing.T) *stage {
	s := &stage{world: newWorld(t), told: map[string]string{}}
	s.again()
	return s
}

// again is a start of the server.
func (s *stage) again() {
	s.Keeper = oncall.New(oncall.Options{
		Store: s.db.OnCall(), Person: person, Now: func() time.Time { return s.now },
		Standing: func() ([]watch.Item, bool) { return s.items, !s.unknown },
		Channels: func() []notify.Choice {
			return []notify.Choice{{ID: "mail", Name: "Mail", Kind: notify.Mail}, {ID: "pd", Name: "PD", Kind: notify.PagerDuty}, {ID: "slack", Name: "Slack", Kind: notify.Slack}}
		},
		Letter: func(channel string, n notify.Note) (notify.Row, bool) {
			s.n++
			n.ID = fmt.Sprintf("n%d-%d", s.now.UnixMilli(), s.n)
			n.Group, n.At = "letter-"+n.ID, s.now
			return notify.Row{ID: n.ID, Channel: channel, Group: n.Group, Note: n, State: notify.Waiting, Created: s.now, Since: s.now, Next: s.now}, !s.off
		},
		Queued: func(rows []notify.Row) { s.queued = append(s.queued, rows...) },
		Tell: func(_ context.Context, list ...notice.Notice) error {
			for _, n := range list {
				s.told[n.Cause] = n.Person + ": " + n.Title
			}
			return nil
		},
	})
	if err := s.Load(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) look(after time.Duration) {
	s.t.Helper()
	s.now = s.now.Add(after)
	if err := s.Look(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// log is the log of alerts in short, the oldest first.
func (s *stage) log() []string {
	s.t.Helper()
	list, err := s.db.Watch().AlertLog(s.t.Context(), watch.LogQuery{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Reverse(list)
	out := []string{}
	for _, e := range list {
		out = append(out, fmt.Sprintf("%s %s %s: %s", e.At.Format("15:04"), e.Alert, e.To, e.Note))
	}
	return out
}

func (s *stage) fires(id string) {
	s.items = append(s.items, watch.Item{ID: id, Rule: id, Severity: alert.Critical, Summary: id + " is full.", Labels: map[string]string{"site": "Berlin"}, Alert: alert.Alert{State: alert.Firing, FiredAt: s.now}})
}

func (s *stage) policy(change func(p *oncall.Policy)) oncall.Standing {
	s.t.Helper()
	ctx := s.t.Context()
	r, err := s.Save(ctx, operator, rota())
	if err != nil {
		s.t.Fatal(err)
	}
	p := oncall.Policy{Name: "Nights", Least: alert.Critical, Mail: "mail", Again: 1, Pause: 10 * time.Minute, Steps: []oncall.Step{
		{After: time.Minute, Kind: oncall.ToRota, Target: r.ID}, {After: 15 * time.Minute, Kind: oncall.ToPerson, Target: "jo"}, {After: 15 * time.Minute, Kind: oncall.ToChannel, Target: "slack"},
	}}
	if change != nil {
		change(&p)
	}
	if _, err := s.SavePolicy(ctx, operator, p); err != nil {
		s.t.Fatal(err)
	}
	s.look(0) // it is known who is on
	return r
}

func (s *stage) want(what string, want ...string) {
	s.t.Helper()
	if want == nil {
		want = []string{}
	}
	if d := cmp.Diff(want, s.log()); d != "" {
		s.t.Errorf("%s: %s", what, d)
	}
}

// TestNobodyAnswers: one is told after the other, each once, over restarts and while
// nothing is heard of the alert; then it begins anew, and ends.
func TestNobodyAnswers(t *testing.T) {
	s := newStage(t)
	s.policy(nil)
	s.fires("A")
	s.look(0)
	s.look(50 * time.Second)
	s.want("too early")
	s.look(10 * time.Second)
	want := []string{"12:01 A The mia: By mail and in the console. Step 1 of “Nights”."}
	s.want("the first", want...)
	for range 3 {
		s.again()
		s.unknown = true
		s.look(time.Second)
		s.unknown = false
		s.look(time.Second)
	}
	s.want("after restarts", want...)
	if len(s.queued) != 1 || !slices.Equal(s.queued[0].Note.To, []string{"mia@example.com"}) || s.queued[0].Note.Title() != "On call: A is full." || len(s.queued[0].Note.Alerts) != 1 {
		t.Errorf("%+v", s.queued)
	}
	rows, err := s.db.Channels().Rows(t.Context(), notify.RowQuery{State: notify.Waiting})
	if err != nil || len(rows) != 1 || rows[0].Note.Lead != s.queued[0].Note.Lead {
		t.Errorf("what is to be sent is not stored with it: %+v, %v", rows, err)
	}
	s.items[0].Alert.State, s.items[0].Alert.Was = alert.Unknown, alert.Firing
	s.off = true
	s.look(15 * time.Minute)
	want = append(want, "12:16 A The jo: Nobody answered. In the console only: the channel for mail is off or gone. Step 2 of “Nights”.")
	s.want("the second", want...)
	s.off = false
	s.now = s.now.Add(3 * time.Hour) // the server was away
	s.again()
	s.look(0)
	want = append(want, "15:16 A Slack: Nobody answered. By the channel. Step 3 of “Nights”.")
	s.want("the third, late", want...)
	s.look(10 * time.Minute)
	s.want("the pause", want...)
	for range 40 {
		s.look(time.Minute)
	}
	want = append(want, "15:27 A The mia: Nobody answered. By mail and in the console. Step 1 of “Nights”.", "15:42 A The jo: Nobody answered. By mail and in the console. Step 2 of “Nights”.")
	for range 40 {
		s.look(time.Minute)
	}
	want = append(want, "15:57 A Slack: Nobody answered. By the channel. Step 3 of “Nights”.")
	s.want("anew, and no more", want...)
	if len(s.told) != 4 {
		t.Errorf("told in the console: %v", s.told)
	}
}

// TestSomebodyAnswers: who acknowledges an alert, or has it, stops what goes on; that it
// is taken back goes on with the next; what is held waits; and what is over is forgotten.
func TestSomebodyAnswers(t *testing.T) {
	s := newStage(t)
	s.policy(func(p *oncall.Policy) { p.Again, p.Match = 0, `site="Berlin"` })
	s.fires("A")
	i := &s.items[0]
	s.look(0)
	i.Care.AckedAt = s.now
	s.look(time.Hour)
	s.want("acknowledged")
	i.Care = watch.Care{OwnerID: "kim"}
	s.look(time.Hour)
	s.want("it is somebody's")
	i.Care = watch.Care{}
	s.look(0)
	s.look(59 * time.Second)
	s.want("taken back")
	s.again()
	i.Holds = []alert.Hold{{Kind: alert.ForSilence}}
	s.look(0)
	s.look(time.Hour)
	s.want("held")
	i.Holds = nil
	s.look(0)
	s.want("not held any more")
	s.look(time.Second)
	if got := s.log(); len(got) != 1 || !strings.Contains(got[0], "The mia: By mail") {
		t.Errorf("%q", got)
	}
	i.Alert.State = alert.Resolved
	s.look(time.Hour)
	i.Alert = alert.Alert{State: alert.Firing, FiredAt: s.now} // it fires anew
	s.look(0)
	s.look(time.Minute)
	if got := s.log(); len(got) != 2 || strings.Contains(got[1], "Nobody answered") || !strings.HasSuffix(got[1], "Step 1 of “Nights”.") {
		t.Errorf("%q", got)
	}
	i.Labels = map[string]string{"site": "Paris"}
	s.look(time.Hour)
	if list, err := s.Policies(t.Context(), technician); err != nil || list[0].Runs != 0 || !slices.Equal(list[0].Names, []string{"Nights", "The jo", "Slack"}) {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestManyAtOnce: what is due within half a minute is one message; a gap in the rota is
// said, and the next is told at once.
func TestManyAtOnce(t *testing.T) {
	s := newStage(t)
	s.policy(nil)
	for n := range 5 {
		s.fires(fmt.Sprint("A", n))
		s.look(5 * time.Second)
	}
	s.look(35 * time.Second)
	s.look(5 * time.Minute)
	if len(s.queued) != 1 || len(s.queued[0].Note.Alerts) != 5 || s.queued[0].Note.Title() != "On call: A0 is full. And 4 more." || len(s.log()) != 5 {
		t.Errorf("%d messages, %q", len(s.queued), s.log())
	}
	g := newStage(t)
	r := g.policy(nil)
	r.Layers[0].First = "2030-01-01"
	if _, err := g.Save(t.Context(), operator, r.Rota); err != nil {
		t.Fatal(err)
	}
	g.fires("A")
	g.look(0)
	g.look(time.Minute)
	g.look(5 * time.Second)
	g.want("a gap", "12:01 A : Nobody is on call by “Nights”. Step 1 of “Nights”.", "12:01 A The jo: Nobody answered. By mail and in the console. Step 2 of “Nights”.")
}

// TestHandOver: whose shift begins is told what is open, and that what nobody has
// answered is theirs now; whose shift is over is told that; once, over a restart too.
func TestHandOver(t *testing.T) {
	s := newStage(t)
	r := s.policy(func(p *oncall.Policy) { p.Steps = p.Steps[:1]; p.Again = 0 })
	s.fires("A")
	s.fires("B")
	s.items[1].Care.AckedAt = s.now
	s.look(0)
	s.look(time.Minute)
	s.queued = nil
	s.now = r.Next.From.Add(-time.Second)
	s.look(0)
	if len(s.queued) > 0 {
		t.Errorf("too early: %+v", s.queued)
	}
	s.again()
	s.unknown = true
	s.look(5 * time.Second)
	s.unknown = false
	s.look(0)
	s.again()
	s.look(0)
	if len(s.queued) != 1 || s.queued[0].Note.Title() != "You are on call now: Nights" || !slices.Equal(s.queued[0].Note.To, []string{"jo@example.com"}) || len(s.queued[0].Note.Alerts) != 2 ||
		!strings.HasSuffix(s.queued[0].Note.Lead, "after that of The mia. Open alerts: 2; nobody has answered 1 of them, and they are yours now.") {
		t.Errorf("%+v", s.queued)
	}
	if got := s.log(); len(got) != 2 || !strings.HasSuffix(got[1], "A The jo: Handed over with the shift of “Nights”. By mail and in the console.") {
		t.Errorf("%q", got)
	}
	var told []string
	for _, x := range s.told {
		told = append(told, x)
	}
	if slices.Sort(told); !slices.Equal(told, []string{"jo: You are on call now: Nights", "mia: On call: A is full.", "mia: Your shift is over: Nights"}) {
		t.Errorf("%q", told)
	}
}

// TestPoliciesThatAreRefused: each says of which field.
func TestPoliciesThatAreRefused(t *testing.T) {
	s := newStage(t)
	for field, change := range map[string]func(p *oncall.Policy){
		"name":            func(p *oncall.Policy) { p.Name = "" },
		"least":           func(p *oncall.Policy) { p.Least = "red" },
		"match":           func(p *oncall.Policy) { p.Match = "site=" },
		"steps":           func(p *oncall.Policy) { p.Steps = nil },
		"steps.0.after":   func(p *oncall.Policy) { p.Steps[0].After = -1 },
		"steps.0.target":  func(p *oncall.Policy) { p.Steps[0].Target = "gone" },
		"steps.0.target ": func(p *oncall.Policy) { p.Steps[0] = oncall.Step{Kind: oncall.ToChannel, Target: "pd"} },
		"again":           func(p *oncall.Policy) { p.Again = 10 },
		"pause":           func(p *oncall.Policy) { p.Again = 1 },
		"mail":            func(p *oncall.Policy) { p.Mail = "slack" },
	} {
		p := oncall.Policy{Name: "a", Least: alert.Critical, Steps: []oncall.Step{{Kind: oncall.ToPerson, Target: "jo"}}}
		change(&p)
		if _, err := s.SavePolicy(t.Context(), operator, p); fault.FieldOf(err) != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
		if _, err := s.SavePolicy(t.Context(), technician, p); !fault.Is(err, fault.Forbidden) {
			t.Error(err)
		}
	}
	if err := s.DeletePolicy(t.Context(), operator, "none"); !fault.Is(err, fault.NotFound) || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
