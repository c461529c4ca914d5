package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/watch"
)

const (
	silencesPath    = "/noc/silences"
	maxPreviewed    = 8
	silenceAskedFor = "look" // the button that only says what would be silenced
)

type silencesView struct {
	Frame  frame
	List   []watch.SilenceState
	Form   kit.Form
	Typed  silenceTyped
	Found  []watch.Item // what it would hold now
	Looked bool
	May    bool
}

// silenceTyped is a silence as it is typed.
type silenceTyped struct {
	Match, Why, Hours, Stable string
	Days                      []string
	Start, Minutes, Zone      string
}

// silencesPage lists the silences, and offers one of what the address names.
func (c *Console) silencesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := silencesView{Typed: silenceTyped{Match: r.URL.Query().Get("match"), Hours: "2", Start: "22:00", Minutes: "60", Zone: zone(r).String()}}
	if v.Typed.Match != "" {
		var err error
		if v.Found, err = c.Alerts.Matching(actor, v.Typed.Match); err != nil {
			v.Form = v.Form.Refused(err)
		}
		v.Looked = err == nil
	}
	return c.showSilences(w, r, actor, http.StatusOK, v)
}

func (c *Console) showSilences(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v silencesView) error {
	var err error
	if v.List, err = c.Alerts.Silences(actor); err != nil {
		return err
	}
	v.Form.ID, v.May = "silence", auth.May(actor, auth.AlertsHold)
	if v.Frame, err = c.frame(r, actor, atNOC, "Silences", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, silencesWhole(v))
}

// silence makes one, or says what it would hold. What is refused stands beside its
// field, and nothing that was typed is lost.
func (c *Console) silence(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	f := r.PostForm
	v := silencesView{Typed: silenceTyped{
		Match: f.Get("match"), Why: f.Get("why"), Hours: f.Get("hours"), Stable: f.Get("stable"), Days: f["days"], Start: f.Get("start"), Minutes: f.Get("minutes"), Zone: f.Get("zone"),
	}}
	var err error
	if f.Get("do") == silenceAskedFor {
		v.Found, err = c.Alerts.Matching(actor, v.Typed.Match)
		v.Looked = err == nil
	} else if d, typed := v.Typed.draft(c.Now()); typed != nil {
		err = typed
	} else {
		_, err = c.Alerts.Silence(r.Context(), actor, d)
		if err == nil {
			http.Redirect(w, r, silencesPath, http.StatusSeeOther)
			return nil
		}
	}
	if err == nil {
		return c.showSilences(w, r, actor, http.StatusOK, v)
	}
	if code := fault.CodeOf(err); code != fault.Invalid && code != fault.TooMany {
		return err
	}
	v.Form = v.Form.Refused(err)
	return c.showSilences(w, r, actor, http.StatusUnprocessableEntity, v)
}

// draft reads what was typed.
func (t silenceTyped) draft(now time.Time) (watch.SilenceDraft, error) {
	d := watch.SilenceDraft{Match: t.Match, Why: t.Why}
	if t.Hours != "" {
		hours, err := strconv.Atoi(t.Hours)
		if err != nil || hours < 1 || hours > 366*24 {
			return d, fault.Field("until", "Choose how long it lasts.")
		}
		d.Times.To = now.Add(time.Duration(hours) * time.Hour)
	}
	if s := strings.TrimSpace(t.Stable); s != "" {
		minutes, err := strconv.Atoi(s)
		if err != nil || minutes < 1 || minutes > 7*24*60 {
			return d, fault.Field("stable", "Give minutes, 1 to 10080, or leave it empty.")
		}
		d.Stable = time.Duration(minutes) * time.Minute
	}
	if len(t.Days) == 0 {
		return d, nil
	}
	var err error
	d.Times.Weekly, err = weeklyTyped(t.Days, t.Start, t.Minutes, t.Zone)
	return d, err
}

// weeklyTyped reads the hours of a week.
func weeklyTyped(days []string, start, length, zone string) (*alert.Weekly, error) {
	at, err := time.Parse("15:04", start)
	if err != nil {
		return nil, fault.Field("weekly", "Write the time of day as in 22:00.")
	}
	minutes, err := strconv.Atoi(strings.TrimSpace(length))
	if err != nil || minutes < 1 || minutes > 24*60 {
		return nil, fault.Field("weekly", "What recurs goes on for 1 to 1440 minutes.")
	}
	w := &alert.Weekly{Minute: at.Hour()*60 + at.Minute(), For: time.Duration(minutes) * time.Minute, Zone: strings.TrimSpace(zone)}
	for _, day := range days {
		n, err := strconv.Atoi(day)
		if err != nil {
			return nil, fault.Field("weekly", "Choose days of the week.")
		}
		w.Days = append(w.Days, time.Weekday(n))
	}
	return w, nil
}

// endSilence ends one before its time.
func (c *Console) endSilence(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	err := c.Alerts.EndSilence(r.Context(), actor, r.PathValue("id"))
	if err != nil && !fault.Is(err, fault.NotFound) { // it is over, which was asked for
		return err
	}
	http.Redirect(w, r, silencesPath, http.StatusSeeOther)
	return nil
}

// apart parts alerts of which somebody is told from those that are held back.
func apart(list []watch.Item) (told, held []watch.Item) {
	for _, i := range list {
		if len(i.Holds) > 0 {
			held = append(held, i)
		} else {
			told = append(told, i)
		}
	}
	return told, held
}

func nothingFires(v alertsView) string {
	if len(v.Held) > 0 {
		return "Nothing fires but what is held back"
	}
	return "Nothing fires"
}

// silenceOf leads to a silence of one alert: of its rule, and of its machine, device, instance or site.
func silenceOf(i watch.Item) templ.SafeURL {
	of := map[string]string{alert.NameLabel: i.Rule}
	switch {
	case i.Endpoint() != "":
		of["endpoint"] = i.Endpoint()
	case i.Labels["heartbeat"] != "":
		of["heartbeat"] = i.Labels["heartbeat"]
	case i.Labels["check"] != "":
		of["check"] = i.Labels["check"]
	case i.Labels["network_device"] != "":
		of["network_device"] = i.Labels["network_device"]
		if port := i.Labels["interface"]; port != "" {
			of["interface"] = port
		}
	case i.Labels["instance"] != "": // it is over series of others
		of["instance"] = i.Labels["instance"]
	case i.Site() != "":
		of["site"] = i.Site()
	}
	return templ.SafeURL(silencesPath + "?match=" + url.QueryEscape(strings.Trim(alert.MatchExactly(of).String(), "{}")))
}

func silenceHours() []kit.Option {
	return kit.Pairs("1", "1 hour", "2", "2 hours", "4", "4 hours", "8", "8 hours", "24", "1 day", "72", "3 days", "168", "1 week", "720", "30 days", "", "No end: until it is stable, or by hand what recurs")
}

func weekdays() []kit.Option {
	return kit.Pairs("1", "Monday", "2", "Tuesday", "3", "Wednesday", "4", "Thursday", "5", "Friday", "6", "Saturday", "0", "Sunday")
}

// silenceEnds says how a silence ends, in words without times.
func silenceEnds(s watch.SilenceState) string {
	var words []string
	if s.Stable > 0 {
		words = append(words, "when nothing of it has fired for "+shortly(s.Stable))
	}
	if w := s.Times.Weekly; w != nil {
		words = append(words, "again on "+weeklyWords(w))
	}
	return strings.Join(words, "; ")
}

// weeklyWords are the hours of a week in words.
func weeklyWords(w *alert.Weekly) string {
	days := make([]string, 0, len(w.Days))
	for _, d := range weekdays() {
		if n, err := strconv.Atoi(d.Value); err == nil && slices.Contains(w.Days, time.Weekday(n)) {
			days = append(days, d.Word)
		}
	}
	at := time.Time{}.Add(time.Duration(w.Minute) * time.Minute).Format("15:04")
	return strings.Join(days, ", ") + " from " + at + " (" + w.Zone + ") for " + shortly(w.For)
}
