package announce

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Draft is an announcement as it is written. Sites are ids; endpoints ids or names.
type Draft struct {
	Content
	Reach     Reach
	Sites     []string
	Endpoints []string
}

// Check says what is wrong with a draft, and what its scope comes to.
func (k *Keeper) Check(ctx context.Context, actor auth.Actor, d *Draft) (Scope, error) {
	if err := auth.Authorise(actor, auth.Announce, auth.Object{}); err != nil {
		return Scope{}, err
	}
	if err := d.Content.check(k.Now()); err != nil {
		return Scope{}, err
	}
	return k.scope(ctx, actor, d)
}

// scope names what a draft selects.
func (k *Keeper) scope(ctx context.Context, actor auth.Actor, d *Draft) (Scope, error) {
	s := Scope{Reach: d.Reach}
	switch d.Reach {
	case Everywhere:
		return s, nil
	case AtSites:
		list, err := k.Sites(ctx, actor)
		if err != nil {
			return s, err
		}
		for _, one := range list {
			if slices.Contains(d.Sites, one.ID) {
				s.Sites = append(s.Sites, one)
			}
		}
		if len(s.Sites) == 0 {
			return s, fault.Field("sites", "Choose the sites that it concerns.")
		}
		return s, nil
	case OnChosen:
		return s, k.choose(&s, d.Endpoints)
	}
	return s, fault.Field("reach", "An announcement concerns everybody, sites, or chosen computers.")
}

// choose finds computers by id or name. One name may be several computers'.
func (k *Keeper) choose(s *Scope, typed []string) error {
	wanted := map[string]bool{} // whether one was found
	for _, w := range typed {
		if w = strings.ToLower(oneLine(w)); w != "" {
			wanted[w] = false
		}
	}
	if len(wanted) == 0 {
		return fault.Field("endpoints", "Name the computers that it concerns, one a line.")
	}
	if len(wanted) > MaxEndpoints {
		return fault.Field("endpoints", "At most 2000 computers can be chosen. Announce it at their sites.")
	}
	k.Fleet.Machines(func(id, name, _ string, _ bool) {
		by := strings.ToLower(name)
		if _, ok := wanted[by]; !ok {
			by = strings.ToLower(id)
		}
		if _, ok := wanted[by]; ok {
			wanted[by] = true
			s.Endpoints = append(s.Endpoints, Named{id, name})
		}
	})
	var missing []string
	for w, found := range wanted {
		if !found {
			missing = append(missing, w)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		more := ""
		if len(missing) > 3 {
			missing, more = missing[:3], ", …"
		}
		return fault.Field("endpoints", "There is no computer of this name: "+strings.Join(missing, ", ")+more+". Look at its spelling.")
	}
	slices.SortFunc(s.Endpoints, func(a, b Named) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return nil
}

// Begin announces an outage.
func (k *Keeper) Begin(ctx context.Context, actor auth.Actor, d Draft) (Announcement, error) {
	scope, err := k.Check(ctx, actor, &d)
	if err != nil {
		return Announcement{}, err
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	if k.live() >= MaxLive {
		return Announcement{}, fault.New(fault.Full, "Twenty announcements are live, which is as many as anybody reads. End one of them, and announce it again.")
	}
	now := k.now()
	a := Announcement{
		ID: ulid.MustNewDefault(now).String(), Version: 1, Told: 1, Content: d.Content, Scope: scope, Author: Person{actor.Person, actor.Name}, CreatedAt: now, ChangedAt: now,
	}
	err = k.Store.Update(ctx, func(tx Tx) error {
		if err := tx.Save(a); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.AnnouncementMade, &a, map[string]any{"title": a.Title, "scope": a.Scope}))
	})
	if err != nil {
		return Announcement{}, err
	}
	k.spread(a, Scope{})
	return a, nil
}

// Change puts what was written right, or draws the scope anew. again tells everybody
// once more who was told.
func (k *Keeper) Change(ctx context.Context, actor auth.Actor, id string, seen int64, d Draft, again bool) (Announcement, error) {
	scope, err := k.Check(ctx, actor, &d)
	if err != nil {
		return Announcement{}, err
	}
	return k.change(ctx, actor, id, seen, audit.AnnouncementChanged, func(a *Announcement) (map[string]any, error) {
		a.Content, a.Scope = d.Content, scope
		if again {
			a.Told = a.Version
		}
		return map[string]any{"title": a.Title, "scope": a.Scope, "again": again}, nil
	})
}

// Add appends a word on how it goes, which everybody is told. next is when there is more;
// zero: nobody knows.
func (k *Keeper) Add(ctx context.Context, actor auth.Actor, id string, seen int64, text string, next time.Time) (Announcement, error) {
	text = plain(text)
	switch {
	case text == "":
		return Announcement{}, fault.Field("text", "Say how it goes.")
	case utf8.RuneCountInString(text) > maxUpdate:
		return Announcement{}, fault.Field("text", "How it goes is said in at most 1000 characters.")
	}
	if err := checkNext(next, k.Now()); err != nil {
		return Announcement{}, err
	}
	return k.change(ctx, actor, id, seen, audit.AnnouncementUpdated, func(a *Announcement) (map[string]any, error) {
		if len(a.Updates) >= MaxUpdates {
			return nil, fault.New(fault.Full, "The announcement has as many updates as are kept. End it, and announce what there is now.")
		}
		a.Updates = append(slices.Clone(a.Updates), Update{a.ChangedAt, Person{actor.Person, actor.Name}, text})
		a.Next, a.Told = next.Truncate(time.Millisecond), a.Version
		return map[string]any{"text": text}, nil
	})
}

// End says that it is over.
func (k *Keeper) End(ctx context.Context, actor auth.Actor, id string, seen int64, closing string) (Announcement, error) {
	closing = plain(closing)
	switch {
	case closing == "":
		return Announcement{}, fault.Field("closing", "Say in a sentence how it ended. Everybody who was told of it reads it.")
	case utf8.RuneCountInString(closing) > maxClosing:
		return Announcement{}, fault.Field("closing", "The last word has at most 500 characters.")
	}
	return k.change(ctx, actor, id, seen, audit.AnnouncementEnded, func(a *Announcement) (map[string]any, error) {
		a.EndedAt, a.Closing, a.Next, a.Told = a.ChangedAt, closing, time.Time{}, a.Version
		return map[string]any{"closing": closing}, nil
	})
}

// change changes one that is live. seen is the version that the actor has read; 0: any.
func (k *Keeper) change(ctx context.Context, actor auth.Actor, id string, seen int64, did audit.Action, edit func(*Announcement) (map[string]any, error)) (Announcement, error) {
	if err := auth.Authorise(actor, auth.Announce, auth.Object{}); err != nil {
		return Announcement{}, err
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	var a Announcement
	var before Scope
	err := k.Store.Update(ctx, func(tx Tx) error {
		var err error
		if a, err = tx.Announcement(id); err != nil {
			return err
		}
		switch {
		case !a.Live():
			return fault.New(fault.Conflict, "The announcement has ended. Announce it again if it goes on.")
		case seen != 0 && seen != a.Version:
			return fault.New(fault.Stale, "Somebody has changed the announcement since you opened it. Nothing was saved; look at theirs first.")
		}
		before = a.Scope
		a.Version, a.ChangedAt = a.Version+1, k.now()
		detail, err := edit(&a)
		if err != nil {
			return err
		}
		if err := tx.Save(a); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, did, &a, detail))
	})
	if err != nil {
		return Announcement{}, err
	}
	k.spread(a, before)
	return a, nil
}

// spread has machines told: those that it concerns, and those that it did before.
func (k *Keeper) spread(a Announcement, before Scope) {
	now := k.Now()
	k.mu.Lock()
	kept := []Announcement{a}
	for _, one := range k.shown {
		if one.ID != a.ID && one.shown(now) {
			kept = append(kept, one)
		}
	}
	slices.SortFunc(kept, func(a, b Announcement) int { return strings.Compare(b.ID, a.ID) })
	k.shown = kept
	k.mu.Unlock()
	if k.line != nil {
		k.line.Announce(func(endpoint string) bool {
			site := k.Fleet.SiteOf(endpoint)
			return a.Scope.Holds(endpoint, site) || before.Holds(endpoint, site)
		})
	}
	k.tell(a.ID, didChange)
}

func (k *Keeper) live() (n int) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for i := range k.shown {
		if k.shown[i].Live() {
			n++
		}
	}
	return n
}

func (k *Keeper) now() time.Time { return k.Now().Truncate(time.Millisecond).UTC() }

func (k *Keeper) entry(actor auth.Actor, did audit.Action, a *Announcement, detail map[string]any) audit.Entry {
	return audit.Entry{At: a.ChangedAt, Actor: auth.AuditActor(actor), Action: did, Object: "announcement:" + a.ID, Detail: detail}
}
