package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/oncall"
)

// OnCall says who is on call.
type OnCall interface {
	List(actor auth.Actor) ([]oncall.Standing, error)
	Get(actor auth.Actor, id string) (oncall.Standing, error)
	Save(ctx context.Context, actor auth.Actor, r oncall.Rota) (oncall.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Override(ctx context.Context, actor auth.Actor, o oncall.Override) (oncall.Override, error)
	EndOverride(ctx context.Context, actor auth.Actor, id string) error
	Policies(ctx context.Context, actor auth.Actor) ([]oncall.PolicyState, error)
	SavePolicy(ctx context.Context, actor auth.Actor, p oncall.Policy) (oncall.Policy, error)
	DeletePolicy(ctx context.Context, actor auth.Actor, id string) error
	Channels(actor auth.Actor) ([]notify.Choice, error)
}

const (
	oncallPath  = "/noc/oncall"
	newRotaPath = "/noc/oncall/new"
	localForm   = "2006-01-02T15:04" // of a browser's field for a day and a time
)

type oncallView struct {
	Frame frame
	List  []oncall.Standing
	Told  []oncall.PolicyState // when nobody answers
	May   bool
	Me    string
	Staff []auth.Person
	Form  kit.Form // of the override that was refused
	At    string   // of which rota
	Typed overrideTyped
}

type overrideTyped struct{ Person, Instead, From, To, Why string }

func (c *Console) oncallPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showOnCall(w, r, actor, http.StatusOK, oncallView{})
}

func (c *Console) showOnCall(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v oncallView) error {
	v.May, v.Me = auth.May(actor, auth.OnCallManage), actor.Person
	var err error
	if v.List, err = c.OnCall.List(actor); err != nil {
		return err
	}
	if v.Told, err = c.OnCall.Policies(r.Context(), actor); err != nil {
		return err
	}
	if v.Staff, err = c.colleagues(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "On call", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, oncallWhole(v))
}

// override has somebody stand in. Times are by the clocks of the rota.
func (c *Console) override(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	rota, err := c.OnCall.Get(actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	get := r.PostFormValue
	v := oncallView{At: rota.ID, Typed: overrideTyped{get("person"), get("instead"), get("from"), get("to"), get("why")}}
	zone := zoneOf(rota.Rota)
	from, _ := time.ParseInLocation(localForm, v.Typed.From, zone) // what cannot be read is none, which is refused
	to, _ := time.ParseInLocation(localForm, v.Typed.To, zone)
	_, err = c.OnCall.Override(r.Context(), actor, oncall.Override{
		Rota: rota.ID, From: from, To: to, Person: oncall.Person{ID: v.Typed.Person}, Instead: oncall.Person{ID: v.Typed.Instead}, Why: v.Typed.Why,
	})
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, oncallPath+"#rota-"+rota.ID, http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Full, fault.Forbidden:
		v.Form = v.Form.Refused(err)
		return c.showOnCall(w, r, actor, gate.Status(err), v)
	}
	return err
}

func (c *Console) endOverride(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.OnCall.EndOverride(r.Context(), actor, r.PathValue("id")); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	http.Redirect(w, r, oncallPath, http.StatusSeeOther)
	return nil
}

type rotaView struct {
	Frame frame
	ID    string
	Typed rotaTyped
	Staff []auth.Person
	Form  kit.Form
}

// rotaTyped is a rota as it stands in the form.
type rotaTyped struct {
	Name, Zone string
	Version    int
	Layers     []layerTyped
}

type layerTyped struct {
	Name, People, First, At, Every string
	Days                           []string
	From, To                       string
}

// everyDay are the lengths of a shift that are offered.
func everyDay() []kit.Option {
	out := kit.Pairs("1", "every day", "7", "every week", "14", "every two weeks", "28", "every four weeks")
	for _, n := range []int{2, 3, 4, 5, 6, 10} {
		out = append(out, kit.Option{Value: strconv.Itoa(n), Word: fmt.Sprintf("every %d days", n)})
	}
	return out
}

// rotaEvery is with a length that was chosen otherwise, by REST.
func rotaEvery(chosen string) []kit.Option {
	out := everyDay()
	if !slices.ContainsFunc(out, func(o kit.Option) bool { return o.Value == chosen }) {
		out = append(out, kit.Option{Value: chosen, Word: "every " + chosen + " days"})
	}
	return out
}

func hourText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// minuteOf reads a time of day; what cannot be read is none, which is refused.
func minuteOf(s string) int {
	t, err := time.Parse("15:04", strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

func typedRota(r oncall.Rota, staff []auth.Person) rotaTyped {
	mails := map[string]string{}
	for _, p := range staff {
		mails[p.ID] = p.Email
	}
	t := rotaTyped{Name: r.Name, Zone: r.Zone, Version: r.Version}
	for _, l := range r.Layers {
		x := layerTyped{Name: l.Name, First: l.First, At: hourText(l.Minute), Every: strconv.Itoa(l.Days)}
		var who []string
		for _, p := range l.People {
			who = append(who, cmp.Or(mails[p.ID], p.Name))
		}
		x.People = strings.Join(who, "\n")
		if l.Hours != nil {
			for _, d := range l.Hours.Days {
				x.Days = append(x.Days, strconv.Itoa(int(d)))
			}
			x.From, x.To = hourText(l.Hours.From), hourText(l.Hours.To)
		}
		t.Layers = append(t.Layers, x)
	}
	return t
}

// rota reads what was typed. Layers without people are left out.
func (t *rotaTyped) rota(staff []auth.Person) (oncall.Rota, error) {
	r := oncall.Rota{Name: t.Name, Zone: t.Zone, Version: t.Version}
	for n, l := range t.Layers {
		every, _ := strconv.Atoi(l.Every) // nothing is refused
		x := oncall.Layer{Name: l.Name, First: l.First, Minute: minuteOf(l.At), Days: every}
		for line := range strings.Lines(l.People) {
			who := strings.TrimSpace(line)
			if who == "" {
				continue
			}
			at := slices.IndexFunc(staff, func(p auth.Person) bool { return strings.EqualFold(p.Email, who) || strings.EqualFold(p.Name, who) })
			if at < 0 {
				return r, fault.Field(fmt.Sprintf("layers.%d.people", n), "“"+who+"” is nobody of the staff. Write one e-mail address a line.")
			}
			x.People = append(x.People, oncall.Person{ID: staff[at].ID})
		}
		if len(l.Days) > 0 {
			x.Hours = &oncall.Hours{From: minuteOf(l.From), To: minuteOf(l.To)}
			for _, d := range l.Days {
				n, _ := strconv.Atoi(d) // nothing is refused
				x.Hours.Days = append(x.Hours.Days, time.Weekday(n))
			}
		}
		r.Layers = append(r.Layers, x)
	}
	return r, nil
}

func (c *Console) newRotaPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showRota(w, r, actor, http.StatusOK, rotaView{Typed: rotaTyped{Zone: zone(r).String()}})
}

func (c *Console) rotaPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	s, err := c.OnCall.Get(actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	staff, err := c.colleagues(r.Context(), actor)
	if err != nil {
		return err
	}
	return c.showRota(w, r, actor, http.StatusOK, rotaView{ID: s.ID, Typed: typedRota(s.Rota, staff), Staff: staff})
}

func (c *Console) showRota(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v rotaView) error {
	title := "New rota"
	if v.ID != "" {
		title = v.Typed.Name
	}
	// One more than there are can be filled in.
	v.Typed.Layers = append(v.Typed.Layers, layerTyped{First: c.Now().In(zone(r)).Format(time.DateOnly), At: "09:00", Every: "7", From: "18:00", To: "08:00"})
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, rotaWhole(v))
}

// saveRota saves or deletes, by the button that was pressed. What somebody has written
// comes back when it is refused.
func (c *Console) saveRota(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, get := r.PathValue("id"), r.PostFormValue
	if get("do") == "delete" && id != "" {
		if err := c.OnCall.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, oncallPath, http.StatusSeeOther)
		return nil
	}
	v := rotaView{ID: id, Typed: rotaTyped{Name: get("name"), Zone: get("zone"), Version: small(r, "version")}}
	for n := range 20 {
		field := func(name string) string { return fmt.Sprintf("layers.%d.%s", n, name) }
		if strings.TrimSpace(get(field("people"))) == "" {
			continue
		}
		v.Typed.Layers = append(v.Typed.Layers, layerTyped{
			Name: get(field("name")), People: get(field("people")), First: get(field("first")), At: get(field("minute")), Every: get(field("days")),
			Days: r.PostForm[field("hours")], From: get(field("from")), To: get(field("to")),
		})
	}
	var err error
	if v.Staff, err = c.colleagues(r.Context(), actor); err != nil {
		return err
	}
	rota, err := v.Typed.rota(v.Staff)
	if err == nil {
		rota.ID = id
		_, err = c.OnCall.Save(r.Context(), actor, rota)
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, oncallPath, http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Stale, fault.Full:
		v.Form = v.Form.Refused(err)
		return c.showRota(w, r, actor, gate.Status(err), v)
	}
	return err
}

func zoneOf(r oncall.Rota) *time.Location {
	if z, err := time.LoadLocation(r.Zone); err == nil {
		return z
	}
	return time.UTC
}

// shiftTime is a moment by the clocks of a rota.
func shiftTime(t time.Time, r oncall.Rota) string {
	return t.In(zoneOf(r)).Format("Mon 2 Jan 15:04")
}

// standsIn says for whom somebody stands in, in words.
func standsIn(o oncall.Override) string {
	if o.Instead.ID == "" {
		return "for whoever would be on"
	}
	return "for " + o.Instead.Name
}

// onRota are those who are on a rota, for whom somebody can stand in.
func onRota(v oncallView, s oncall.Standing) []kit.Option {
	var out []kit.Option
	if v.May {
		out = append(out, kit.Option{Word: "Whoever would be on"})
	}
	seen := map[string]bool{}
	for _, l := range s.Layers {
		for _, p := range l.People {
			if !seen[p.ID] && (v.May || p.ID == v.Me) {
				seen[p.ID] = true
				out = append(out, kit.Option{Value: p.ID, Word: p.Name})
			}
		}
	}
	for _, o := range s.Overrides {
		if p := o.Person; !seen[p.ID] && (v.May || p.ID == v.Me) {
			seen[p.ID] = true
			out = append(out, kit.Option{Value: p.ID, Word: p.Name})
		}
	}
	return out
}

func staffOptions(list []auth.Person) []kit.Option {
	out := []kit.Option{{Word: "Choose"}}
	for _, p := range list {
		out = append(out, kit.Option{Value: p.ID, Word: p.Name})
	}
	return out
}

// typedFor is what was typed for a rota's override, if that was refused.
func (v oncallView) typedFor(s oncall.Standing) (kit.Form, overrideTyped) {
	if v.At == s.ID {
		f := v.Form
		f.ID = s.ID
		return f, v.Typed
	}
	t := overrideTyped{From: s.Shifts[0].From.In(zoneOf(s.Rota)).Format(localForm)}
	if !v.May {
		t.Instead = v.Me
	}
	return kit.Form{ID: s.ID}, t
}
