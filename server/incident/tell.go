package incident

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/correlate"
)

// Announcer tells employees of known outages; *announce.Keeper does.
type Announcer interface {
	List(ctx context.Context, actor auth.Actor, q announce.Query) ([]announce.Announcement, error)
	End(ctx context.Context, actor auth.Actor, id string, seen int64, closing string) (announce.Announcement, error)
	// Include tells machines too that an announcement leaves out.
	Include(ctx context.Context, actor auth.Actor, id string, endpoints []string) error
}

// Heard is how far an announcement stands in the timeline.
type Heard struct {
	ID      string `json:"id"`
	Updates int    `json:"updates"`
	Ended   bool   `json:"ended,omitempty"`
}

// Telling is an announcement as it is proposed, with whom it is for and why.
type Telling struct {
	announce.Draft
	Audience
}

// Prefill is an announcement of an incident, to exactly those whom it concerns.
func (k *Keeper) Prefill(ctx context.Context, actor auth.Actor, id string) (Telling, error) {
	var d Telling
	if err := auth.Authorise(actor, auth.Announce, auth.Object{}); err != nil {
		return d, err
	}
	i, err := k.Store.Incident(ctx, id)
	if err != nil {
		return d, err
	}
	d.Content = announce.Content{Title: i.Title, Text: clip(i.Text, 2000), Since: i.Since, Incident: announce.Incident{ID: strconv.FormatInt(i.Number, 10), Text: i.Title}}
	if name := k.Category(i.Cell.About); name != "" && utf8.RuneCountInString(name) <= 60 {
		d.Names = []string{name}
	}
	all := k.Machines()
	in := k.at(all, i.Cell)
	d.Reach, d.Sites, d.Endpoints = reach(all, in, i.Cell)
	if i.Cell.About == "" {
		return d, nil
	}
	c, err := k.crowd(ctx, i, in)
	if err != nil {
		return d, err
	}
	if d.Audience = c.choose(); len(d.Machines) > 0 {
		d.Reach, d.Endpoints = announce.OnChosen, nameAll(all, d.Machines)
		if d.Sites == nil && i.Cell.Kind != "" { // whom it can be widened to
			d.Sites = sitesOf(all, in)
		}
	}
	return d, nil
}

// at are the machines at the place of a cell, in the order of their ids.
func (k *Keeper) at(all []Machine, c Cell) (in []string) {
	for _, m := range all {
		if c.Kind == "" || c.Kind == correlate.Site && m.Site == c.Name || c.Kind != correlate.Site {
			in = append(in, m.ID)
		}
	}
	if c.Kind != "" && c.Kind != correlate.Site {
		in = k.Index.Have(in, c.Part())
	}
	slices.Sort(in)
	return in
}

// reach is whom the place of a cell holds: its site, its machines by name, or everybody.
func reach(all []Machine, in []string, c Cell) (r announce.Reach, sites, endpoints []string) {
	switch {
	case c.Kind == "":
		return announce.Everywhere, nil, nil
	case c.Kind == correlate.Site || len(in) > announce.MaxEndpoints || len(in) == 0:
		return announce.AtSites, sitesOf(all, in), nil
	}
	return announce.OnChosen, nil, nameAll(all, in)
}

// sitesOf are the sites of machines; ids are in order.
func sitesOf(all []Machine, ids []string) (out []string) {
	for _, m := range all {
		if _, in := slices.BinarySearch(ids, m.ID); in && !slices.Contains(out, m.SiteID) {
			out = append(out, m.SiteID)
		}
	}
	return out
}

// nameAll are machines by name, where it is theirs alone; ids are in order.
func nameAll(all []Machine, ids []string) (out []string) {
	names := map[string]int{}
	for _, m := range all {
		names[strings.ToLower(m.Name)]++
	}
	for _, m := range all {
		if _, in := slices.BinarySearch(ids, m.ID); !in {
			continue
		}
		if names[strings.ToLower(m.Name)] == 1 {
			out = append(out, m.Name)
		} else {
			out = append(out, m.ID)
		}
	}
	return out
}

// Announcements are those that tell of an incident, the newest first.
func (k *Keeper) Announcements(ctx context.Context, actor auth.Actor, number int64) ([]announce.Announcement, error) {
	list, err := k.Announcer.List(ctx, actor, announce.Query{})
	return slices.DeleteFunc(list, func(a announce.Announcement) bool { return a.Incident.ID != strconv.FormatInt(number, 10) }), err
}

// toldOf are the ids of the announcements that tell of an incident.
func (k *Keeper) toldOf(ctx context.Context, id string) (out []string, err error) {
	i, err := k.Store.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := k.Announcements(ctx, nobody, i.Number)
	for _, a := range list {
		out = append(out, a.ID)
	}
	return out, err
}

// hear writes into the timelines what employees were told of incidents.
func (k *Keeper) hear(ctx context.Context, now time.Time) error {
	list, err := k.Announcer.List(ctx, nobody, announce.Query{Since: now.Add(-announce.Keep)})
	if err != nil || len(list) == 0 {
		return err
	}
	known, err := k.Store.Incidents(ctx, Query{States: []State{Open, Resolved}, Limit: 200})
	if err != nil {
		return err
	}
	for _, a := range slices.Backward(list) { // the oldest first
		n := slices.IndexFunc(known, func(i Incident) bool { return a.Incident.ID == strconv.FormatInt(i.Number, 10) })
		if n < 0 || known[n].hasHeard(a) {
			continue
		}
		if err := k.hearOne(ctx, known[n].ID, a); err != nil {
			return err
		}
	}
	return nil
}

func (i *Incident) hasHeard(a announce.Announcement) bool {
	return slices.Contains(i.Heard, Heard{a.ID, len(a.Updates), !a.Live()})
}

func (k *Keeper) hearOne(ctx context.Context, id string, a announce.Announcement) error {
	return k.change(ctx, nobody, id, 0, "", func(tx Tx, i *Incident) error {
		was := Heard{ID: a.ID}
		n := slices.IndexFunc(i.Heard, func(h Heard) bool { return h.ID == a.ID })
		var lines []Line
		if n < 0 {
			lines = append(lines, Line{At: a.CreatedAt, Did: DidAnnounce, By: Person(a.Author), Text: a.Title})
			i.Heard, n = append(i.Heard, was), len(i.Heard)
		}
		was = i.Heard[n]
		for _, u := range a.Updates[min(was.Updates, len(a.Updates)):] {
			lines = append(lines, Line{At: u.At, Did: DidSay, By: Person(u.Author), Text: u.Text})
		}
		if !a.Live() && !was.Ended {
			lines = append(lines, Line{At: a.EndedAt, Did: DidSay, Text: a.Closing})
		}
		i.Heard[n] = Heard{a.ID, len(a.Updates), !a.Live()}
		for _, l := range lines {
			if err := tx.Add(id, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// endTelling ends what employees are told of an incident that is over.
func (k *Keeper) endTelling(ctx context.Context, actor auth.Actor, i Incident) error {
	list, err := k.Announcements(ctx, actor, i.Number)
	if err != nil {
		return err
	}
	for _, a := range list {
		if !a.Live() {
			continue
		}
		if _, err := k.Announcer.End(ctx, actor, a.ID, 0, i.Closing); err != nil && !fault.Is(err, fault.Conflict) {
			return fault.Wrap(err, fault.CodeOf(err), "The incident is resolved, and its announcement could not be ended. End it on its own page.")
		}
	}
	return nil
}
