package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/notify"
)

// Mailings are reports that are sent by mail again and again.
type Mailings interface {
	List(ctx context.Context, actor auth.Actor) ([]mailing.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (mailing.Standing, error)
	Save(ctx context.Context, actor auth.Actor, m mailing.Mailing, to []string) (mailing.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, id string) (address string, err error)
	Mails(actor auth.Actor) ([]notify.Choice, error)
}

const (
	schedulesPath   = "/reports/schedules"
	newSchedulePath = "/reports/new-schedule"
	// maxThings is how many sites, groups and checks are offered one by one.
	maxThings = 500
)

type schedulesView struct {
	Frame frame
	List  []mailing.Standing
	Names map[availability.Thing]string
	May   bool
}

// schedulesPage lists the reports that are sent by mail.
func (c *Console) schedulesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := schedulesView{May: auth.May(actor, auth.ReportsSend), Names: c.thingNames()}
	var err error
	if v.List, err = c.Mailings.List(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atReports, "Scheduled reports", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, schedulesWhole(v))
}

type scheduleView struct {
	Frame frame
	Now   mailing.Standing
	Typed scheduleTyped
	About []kit.Option
	Mails []kit.Option
	Names map[availability.Thing]string
	Form  kit.Form
	Tried string // where a trial goes
	May   bool
}

// scheduleTyped is a scheduled report as it stands in the form.
type scheduleTyped struct {
	Name, About, When, At, Zone, Channel, To string
	Paused                                   bool
	Version                                  int
}

func typedSchedule(m mailing.Mailing) scheduleTyped {
	t := scheduleTyped{
		Name: m.Name, About: string(m.Kind) + ":" + m.Of, When: string(m.Every) + strconv.Itoa(m.Day), Zone: m.Zone, Channel: m.Channel, Paused: m.Paused, Version: m.Version,
		At: time.Date(2026, 1, 1, 0, m.Minute, 0, 0, time.UTC).Format("15:04"),
	}
	for _, r := range m.To {
		t.To += r.Address + "\n"
	}
	return t
}

// mailing reads what was typed. What cannot be read is less than nothing, which is refused.
func (t *scheduleTyped) mailing() (m mailing.Mailing) {
	kind, of, _ := strings.Cut(t.About, ":")
	m = mailing.Mailing{Version: t.Version, Name: t.Name, Kind: availability.Kind(kind), Of: of, Channel: t.Channel, Paused: t.Paused}
	m.Every, m.Zone, m.Minute = mailing.Weekly, strings.TrimSpace(t.Zone), -1
	day, monthly := strings.CutPrefix(t.When, string(mailing.Monthly))
	if monthly {
		m.Every = mailing.Monthly
	}
	m.Day, _ = strconv.Atoi(strings.TrimPrefix(day, string(mailing.Weekly)))
	if at, err := time.Parse("15:04", t.At); err == nil {
		m.Minute = at.Hour()*60 + at.Minute()
	}
	return m
}

// newSchedule leads from a report to sending the same each month.
func (f availabilityForm) newSchedule(zone string) string {
	return newSchedulePath + "?" + url.Values{"kind": {string(f.Kind)}, "id": {f.ID}, "zone": {zone}}.Encode()
}

// newSchedulePage offers the report that the address names, each month on the first, to
// who asks.
func (c *Console) newSchedulePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	kind := availability.Kind(q.Get("kind"))
	if kind != availability.Group && kind != availability.Check {
		kind = availability.Site
	}
	t := scheduleTyped{Name: "Availability of " + kindsWord(kind), About: string(kind) + ":" + q.Get("id"), When: "month1", At: "08:00", Zone: q.Get("zone")}
	if name := c.thingNames()[availability.Thing{Kind: kind, ID: q.Get("id")}]; name != "" {
		t.Name = "Availability of " + name
	}
	if t.Zone == "" {
		t.Zone = c.Availability.Zone().String()
	}
	me, err := c.Auth.Person(r.Context(), actor, actor.Person)
	if err == nil {
		t.To = me.Email
	}
	return c.showSchedule(w, r, actor, http.StatusOK, scheduleView{Typed: t})
}

func (c *Console) schedulePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	s, err := c.Mailings.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.showSchedule(w, r, actor, http.StatusOK, scheduleView{Now: s, Typed: typedSchedule(s.Mailing)})
}

func (c *Console) showSchedule(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v scheduleView) error {
	v.May, v.Names = auth.May(actor, auth.ReportsSend), c.thingNames()
	title := "New scheduled report"
	if v.Now.ID != "" {
		title = v.Now.Name
	}
	if v.May {
		mails, err := c.Mailings.Mails(actor)
		if err != nil {
			return err
		}
		for _, m := range mails {
			v.Mails = append(v.Mails, kit.Option{Value: m.ID, Word: m.Name})
		}
		if v.Typed.Channel == "" && len(mails) > 0 {
			v.Typed.Channel = mails[0].ID
		}
		v.About = kit.Pairs("site:", "All sites", "group:", "All groups", "check:", "All checks")
		for i, t := range c.Availability.Things() {
			if i < maxThings {
				v.About = append(v.About, kit.Option{Value: string(t.Kind) + ":" + t.ID, Word: kindOne(t.Kind) + " " + t.Name})
			}
		}
	}
	var err error
	if v.Frame, err = c.frame(r, actor, atReports, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, scheduleWhole(v))
}

// saveSchedule saves, tries or deletes, by the button that was pressed. What somebody has
// written comes back when it is refused.
func (c *Console) saveSchedule(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, get := r.PathValue("id"), r.PostFormValue
	switch {
	case id == "":
	case get("do") == "delete":
		if err := c.Mailings.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, schedulesPath, http.StatusSeeOther)
		return nil
	case get("do") == "try":
		return c.trySchedule(w, r, actor, id)
	}
	t := scheduleTyped{
		Name: get("name"), About: get("about"), When: get("when"), At: get("at"), Zone: get("zone"), Channel: get("channel"), To: get("to"), Paused: get("paused") != "", Version: small(r, "version"),
	}
	m := t.mailing()
	m.ID = id
	saved, err := c.Mailings.Save(r.Context(), actor, m, strings.FieldsFunc(t.To, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }))
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, schedulesPath+"/"+saved.ID, http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Stale, fault.Full:
		v := scheduleView{Typed: t, Form: kit.Form{}.Refused(err)}
		if id != "" {
			var lost error
			if v.Now, lost = c.Mailings.Get(r.Context(), actor, id); lost != nil {
				return lost
			}
		}
		return c.showSchedule(w, r, actor, gate.Status(err), v)
	}
	return err
}

// trySchedule sends it to who asks, as it is saved.
func (c *Console) trySchedule(w http.ResponseWriter, r *http.Request, actor auth.Actor, id string) error {
	s, err := c.Mailings.Get(r.Context(), actor, id)
	if err != nil {
		return err
	}
	v := scheduleView{Now: s, Typed: typedSchedule(s.Mailing)}
	if v.Tried, err = c.Mailings.Try(r.Context(), actor, id); err != nil {
		switch fault.CodeOf(err) {
		case fault.Invalid, fault.Conflict, fault.NotFound, fault.Unavailable:
			v.Form = v.Form.Refused(err)
			return c.showSchedule(w, r, actor, gate.Status(err), v)
		}
		return err
	}
	return c.showSchedule(w, r, actor, http.StatusOK, v)
}

// thingNames are the names of what reports can be about.
func (c *Console) thingNames() map[availability.Thing]string {
	out := map[availability.Thing]string{}
	for _, t := range c.Availability.Things() {
		out[availability.Thing{Kind: t.Kind, ID: t.ID}] = t.Name
	}
	return out
}

// scheduleAbout says what a scheduled report is about.
func scheduleAbout(m mailing.Mailing, names map[availability.Thing]string) string {
	if m.Of == "" {
		return "All " + kindsWord(m.Kind)
	}
	if name := names[availability.Thing{Kind: m.Kind, ID: m.Of}]; name != "" {
		return kindOne(m.Kind) + " " + name
	}
	return kindOne(m.Kind) + ", not there any more"
}

// scheduleTimes are the days on which it can be sent.
func scheduleTimes() []kit.Option {
	var out []kit.Option
	for d := 1; d <= 28; d++ {
		w := mailing.When{Every: mailing.Monthly, Day: d}
		out = append(out, kit.Option{Value: "month" + strconv.Itoa(d), Word: capital(w.DayWords())})
		if d <= 7 {
			w.Every = mailing.Weekly
			out = append(out, kit.Option{Value: "week" + strconv.Itoa(d), Word: capital(w.DayWords())})
		}
	}
	return out
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// scheduleState says how it stands with a scheduled report: a sign and a word.
func scheduleState(s mailing.Standing) (sign, word string) {
	switch {
	case s.Run.Stopped != "":
		return "critical", "Stopped"
	case s.Paused:
		return "maintenance", "Paused"
	case s.Run.Problem != "":
		return "critical", "Not sent"
	case s.Run.Sent.IsZero():
		return "info", "Not sent yet"
	case s.Waiting() > 0:
		return "info", "On its way"
	case s.Trouble() != "":
		return "warning", "Not to all"
	}
	return "healthy", "Sent"
}

// scheduleTo are the names of those to whom it goes, or their addresses.
func scheduleTo(s mailing.Standing) []string {
	var out []string
	for _, r := range s.To {
		if r.Name != "" {
			out = append(out, r.Name)
		} else {
			out = append(out, r.Address)
		}
	}
	return out
}

// periodOf is whether a period is a week or a month: the one begins on the first and ends
// in the same month, weeks end after seven days.
func periodOf(p mailing.Period) mailing.Every {
	first, _ := time.Parse(time.DateOnly, p.First)
	last, _ := time.Parse(time.DateOnly, p.Last)
	if last.Sub(first) > 7*24*time.Hour {
		return mailing.Monthly
	}
	return mailing.Weekly
}

func scheduleAction(v scheduleView) string {
	if v.Now.ID == "" {
		return newSchedulePath
	}
	return schedulesPath + "/" + v.Now.ID
}
