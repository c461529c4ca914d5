package portal

import (
	"context"
	"net/http"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/incident"
)

// Announcements are what employees are told of known outages.
type Announcements interface {
	Known(ctx context.Context, actor auth.Actor) ([]announce.Known, error)
	HitMe(ctx context.Context, actor auth.Actor, id string) error
}

// Outages asks those whom an outage hit whether it is fixed.
type Outages interface {
	Mine(ctx context.Context, actor auth.Actor) ([]incident.Incident, error)
	FixedMe(ctx context.Context, actor auth.Actor, id string, works bool, language string) error
}

type statusView struct {
	frame frame
	Ask   []incident.Incident // whether they are fixed
	Said  string              // what the reader has just said
	Live  []announce.Known
	Over  []announce.Known
}

// statusPage shows what is known now, and what was within 14 days.
func (p *Portal) statusPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	list, err := p.Announcements.Known(r.Context(), actor)
	if err != nil {
		return err
	}
	v := statusView{Said: r.URL.Query().Get("said")}
	if v.Ask, err = p.Outages.Mine(r.Context(), actor); err != nil {
		return err
	}
	for _, k := range list {
		if k.Live() {
			v.Live = append(v.Live, k)
		} else {
			v.Over = append(v.Over, k)
		}
	}
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, statusAgain(v))
	}
	if v.frame, err = p.frame(r, actor, atStatus, "What is known now"); err != nil {
		return err
	}
	v.frame.refresh = "/portal/status"
	return p.out.Show(w, r, http.StatusOK, status(v))
}

// hit counts somebody whom an outage hits too, in place of a ticket, and leads back to
// where they said so.
func (p *Portal) hit(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := p.Announcements.HitMe(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	to := "/portal/status"
	if from := r.PostFormValue("from"); strings.HasPrefix(from, "/portal/guide/") || from == "/portal/" || from == "/portal/help" {
		to = from
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// fixed takes in whether an outage is over for somebody.
func (p *Portal) fixed(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	said := r.PostFormValue("works")
	if said != "yes" && said != "no" {
		return fault.Field("works", "Say whether it works for you: yes or no.")
	}
	if err := p.Outages.FixedMe(r.Context(), actor, r.PathValue("id"), said == "yes", reads(r)); err != nil {
		return err
	}
	http.Redirect(w, r, "/portal/status?said="+said, http.StatusSeeOther)
	return nil
}

// maxKnown is how many known outages stand before the way to the help desk.
const maxKnown = 3

// known lists the outages that concern the reader's machine and can be what they
// complain of; without a trouble all that concern it.
func (p *Portal) known(ctx context.Context, actor auth.Actor, trouble diagnostics.Complaint) (out []announce.Known, err error) {
	list, err := p.Announcements.Known(ctx, actor)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		if k.Live() && k.Mine && (trouble == "" || k.Concerns(trouble, "")) && len(out) < maxKnown {
			out = append(out, k)
		}
	}
	return out, nil
}
