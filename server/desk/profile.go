package desk

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
)

// Profile is what somebody of the staff says of themselves, as far as it decides
// which tickets they are given.
type Profile struct {
	Person    string
	Version   int64     // 0: they have said nothing yet
	AwayUntil time.Time // no ticket is given to them by itself before
	Calendar  string    // of their own working hours; "" is their team's
	Skills    []string  // beside those that their teams say
}

// Profile returns somebody's profile to themselves and to whoever may list people.
func (d *Desk) Profile(ctx context.Context, actor auth.Actor, person string) (Profile, error) {
	if err := auth.Authorise(actor, auth.PeopleList, auth.Object{Person: person}); err != nil {
		return Profile{}, err
	}
	profiles, err := d.store.Profiles(ctx, []string{person})
	p := profiles[person]
	p.Person = person
	return p, err
}

// SetProfile stores a profile: one's own, or anybody's by who keeps the rulebook.
func (d *Desk) SetProfile(ctx context.Context, actor auth.Actor, p Profile) (Profile, error) {
	op := auth.AccountSelf
	if p.Person != actor.Person {
		op = auth.RulebookManage
	}
	if err := auth.Authorise(actor, op, auth.Object{Person: p.Person}); err != nil {
		return p, err
	}
	if err := rulebook.CheckSkills(p.Skills); err != nil {
		return p, err
	}
	if len(p.Calendar) > 64 {
		return p, fault.Field("calendar", "There is no such calendar.")
	}
	if p.AwayUntil.After(d.now().AddDate(5, 0, 0)) {
		return p, fault.Field("away_until", "Somebody is away for five years at most.")
	}
	err := d.store.Update(ctx, func(tx Tx) error {
		if _, role, err := tx.Person(p.Person); err != nil || role == auth.NoRole {
			return fault.New(fault.NotFound, "There is no such person on the staff.")
		}
		if err := tx.PutProfile(p); err != nil {
			return err
		}
		return tx.Audit(audit.Entry{
			At: d.now(), Actor: audit.Actor{Kind: string(actor.Kind), ID: actor.Person, Name: actor.Name}, Action: audit.ProfileChanged,
			Object: "person:" + p.Person, Detail: map[string]any{"away_until": p.AwayUntil, "calendar": p.Calendar, "skills": p.Skills},
		})
	})
	p.Version++
	return p, err
}
