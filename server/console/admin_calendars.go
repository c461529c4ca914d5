package console

import (
	"net/http"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/sla/ical"
)

type calendarsView struct {
	Frame     frame
	Calendars []*rulebook.Calendar
	Policies  []*rulebook.Policy
	Book      *rulebook.Book
	Sites     []kit.Option
}

// calendarsPage lists calendars and policies: what is owed, and when the desk is open.
func (c *Console) calendarsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	b := c.Rulebook()
	v := calendarsView{Calendars: rulebook.All[*rulebook.Calendar](b), Policies: rulebook.All[*rulebook.Policy](b), Book: b}
	var err error
	if v.Frame, err = c.adminFrame(r, actor, "Service levels"); err != nil {
		return err
	}
	if v.Sites, err = c.siteOptions(r.Context(), actor); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, serviceLevels(v))
}

type calendarView struct {
	Frame     frame
	Calendar  rulebook.Calendar
	Week      [7]string
	Holidays  string
	Others    string
	Proposals []ical.Proposal
	Days      []sla.Day
	Form      kit.Form
}

// calendarPage edits a calendar, or makes one.
func (c *Console) calendarPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	x := rulebook.Calendar{Calendar: sla.Calendar{Zone: "Europe/Berlin"}}
	if id := r.PathValue("id"); id != "new" {
		found, ok := rulebook.Get[*rulebook.Calendar](c.Rulebook(), id)
		if !ok {
			return fault.New(fault.NotFound, "There is no such calendar. Somebody may have deleted it.")
		}
		x = *found
	} else {
		for d := 1; d <= 5; d++ {
			x.Week = append(x.Week, sla.Weekday{Day: d, Spans: []sla.Span{{From: 9 * 60, To: 12 * 60}, {From: 13 * 60, To: 17 * 60}}})
		}
	}
	return c.showCalendar(w, r, actor, http.StatusOK, calendarWords(x))
}

// calendarWords is a calendar as its form has it.
func calendarWords(x rulebook.Calendar) calendarView {
	v := calendarView{Calendar: x}
	for _, d := range x.Week {
		v.Week[d.Day] = spanWords(d.Spans)
	}
	for _, h := range x.Holidays {
		v.Holidays += string(h.Date) + " " + h.Name + "\n"
	}
	for _, e := range x.Exceptions {
		hours := spanWords(e.Spans)
		if hours == "" {
			hours = "closed"
		}
		v.Others += string(e.Date) + " " + hours + " " + e.Name + "\n"
	}
	return v
}

func spanWords(spans []sla.Span) string {
	var out []string
	for _, s := range spans {
		out = append(out, s.From.String()+"-"+s.To.String())
	}
	return strings.Join(out, " ")
}

func (c *Console) showCalendar(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v calendarView) error {
	if h, err := v.Calendar.Hours(c.Now()); err == nil {
		v.Days = h.Days(c.Now(), 14)
	}
	title := "New calendar"
	if v.Calendar.ID != "" {
		title = "Calendar " + v.Calendar.Base().Name
	}
	var err error
	if v.Frame, err = c.adminFrame(r, actor, title); err != nil {
		return err
	}
	v.Form.Fixed = !v.Frame.may(auth.RulebookManage)
	return c.out.Show(w, r, status, calendarEditor(v))
}

// changeCalendar previews a calendar, reads holidays into its form, saves or deletes
// it, by the button that was pressed. What somebody has written comes back.
func (c *Console) changeCalendar(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	r.Body = http.MaxBytesReader(w, r.Body, 2<<20)
	if err := r.ParseMultipartForm(2 << 20); err != nil {
		return fault.Wrap(err, fault.TooLarge, "The form is larger than 2 MiB. Nothing was changed.")
	}
	v, err := calendarOf(r)
	if err == nil {
		switch r.PostFormValue("do") {
		case "preview":
			err = v.Calendar.Validate(c.Now())
			if err == nil {
				return c.showCalendar(w, r, actor, http.StatusOK, v)
			}
		case "holidays":
			if v.Proposals, err = readHolidays(r, c.Now()); err == nil {
				return c.showCalendar(w, r, actor, http.StatusOK, v)
			}
		case "delete":
			err = c.Rules.Delete(r.Context(), actor, rulebook.CalendarKind, v.Calendar.ID, v.Calendar.Version)
		default:
			_, err = c.Rules.Save(r.Context(), actor, &v.Calendar)
		}
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/admin/service-levels", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Stale, fault.TooLarge:
		v.Form = v.Form.Refused(err)
		return c.showCalendar(w, r, actor, gate.Status(err), v)
	}
	return err
}

func readHolidays(r *http.Request, now time.Time) ([]ical.Proposal, error) {
	f, _, err := r.FormFile("file")
	if err != nil {
		return nil, fault.Field("file", "Choose an iCalendar file (.ics) first.")
	}
	defer f.Close()
	return ical.Holidays(f, sla.DateOf(now), sla.DateOf(now.AddDate(2, 0, 0)))
}

// calendarOf reads the editor's form. Holidays that were ticked among those of a
// file are added.
func calendarOf(r *http.Request) (calendarView, error) {
	x := rulebook.Calendar{Entry: rulebook.Entry{Name: r.PostFormValue("name"), ID: r.PathValue("id"), Version: version(r)}, Calendar: sla.Calendar{Zone: strings.TrimSpace(r.PostFormValue("zone"))}}
	if x.ID == "new" {
		x.ID, x.Version = "", 0
	}
	v := calendarView{Holidays: r.PostFormValue("holidays"), Others: r.PostFormValue("exceptions")}
	for _, line := range r.PostForm["found"] {
		v.Holidays = strings.TrimRight(v.Holidays, "\r\n") + "\n" + line
	}
	v.Holidays = strings.TrimLeft(v.Holidays, "\r\n")
	var wrong error
	for d := range 7 {
		v.Week[d] = r.PostFormValue("day" + string(rune('0'+d)))
		spans, err := spansOf("week", strings.Fields(v.Week[d]))
		if err != nil && wrong == nil {
			wrong = err
		}
		if len(spans) > 0 {
			x.Week = append(x.Week, sla.Weekday{Day: d, Spans: spans})
		}
	}
	for line := range strings.Lines(v.Holidays) {
		if date, name, _ := strings.Cut(strings.TrimSpace(line), " "); date != "" {
			x.Holidays = append(x.Holidays, sla.Holiday{Date: sla.Date(date), Name: strings.TrimSpace(name)})
		}
	}
	for line := range strings.Lines(v.Others) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		e := sla.Exception{Date: sla.Date(words[0])}
		words = words[1:]
		for len(words) > 0 && strings.Contains(words[0], ":") && strings.Contains(words[0], "-") {
			spans, err := spansOf("exceptions", words[:1])
			if err != nil && wrong == nil {
				wrong = err
			}
			e.Spans, words = append(e.Spans, spans...), words[1:]
		}
		if len(words) > 0 && words[0] == "closed" {
			words = words[1:]
		}
		e.Name = strings.Join(words, " ")
		x.Exceptions = append(x.Exceptions, e)
	}
	v.Calendar = x
	return v, wrong
}

func spansOf(field string, words []string) ([]sla.Span, error) {
	var out []sla.Span
	for _, w := range words {
		a, b, ok := strings.Cut(w, "-")
		var s sla.Span
		if !ok || s.From.UnmarshalText([]byte(a)) != nil || s.To.UnmarshalText([]byte(b)) != nil {
			return nil, fault.Field(field, "“"+w+"” are not hours. Write them like 09:00-12:30 13:00-17:00.")
		}
		out = append(out, s)
	}
	return out, nil
}
