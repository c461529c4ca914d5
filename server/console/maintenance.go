package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/sla/ical"
	"github.com/deskbell/deskbell/server/watch"
)

const maintenancePath = "/noc/maintenance"

type maintenanceView struct {
	Frame frame
	List  []watch.WindowState
	Form  kit.Form
	Typed windowTyped
	Sites []kit.Option
	// Groups are those there are.
	Groups []kit.Option
	Checks []kit.Option
	May    bool
}

// windowTyped is a maintenance window as it is typed.
type windowTyped struct {
	Title, Endpoints      string
	Sites, Groups, Checks []string
	When                  string // once, weekly or calendar
	Begin, Hours          string
	Days                  []string
	Start, Minutes, Zone  string
}

// maintenancePage lists the maintenance windows, and offers one for what the address
// names.
func (c *Console) maintenancePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	v := maintenanceView{Typed: windowTyped{Endpoints: q.Get("endpoint"), Sites: q["site"], Groups: q["group"], When: "once", Hours: "2", Start: "22:00", Minutes: "60", Zone: zone(r).String()}}
	return c.showMaintenance(w, r, actor, http.StatusOK, v)
}

func (c *Console) showMaintenance(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v maintenanceView) error {
	var err error
	if v.List, err = c.Alerts.Windows(actor); err != nil {
		return err
	}
	sites, err := c.siteOptions(r.Context(), actor)
	if err != nil {
		return err
	}
	for _, s := range sites { // alerts know a site by its name
		v.Sites = append(v.Sites, kit.Option{Value: s.Word, Word: s.Word})
	}
	groups, err := c.Groups.List(actor)
	if err != nil {
		return err
	}
	for _, g := range groups {
		v.Groups = append(v.Groups, kit.Option{Value: g.Name, Word: g.Name})
	}
	checks, err := c.Checks.List(actor)
	if err != nil {
		return err
	}
	for _, x := range checks {
		if !x.Paused {
			v.Checks = append(v.Checks, kit.Option{Value: x.ID, Word: x.Name})
		}
	}
	v.Form.ID, v.May = "maintenance", auth.May(actor, auth.AlertsHold)
	if v.Frame, err = c.frame(r, actor, atNOC, "Maintenance", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, maintenanceWhole(v))
}

// planMaintenance makes a window. What is refused stands beside its field, and nothing
// that was typed is lost.
func (c *Console) planMaintenance(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	r.Body = http.MaxBytesReader(w, r.Body, 2<<20)
	if err := r.ParseMultipartForm(2 << 20); err != nil {
		return fault.Wrap(err, fault.TooLarge, "The form is larger than 2 MiB. Nothing was planned.")
	}
	f := r.PostForm
	v := maintenanceView{Typed: windowTyped{
		Title: f.Get("title"), Endpoints: f.Get("endpoints"), Sites: f["sites"], Groups: f["groups"], Checks: f["checks"], When: f.Get("when"), Begin: f.Get("begin"), Hours: f.Get("hours"),
		Days: f["days"], Start: f.Get("start"), Minutes: f.Get("minutes"), Zone: f.Get("zone"),
	}}
	d, err := v.Typed.draft(r, c.Now())
	if err == nil {
		if _, err = c.Alerts.PlanWindow(r.Context(), actor, d); err == nil {
			http.Redirect(w, r, maintenancePath, http.StatusSeeOther)
			return nil
		}
	}
	if code := fault.CodeOf(err); code != fault.Invalid && code != fault.TooMany && code != fault.TooLarge {
		return err
	}
	v.Form = v.Form.Refused(err)
	return c.showMaintenance(w, r, actor, http.StatusUnprocessableEntity, v)
}

// draft reads what was typed.
func (t windowTyped) draft(r *http.Request, now time.Time) (watch.WindowDraft, error) {
	d := watch.WindowDraft{
		Title: t.Title, Sites: t.Sites, Groups: t.Groups, Checks: t.Checks,
		Endpoints: strings.FieldsFunc(t.Endpoints, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }),
	}
	t.Zone = strings.TrimSpace(t.Zone)
	in, err := time.LoadLocation(t.Zone)
	if err != nil || t.Zone == "" && t.When != "weekly" || t.Zone == "Local" {
		return d, fault.Field("zone", "This is no time zone. One is written as in Europe/Berlin.")
	}
	switch t.When {
	case "weekly":
		d.Times.Weekly, err = weeklyTyped(t.Days, t.Start, t.Minutes, t.Zone)
		return d, err
	case "calendar":
		d.Times.Listed, err = calendarTimes(r, now, in)
		return d, err
	}
	d.Times.From = now
	if t.Begin != "" {
		if d.Times.From, err = time.ParseInLocation("2006-01-02T15:04", t.Begin, in); err != nil {
			return d, fault.Field("begin", "Write when it begins as in 2026-12-31T22:00, or leave it empty: now.")
		}
	}
	hours, err := strconv.Atoi(t.Hours)
	if err != nil || hours < 1 || hours > 366*24 {
		return d, fault.Field("until", "Choose how long it lasts.")
	}
	d.Times.To = d.Times.From.Add(time.Duration(hours) * time.Hour)
	return d, nil
}

// calendarTimes are the times of the events in the file that was sent, of a year.
func calendarTimes(r *http.Request, now time.Time, in *time.Location) ([]alert.Stretch, error) {
	f, _, err := r.FormFile("file")
	if err != nil {
		return nil, fault.Field("file", "Choose an iCalendar file (.ics) first.")
	}
	defer f.Close()
	events, err := ical.Events(f, now, now.AddDate(1, 0, 0), in)
	if err != nil {
		return nil, err
	}
	out := []alert.Stretch{}
	for _, e := range events {
		out = append(out, alert.Stretch{From: e.From, To: e.To})
	}
	if len(out) == 0 {
		return nil, fault.Field("file", "The file has no event in the year to come.")
	}
	return out, nil
}

// endMaintenance ends a window before its time.
func (c *Console) endMaintenance(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	err := c.Alerts.EndWindow(r.Context(), actor, r.PathValue("id"))
	if err != nil && !fault.Is(err, fault.NotFound) { // it is over, which was asked for
		return err
	}
	http.Redirect(w, r, maintenancePath, http.StatusSeeOther)
	return nil
}

// maintainedNow are the windows in which an endpoint is worked on now.
func (c *Console) maintainedNow(actor auth.Actor, e noc.View) []alert.Hold {
	if !auth.May(actor, auth.NOCRead) {
		return nil
	}
	return c.Alerts.Maintained(e.ID, e.Site.Name)
}

func maintenanceHours() []kit.Option {
	return kit.Pairs("1", "1 hour", "2", "2 hours", "4", "4 hours", "8", "8 hours", "12", "12 hours", "24", "1 day", "72", "3 days", "168", "1 week")
}

// windowFor says what a window is for, in short.
func windowFor(s watch.WindowState) string {
	words := append([]string{}, s.Sites...)
	for _, g := range s.Groups {
		if s.Gone[g] {
			g = "the group " + g + ", which is gone"
		} else {
			g = "the group " + g
		}
		words = append(words, g)
	}
	gone, unwatched := 0, 0
	for _, id := range s.Checks {
		if name := s.Names[id]; name != "" {
			words = append(words, "the check "+name)
		} else {
			unwatched++
		}
	}
	for _, id := range s.Endpoints {
		if name := s.Names[id]; name != "" {
			words = append(words, name)
		} else {
			gone++
		}
	}
	const most = 6
	if more := len(words) - most; more > 0 {
		words = append(words[:most], strconv.Itoa(more)+" more")
	}
	if gone > 0 {
		words = append(words, kit.Plural(gone, "1 endpoint that is gone", "%d endpoints that are gone"))
	}
	if unwatched > 0 {
		words = append(words, kit.Plural(unwatched, "1 check that is paused or gone", "%d checks that are paused or gone"))
	}
	return strings.Join(words, ", ")
}

// windowRecurs says when a window is, as far as it is not once.
func windowRecurs(t alert.Times) string {
	switch {
	case t.Weekly != nil:
		return "each " + weeklyWords(t.Weekly)
	case t.Listed != nil:
		return kit.Plural(len(t.Listed), "1 time from a calendar", "%d times from a calendar")
	}
	return ""
}
