package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
)

// Announcements tell employees of known outages.
type Announcements interface {
	List(ctx context.Context, actor auth.Actor, q announce.Query) ([]announce.Announcement, error)
	Get(ctx context.Context, actor auth.Actor, id string) (announce.Announcement, error)
	Count(actor auth.Actor, s announce.Scope) (machines, online int, err error)
	Begin(ctx context.Context, actor auth.Actor, d announce.Draft) (announce.Announcement, error)
	Change(ctx context.Context, actor auth.Actor, id string, seen int64, d announce.Draft, again bool) (announce.Announcement, error)
	Add(ctx context.Context, actor auth.Actor, id string, seen int64, text string, next time.Time) (announce.Announcement, error)
	End(ctx context.Context, actor auth.Actor, id string, seen int64, closing string) (announce.Announcement, error)
}

// AnnouncementIncident is the major incident that an announcement tells of.
type AnnouncementIncident struct {
	ID   string `json:"id,omitempty" maxLength:"64"`
	Text string `json:"text,omitempty" maxLength:"120"`
}

// AnnouncementUpdate is a word on how it goes.
type AnnouncementUpdate struct {
	At     time.Time `json:"at"`
	Author Named     `json:"author"`
	Text   string    `json:"text"`
}

// Announcement is what employees are told of a known outage.
type Announcement struct {
	ID         string                `json:"id"`
	Version    int64                 `json:"version" doc:"Rises with each change."`
	Told       int64                 `json:"told" doc:"The version that people were last to be told of."`
	State      announce.State        `json:"state" enum:"live,ended"`
	Title      string                `json:"title"`
	Text       string                `json:"text,omitempty"`
	Advice     string                `json:"advice,omitempty"`
	Since      time.Time             `json:"since"`
	Next       time.Time             `json:"next,omitzero" doc:"When there is word of it again."`
	Complaints []string              `json:"complaints" nullable:"false"`
	Names      []string              `json:"names" nullable:"false"`
	Incident   *AnnouncementIncident `json:"incident,omitempty"`
	Reach      announce.Reach        `json:"reach" enum:"all,sites,endpoints"`
	Sites      []Named               `json:"sites,omitempty"`
	Endpoints  []Named               `json:"endpoints,omitempty"`
	Computers  *int                  `json:"computers,omitempty" doc:"How many it concerns now; of one announcement only."`
	Online     *int                  `json:"online,omitempty" doc:"How many of these are online."`
	People     int                   `json:"people" doc:"How many have said that it hits them too, in place of a ticket."`
	Author     Named                 `json:"author"`
	CreatedAt  time.Time             `json:"created_at"`
	ChangedAt  time.Time             `json:"changed_at"`
	EndedAt    time.Time             `json:"ended_at,omitzero"`
	Closing    string                `json:"closing,omitempty"`
	Updates    []AnnouncementUpdate  `json:"updates" nullable:"false" doc:"The oldest first."`
}

func announcementOf(a announce.Announcement) Announcement {
	out := Announcement{
		ID: a.ID, Version: a.Version, Told: a.Told, State: announce.StateLive, Title: a.Title, Text: a.Text, Advice: a.Advice, Since: utc(a.Since), Next: utc(a.Next),
		Complaints: []string{}, Names: append([]string{}, a.Names...), Reach: a.Scope.Reach, People: a.Hits, Author: Named{a.Author.ID, a.Author.Name},
		CreatedAt: utc(a.CreatedAt), ChangedAt: utc(a.ChangedAt), EndedAt: utc(a.EndedAt), Closing: a.Closing, Updates: []AnnouncementUpdate{},
	}
	if !a.Live() {
		out.State = announce.StateEnded
	}
	if a.Incident != (announce.Incident{}) {
		out.Incident = &AnnouncementIncident{a.Incident.ID, a.Incident.Text}
	}
	for _, c := range a.Complaints {
		out.Complaints = append(out.Complaints, string(c))
	}
	for _, s := range a.Scope.Sites {
		out.Sites = append(out.Sites, Named(s))
	}
	for _, e := range a.Scope.Endpoints {
		out.Endpoints = append(out.Endpoints, Named(e))
	}
	for _, u := range a.Updates {
		out.Updates = append(out.Updates, AnnouncementUpdate{utc(u.At), Named{u.Author.ID, u.Author.Name}, u.Text})
	}
	return out
}

// AnnouncementDraft is an announcement as it is written.
type AnnouncementDraft struct {
	Title      string                `json:"title" maxLength:"200" doc:"What does not work, in a few words." example:"E-mail is slow"`
	Text       string                `json:"text,omitempty" maxLength:"4000"`
	Advice     string                `json:"advice,omitempty" maxLength:"2000" doc:"What to do meanwhile."`
	Since      time.Time             `json:"since" doc:"Since when it does not work." example:"2026-03-02T09:50:00Z"`
	Next       *time.Time            `json:"next,omitempty" doc:"When there is word of it again."`
	Complaints []string              `json:"complaints,omitempty" maxItems:"8" enum:"slow,internet,site,printing,sign_in,crash,media,other" doc:"What people complain of whom it hits: they are told of it first. None: anything."`
	Names      []string              `json:"names,omitempty" maxItems:"20" doc:"Programs and sites that it is about."`
	Incident   *AnnouncementIncident `json:"incident,omitempty"`
	Reach      announce.Reach        `json:"reach" enum:"all,sites,endpoints" example:"all"`
	Sites      []string              `json:"sites,omitempty" maxItems:"500" doc:"With the reach sites: their ids."`
	Endpoints  []string              `json:"endpoints,omitempty" maxItems:"2000" doc:"With the reach endpoints: their ids or names."`
}

func (d AnnouncementDraft) draft() announce.Draft {
	out := announce.Draft{Content: announce.Content{Title: d.Title, Text: d.Text, Advice: d.Advice, Since: d.Since, Names: d.Names}, Reach: d.Reach, Sites: d.Sites, Endpoints: d.Endpoints}
	if d.Next != nil {
		out.Next = *d.Next
	}
	for _, c := range d.Complaints {
		out.Complaints = append(out.Complaints, diagnostics.Complaint(c))
	}
	if d.Incident != nil {
		out.Incident = announce.Incident{ID: d.Incident.ID, Text: d.Incident.Text}
	}
	return out
}

const announcementTag = "Announcements"

func (a *API) announcements() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/announcements", Tags: []string{announcementTag}, Summary: "List announcements", Description: "What employees are told of known outages, the newest first.",
	}, a.listAnnouncements)
	add(a, auth.Announce, huma.Operation{
		Method: http.MethodPost, Path: "/announcements", Tags: []string{announcementTag}, Summary: "Announce an outage",
		Description: "Everybody whom it concerns is told in the tray. Twenty are live at most.", DefaultStatus: http.StatusCreated,
	}, a.beginAnnouncement)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/announcements/{id}", Tags: []string{announcementTag}, Summary: "Read an announcement",
	}, a.readAnnouncement)
	add(a, auth.Announce, huma.Operation{
		Method: http.MethodPut, Path: "/announcements/{id}", Tags: []string{announcementTag}, Summary: "Put an announcement right",
		Description: "All of it is replaced but what was said since. Those who were told of it are not told again, unless again is set; those whom it newly concerns are.",
	}, a.changeAnnouncement)
	add(a, auth.Announce, huma.Operation{
		Method: http.MethodPost, Path: "/announcements/{id}/updates", Tags: []string{announcementTag}, Summary: "Say how it goes", Description: "Everybody whom it concerns is told.",
	}, a.updateAnnouncement)
	add(a, auth.Announce, huma.Operation{
		Method: http.MethodPost, Path: "/announcements/{id}/end", Tags: []string{announcementTag}, Summary: "End an announcement", Description: "Everybody who was told of it is told the last word.",
	}, a.endAnnouncement)
}

type listAnnouncementsIn struct {
	Paging
	State announce.State `query:"state" enum:"live,ended" doc:"Only those."`
}

func (a *API) listAnnouncements(ctx context.Context, actor auth.Actor, in *listAnnouncementsIn) (*pageOut[Announcement], error) {
	const list = "announcements"
	var before string
	if err := readCursor(list, in.Cursor, &before); err != nil {
		return nil, err
	}
	all, err := a.Announcements.List(ctx, actor, announce.Query{State: in.State, Before: before, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	var items []Announcement
	for _, one := range all {
		items = append(items, announcementOf(one))
	}
	next := ""
	if len(all) == in.Limit { // perhaps an empty part follows
		next = all[len(all)-1].ID
	}
	return pageOf(list, items, nextID(next)), nil
}

type announcementOut struct {
	Location string `header:"Location" doc:"Where it is read."`
	Body     Announcement
}

func (a *API) announcementOut(actor auth.Actor, one announce.Announcement, err error) (*announcementOut, error) {
	if err != nil {
		return nil, err
	}
	out := announcementOf(one)
	machines, online, err := a.Announcements.Count(actor, one.Scope)
	if err != nil {
		return nil, err
	}
	out.Computers, out.Online = &machines, &online
	return &announcementOut{Location: Prefix + "/announcements/" + one.ID, Body: out}, nil
}

type beginAnnouncementIn struct{ Body AnnouncementDraft }

func (a *API) beginAnnouncement(ctx context.Context, actor auth.Actor, in *beginAnnouncementIn) (*announcementOut, error) {
	one, err := a.Announcements.Begin(ctx, actor, in.Body.draft())
	return a.announcementOut(actor, one, err)
}

type announcementIn struct {
	ID string `path:"id" maxLength:"64" doc:"The announcement's id."`
}

func (a *API) readAnnouncement(ctx context.Context, actor auth.Actor, in *announcementIn) (*announcementOut, error) {
	one, err := a.Announcements.Get(ctx, actor, in.ID)
	return a.announcementOut(actor, one, err)
}

type changeAnnouncementIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The announcement's id."`
	Body struct {
		AnnouncementDraft
		Version int64 `json:"version,omitempty" doc:"That was read: when it is another one now, nothing is changed. Left out: any."`
		Again   bool  `json:"again,omitempty" doc:"Tell everybody once more."`
	}
}

func (a *API) changeAnnouncement(ctx context.Context, actor auth.Actor, in *changeAnnouncementIn) (*announcementOut, error) {
	one, err := a.Announcements.Change(ctx, actor, in.ID, in.Body.Version, in.Body.draft(), in.Body.Again)
	return a.announcementOut(actor, one, err)
}

type updateAnnouncementIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The announcement's id."`
	Body struct {
		Text    string     `json:"text" maxLength:"2000" doc:"How it goes." example:"The provider has found the reason."`
		Next    *time.Time `json:"next,omitempty" doc:"When there is word of it again. Left out: nobody knows."`
		Version int64      `json:"version,omitempty" doc:"That was read: when it is another one now, nothing is changed. Left out: any."`
	}
}

func (a *API) updateAnnouncement(ctx context.Context, actor auth.Actor, in *updateAnnouncementIn) (*announcementOut, error) {
	var next time.Time
	if in.Body.Next != nil {
		next = *in.Body.Next
	}
	one, err := a.Announcements.Add(ctx, actor, in.ID, in.Body.Version, in.Body.Text, next)
	return a.announcementOut(actor, one, err)
}

type endAnnouncementIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The announcement's id."`
	Body struct {
		Closing string `json:"closing" maxLength:"1000" doc:"How it ended: everybody who was told of it reads it." example:"Mails come at once again."`
		Version int64  `json:"version,omitempty" doc:"That was read: when it is another one now, nothing is changed. Left out: any."`
	}
}

func (a *API) endAnnouncement(ctx context.Context, actor auth.Actor, in *endAnnouncementIn) (*announcementOut, error) {
	one, err := a.Announcements.End(ctx, actor, in.ID, in.Body.Version, in.Body.Closing)
	return a.announcementOut(actor, one, err)
}
