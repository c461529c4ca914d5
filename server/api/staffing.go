package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
)

// Staffing is who gets which ticket.
type Staffing interface {
	TakeNext(ctx context.Context, actor auth.Actor, once desk.Once) (desk.Outcome, error)
	Profile(ctx context.Context, actor auth.Actor, person string) (desk.Profile, error)
	SetProfile(ctx context.Context, actor auth.Actor, p desk.Profile) (desk.Profile, error)
}

// Profile is what somebody of the staff says of themselves.
type Profile struct {
	AwayUntil time.Time `json:"away_until,omitzero" doc:"No ticket is given to them by itself before; left out: they are here."`
	Calendar  string    `json:"calendar,omitempty" maxLength:"64" doc:"Id of the calendar of their own working hours; left out: their team's."`
	Skills    []string  `json:"skills" nullable:"false" maxItems:"50" doc:"What they know: names of categories, or tags."`
	Version   int64     `json:"version" doc:"Rises with each change. A change names the one that it saw."`
}

func profileOf(p desk.Profile) Profile {
	return Profile{AwayUntil: utc(p.AwayUntil), Calendar: p.Calendar, Skills: orEmpty(p.Skills), Version: p.Version}
}

func (a *API) staffing() {
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/next", Tags: []string{ticketTag}, Summary: "Take the next ticket",
		Description: "The next that is one's own to do: one that one was given and has not begun; else the one that is due soonest that nobody has, of one's teams. " +
			"However many ask at once, no two get the same. The answer is 404 when nothing is left. The same Idempotency-Key again takes no second one.",
	}, a.takeNext)
	add(a, auth.PeopleList, huma.Operation{
		Method: http.MethodGet, Path: "/people/{id}/profile", Tags: []string{peopleTag}, Summary: "Read who is away until when, and knows what",
	}, func(ctx context.Context, actor auth.Actor, in *PersonPath) (*profileOut, error) {
		p, err := a.Staffing.Profile(ctx, actor, in.ID)
		return &profileOut{profileOf(p)}, err
	})
	add(a, auth.AccountSelf, huma.Operation{
		Method: http.MethodPut, Path: "/people/{id}/profile", Tags: []string{peopleTag}, Summary: "Say who is away until when, and knows what",
		Description: "Of oneself; of others whoever may change the rulebook.",
	}, func(ctx context.Context, actor auth.Actor, in *setProfileIn) (*profileOut, error) {
		b := in.Body
		p, err := a.Staffing.SetProfile(ctx, actor, desk.Profile{Person: in.ID, Version: b.Version, AwayUntil: b.AwayUntil, Calendar: b.Calendar, Skills: b.Skills})
		return &profileOut{profileOf(p)}, err
	})
}

type takeNextIn struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"Any text that is new for each time; sending it again is then harmless."`
}

func (a *API) takeNext(ctx context.Context, actor auth.Actor, in *takeNextIn) (*ticketOut, error) {
	once, err := onceOf(in.Key, "take next")
	if err != nil {
		return nil, err
	}
	taken, err := a.Staffing.TakeNext(ctx, actor, once)
	if err != nil {
		return nil, err
	}
	out, err := a.ticketDetail(ctx, actor, taken.Ticket)
	if err != nil {
		return nil, err
	}
	return &ticketOut{ETag: etag(out.Version), Body: *out}, nil
}

type profileOut struct{ Body Profile }

type setProfileIn struct {
	PersonPath
	Body Profile
}
