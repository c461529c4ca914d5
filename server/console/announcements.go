package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/incident"
)

// Announcements tell employees of known outages.
type Announcements interface {
	List(ctx context.Context, actor auth.Actor, q announce.Query) ([]announce.Announcement, error)
	Get(ctx context.Context, actor auth.Actor, id string) (announce.Announcement, error)
	Count(actor auth.Actor, s announce.Scope) (machines, online int, err error)
	Check(ctx context.Context, actor auth.Actor, d *announce.Draft) (announce.Scope, error)
	Begin(ctx context.Context, actor auth.Actor, d announce.Draft) (announce.Announcement, error)
	Change(ctx context.Context, actor auth.Actor, id string, seen int64, d announce.Draft, again bool) (announce.Announcement, error)
	Add(ctx context.Context, actor auth.Actor, id string, seen int64, text string, next time.Time) (announce.Announcement, error)
	End(ctx context.Context, actor auth.Actor, id string, seen int64, closing string) (announce.Announcement, error)
}

const (
	announcementsPath = "/noc/announcements"
	maxPast           = 50 // announcements that are over, on the page
)

func announcementPath(id string) string { return announcementsPath + "/" + id }

type announcementsView struct {
	Frame   frame
	Live    []announce.Announcement
	Past    []announce.Announcement
	Write   draftView
	Preview *previewView
}

// draftView is an announcement as it is being written.
type draftView struct {
	Form  kit.Form
	Typed url.Values
	Sites []kit.Option
	Kept  bool   // it is changed: times may stay as they are
	Since string // minutes ago, where it is known to the minute
	For   forView
}

// forView is whom an announcement is proposed for, and why these.
type forView struct {
	Incident string // id
	incident.Audience
}

func (v draftView) chosen(name, value string) bool { return slices.Contains(v.Typed[name], value) }

// previewView is what an announcement says, and to whom, before it is made.
type previewView struct {
	Draft            announce.Draft
	Machines, Online int
}

// announcementsPage lists what employees are told, and offers to tell them more.
func (c *Console) announcementsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := announcementsView{Write: draftView{Form: kit.Form{ID: "announce"}, Typed: url.Values{"reach": {string(announce.Everywhere)}}}}
	if id := r.URL.Query().Get("incident"); id != "" && auth.May(actor, auth.Announce) {
		d, err := c.Incidents.Prefill(r.Context(), actor, id)
		if err != nil {
			return err
		}
		v.Write.prefill(d.Draft, c.Now())
		v.Write.For = forView{id, d.Audience}
	}
	return c.showAnnouncements(w, r, actor, http.StatusOK, v)
}

// prefill fills the form with a draft. It began so many minutes ago, which the choices
// name to the minute.
func (v *draftView) prefill(d announce.Draft, now time.Time) {
	minutes := strconv.Itoa(max(int(now.Sub(d.Since).Minutes()+0.5), 0))
	v.Since = minutes
	v.Typed = url.Values{
		"title": {d.Title}, "text": {d.Text}, "since": {minutes}, "next": {"60"}, "reach": {string(d.Reach)}, "sites": d.Sites, "endpoints": {strings.Join(d.Endpoints, "\n")},
		"names": {strings.Join(d.Names, ", ")}, "incident": {d.Incident.ID}, "incident_text": {d.Incident.Text},
	}
}

// since are the choices of when it began.
func (v draftView) since() []kit.Option {
	list, began := sinceOptions(v.Kept), cmp.Or(v.Since, v.Typed.Get("since"))
	if n, err := strconv.Atoi(began); err == nil && n > 0 && !slices.ContainsFunc(list, func(o kit.Option) bool { return o.Value == began }) {
		return with(began, kit.Plural(n, "1 minute ago", "%d minutes ago"), list)
	}
	return list
}

func (c *Console) showAnnouncements(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v announcementsView) error {
	ctx := r.Context()
	var err error
	if v.Live, err = c.Announcements.List(ctx, actor, announce.Query{State: announce.StateLive}); err != nil {
		return err
	}
	if v.Past, err = c.Announcements.List(ctx, actor, announce.Query{State: announce.StateEnded, Limit: maxPast}); err != nil {
		return err
	}
	if kit.Partial(r) {
		return c.out.Show(w, r, status, announcementsAgain(v))
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Announcements", "announcement"); err != nil {
		return err
	}
	if v.Write.Sites, err = c.siteOptions(ctx, actor); err != nil {
		return err
	}
	return c.out.Show(w, r, status, announcementsWhole(v))
}

// beginAnnouncement shows what an announcement would say and to whom, or makes it. What
// is refused stands beside the field, and nothing that was typed is lost.
func (c *Console) beginAnnouncement(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	d, err := c.announcementDraft(r, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	v := announcementsView{Write: draftView{Form: kit.Form{ID: "announce"}, Typed: r.PostForm}}
	if id := r.PostFormValue("for"); id != "" {
		p, err := c.Incidents.Prefill(r.Context(), actor, id)
		if err != nil {
			return err
		}
		v.Write.For = forView{id, p.Audience}
	}
	if r.PostFormValue("do") == "widen" {
		if d.Reach = announce.AtSites; len(d.Sites) == 0 {
			d.Reach = announce.Everywhere
		}
		v.Write.Typed.Set("reach", string(d.Reach))
	}
	if do := r.PostFormValue("do"); do == "preview" || do == "widen" {
		var scope announce.Scope
		if scope, err = c.Announcements.Check(r.Context(), actor, &d); err == nil {
			v.Preview = &previewView{Draft: d}
			if v.Preview.Machines, v.Preview.Online, err = c.Announcements.Count(actor, scope); err != nil {
				return err
			}
			return c.showAnnouncements(w, r, actor, http.StatusOK, v)
		}
	} else {
		var a announce.Announcement
		if a, err = c.Announcements.Begin(r.Context(), actor, d); err == nil {
			http.Redirect(w, r, announcementPath(a.ID), http.StatusSeeOther)
			return nil
		}
	}
	status, ok := refusedAs(err)
	if !ok {
		return err
	}
	v.Write.Form = v.Write.Form.Refused(err)
	return c.showAnnouncements(w, r, actor, status, v)
}

// refusedAs is the status of what a person can put right.
func refusedAs(err error) (int, bool) {
	switch fault.CodeOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity, true
	case fault.Full, fault.Stale, fault.Conflict:
		return http.StatusConflict, true
	}
	return 0, false
}

// asItIs is the value of a time that stays as it is.
const asItIs = "kept"

// announcementDraft reads the form. Times are chosen as lengths: whoever announces an
// outage has no time for a calendar.
func (c *Console) announcementDraft(r *http.Request, since, next time.Time) (announce.Draft, error) {
	if err := r.ParseForm(); err != nil {
		return announce.Draft{}, fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	get := r.PostFormValue
	now := c.Now().Truncate(time.Millisecond)
	d := announce.Draft{
		Content: announce.Content{Title: get("title"), Text: get("text"), Advice: get("advice"), Since: since, Next: next, Incident: announce.Incident{ID: get("incident"), Text: get("incident_text")}},
		Reach:   announce.Reach(get("reach")), Sites: r.PostForm["sites"],
		Endpoints: strings.FieldsFunc(get("endpoints"), func(r rune) bool { return r == '\n' || r == ',' || r == ';' }),
	}
	d.Names = strings.FieldsFunc(get("names"), func(r rune) bool { return r == '\n' || r == ',' || r == ';' })
	for _, one := range r.PostForm["complaints"] {
		d.Complaints = append(d.Complaints, diagnostics.Complaint(one))
	}
	if get("since") != asItIs || since.IsZero() {
		d.Since = now.Add(-time.Duration(small(r, "since")) * time.Minute)
	}
	if get("next") != asItIs {
		d.Next = nextWord(r, now)
	}
	return d, nil
}

// nextWord is when there is word of it again; zero: nobody knows.
func nextWord(r *http.Request, now time.Time) time.Time {
	if n := small(r, "next"); n > 0 {
		return now.Add(time.Duration(n) * time.Minute)
	}
	return time.Time{}
}

type announcementView struct {
	Frame            frame
	A                announce.Announcement
	Machines, Online int
	Say, Over        kit.Form // how it goes, and its end
	Typed            url.Values
	Write            draftView
	Editing          bool
}

// announcementPage shows one, with whom it concerns and whom it hits.
func (c *Console) announcementPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showAnnouncement(w, r, actor, http.StatusOK, announcementView{})
}

func (c *Console) showAnnouncement(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v announcementView) error {
	ctx := r.Context()
	var err error
	if v.A, err = c.Announcements.Get(ctx, actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.Machines, v.Online, err = c.Announcements.Count(actor, v.A.Scope); err != nil {
		return err
	}
	if kit.Partial(r) {
		return c.out.Show(w, r, status, announcementAgain(v))
	}
	v.Say.ID, v.Over.ID, v.Write.Form.ID, v.Write.Kept = "say", "over", "change", true
	if v.Write.Typed == nil {
		v.Write.Typed = typedOf(v.A)
	}
	if v.Frame, err = c.frame(r, actor, atNOC, v.A.Title, "announcement"); err != nil {
		return err
	}
	if v.Write.Sites, err = c.siteOptions(ctx, actor); err != nil {
		return err
	}
	return c.out.Show(w, r, status, announcementWhole(v))
}

// typedOf fills the form with what there is.
func typedOf(a announce.Announcement) url.Values {
	v := url.Values{
		"title": {a.Title}, "text": {a.Text}, "advice": {a.Advice}, "names": {strings.Join(a.Names, ", ")}, "since": {asItIs}, "next": {asItIs}, "reach": {string(a.Scope.Reach)},
		"incident": {a.Incident.ID}, "incident_text": {a.Incident.Text},
	}
	for _, c := range a.Complaints {
		v.Add("complaints", string(c))
	}
	for _, s := range a.Scope.Sites {
		v.Add("sites", s.ID)
	}
	var names []string
	for _, e := range a.Scope.Endpoints {
		names = append(names, e.Name)
	}
	v.Set("endpoints", strings.Join(names, "\n"))
	return v
}

// updateAnnouncement says how it goes.
func (c *Console) updateAnnouncement(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.doToAnnouncement(w, r, func(id string, seen int64) (announcementView, error) {
		_, err := c.Announcements.Add(r.Context(), actor, id, seen, r.PostFormValue("text"), nextWord(r, c.Now().Truncate(time.Millisecond)))
		v := announcementView{Typed: r.PostForm}
		if err != nil {
			v.Say = v.Say.Refused(err)
		}
		return v, err
	}, actor)
}

// endAnnouncement says that it is over.
func (c *Console) endAnnouncement(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.doToAnnouncement(w, r, func(id string, seen int64) (announcementView, error) {
		_, err := c.Announcements.End(r.Context(), actor, id, seen, r.PostFormValue("closing"))
		v := announcementView{Typed: r.PostForm}
		if err != nil {
			v.Over = v.Over.Refused(err)
		}
		return v, err
	}, actor)
}

// changeAnnouncement puts one right.
func (c *Console) changeAnnouncement(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.doToAnnouncement(w, r, func(id string, seen int64) (announcementView, error) {
		v := announcementView{Editing: true, Write: draftView{Typed: r.PostForm}}
		a, err := c.Announcements.Get(r.Context(), actor, id)
		if err != nil {
			return v, err
		}
		d, err := c.announcementDraft(r, a.Since, a.Next)
		if err == nil {
			_, err = c.Announcements.Change(r.Context(), actor, id, seen, d, r.PostFormValue("again") != "")
		}
		if err != nil {
			v.Write.Form = v.Write.Form.Refused(err)
		}
		return v, err
	}, actor)
}

// doToAnnouncement does something, and shows what was refused beside its field.
func (c *Console) doToAnnouncement(w http.ResponseWriter, r *http.Request, do func(id string, seen int64) (announcementView, error), actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id := r.PathValue("id")
	seen, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64) // none: whatever there is
	v, err := do(id, seen)
	if err == nil {
		http.Redirect(w, r, announcementPath(id), http.StatusSeeOther)
		return nil
	}
	status, ok := refusedAs(err)
	if !ok {
		return err
	}
	return c.showAnnouncement(w, r, actor, status, v)
}

func sinceOptions(keep bool) []kit.Option {
	list := kit.Pairs("0", "Just now", "10", "10 minutes ago", "30", "Half an hour ago", "60", "1 hour ago", "120", "2 hours ago", "240", "4 hours ago", "480", "8 hours ago", "1440", "Yesterday")
	if keep {
		return with(asItIs, "As it is", list)
	}
	return list
}

func nextOptions(keep bool) []kit.Option {
	list := kit.Pairs("0", "Nobody knows", "15", "In 15 minutes", "30", "In half an hour", "60", "In 1 hour", "120", "In 2 hours", "240", "In 4 hours", "480", "In 8 hours", "1440", "Tomorrow at this time")
	if keep {
		return with(asItIs, "As it is", list)
	}
	return list
}

func reachOptions() []kit.Option {
	return kit.Pairs(string(announce.Everywhere), "Everybody", string(announce.AtSites), "The sites chosen below", string(announce.OnChosen), "The computers named below")
}

// complaintWord is a complaint as the staff reads it.
func complaintWord(c diagnostics.Complaint) string {
	switch c {
	case diagnostics.ComplaintSlow:
		return "The computer is slow"
	case diagnostics.ComplaintInternet:
		return "No internet"
	case diagnostics.ComplaintSite:
		return "A site or program does not work"
	case diagnostics.ComplaintPrinting:
		return "Cannot print"
	case diagnostics.ComplaintSignIn:
		return "Cannot sign in"
	case diagnostics.ComplaintCrash:
		return "A program crashes or hangs"
	case diagnostics.ComplaintMedia:
		return "Sound or camera"
	}
	return "Something else"
}

func complaintOptions() []kit.Option {
	return kit.Options(diagnostics.Complaints(), complaintWord)
}

// reachWords says whom an announcement concerns.
func reachWords(s announce.Scope) string {
	names := func(list []announce.Named) string {
		var out []string
		for _, n := range list[:min(len(list), 5)] {
			out = append(out, n.Name)
		}
		if more := len(list) - len(out); more > 0 {
			out = append(out, strconv.Itoa(more)+" more")
		}
		return strings.Join(out, ", ")
	}
	switch s.Reach {
	case announce.AtSites:
		if len(s.Endpoints) > 0 {
			return names(s.Sites) + kit.Plural(len(s.Endpoints), ", and 1 computer from elsewhere: ", ", and %d computers from elsewhere: ") + names(s.Endpoints)
		}
		return names(s.Sites)
	case announce.OnChosen:
		return kit.Plural(len(s.Endpoints), "1 computer: ", "%d computers: ") + names(s.Endpoints)
	}
	return "Everybody"
}

// computersWords is how many an announcement reaches.
func computersWords(machines, online int) string {
	return kit.Plural(machines, "1 computer", "%d computers") + ", " + kit.Plural(online, "1 of them online", "%d of them online")
}

func hitWords(n int) string {
	if n == 0 {
		return "Nobody has said yet that it hits them too."
	}
	return kit.Plural(n, "1 person has said that it hits them too, in place of a ticket.", "%d people have said that it hits them too, in place of a ticket.")
}
