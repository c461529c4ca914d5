package model

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// Outage is a known outage, as a window shows it.
type Outage struct {
	ID      string
	Title   string
	Live    bool
	Since   string
	Text    string
	Advice  string
	Updates []string // the newest first
	Next    string
	Closing string
	CanHit  bool   // “It hits me too” is offered
	Hit     string // what is said of it instead
	Problem string
}

// Same reports whether two show alike.
func (o Outage) Same(p Outage) bool {
	a, b := o.Updates, p.Updates
	o.Updates, p.Updates = nil, nil
	return slices.Equal(a, b) && o.plain() == p.plain()
}

type plainOutage struct {
	id, title, since, text, advice, next, closing, hit, problem string
	live, can                                                   bool
}

func (o Outage) plain() plainOutage {
	return plainOutage{o.ID, o.Title, o.Since, o.Text, o.Advice, o.Next, o.Closing, o.Hit, o.Problem, o.Live, o.CanHit}
}

// Hitting is how far the word “It hits me too” has come, by announcement.
type Hitting map[string]HitState

// HitState is how far one has come.
type HitState struct {
	Sending bool
	Done    bool
	Works   bool // of the word whether it is fixed
	Err     error
}

// OutageOf returns what is shown of an announcement. brief leaves out how it went.
func OutageOf(a local.Announcement, h Hitting, now time.Time, brief bool) Outage {
	o := Outage{
		ID: a.ID, Title: clip(a.Title, 160), Live: a.Live(), Text: Breakable(Plain(a.Text)), Since: wordsOutageSince(clock(a.Since, now)),
	}
	if advice := Breakable(Plain(a.Advice)); advice != "" {
		o.Advice = wordsOutageDo(advice)
	}
	if !o.Live {
		o.Since, o.Advice, o.Closing = wordsOutageEnded(clock(a.EndedAt, now)), "", Breakable(Plain(a.Closing))
	} else if !a.Next.IsZero() {
		o.Next = wordsOutageNext(clock(a.Next, now))
	}
	for _, u := range slices.Backward(a.Updates) {
		if brief && len(o.Updates) > 0 {
			break
		}
		o.Updates = append(o.Updates, wordsOutageUpdate(clock(u.At, now), Breakable(Plain(u.Text))))
	}
	state := h[a.ID]
	switch {
	case !o.Live:
	case a.Hit || state.Done:
		o.Hit = wordsOutageHitDone()
	case state.Sending:
		o.Hit = wordsOutageHitSending()
	default:
		o.CanHit = true
		if state.Err != nil {
			o.Problem = sentence(state.Err)
		}
	}
	return o
}

// AnnouncementsView is the window “Announcements”.
type AnnouncementsView struct {
	Notice Notice
	Answer string // the one line above
	Live   []local.Announcement
	Over   []local.Announcement
	Empty  string
}

// AnnouncementsOf returns what the window shows of a status. asked says that the agent
// has been heard of.
func AnnouncementsOf(s local.Status, asked bool) AnnouncementsView {
	v := AnnouncementsView{Notice: NoticeOf(s)}
	for _, a := range s.Announcements {
		if a.Live() {
			v.Live = append(v.Live, a)
		} else {
			v.Over = append(v.Over, a)
		}
	}
	switch {
	case len(v.Live) > 0:
		v.Answer = wordsOutagesLive(len(v.Live))
	case len(v.Over) > 0:
		v.Answer = wordsOutagesNone()
	case s.Connection == local.NoAgent:
		v.Empty = wordsOutagesAway()
	case asked:
		v.Empty = wordsOutagesEmpty()
	}
	return v
}

// maxKnown is how many known outages stand before the way to the help desk.
const maxKnown = 3

// Known lists the known outages that can be what the employee complains of.
func (g Guide) Known() (out []local.Announcement) {
	if g.Stage != GuideChecking && g.Stage != GuideAnswered {
		return nil
	}
	words := ""
	if g.Complaint == diagnostics.ComplaintSite {
		words = Line(g.Address)
	}
	for _, a := range g.Link.Announcements {
		if a.Concerns(g.Complaint, words) && len(out) < maxKnown {
			out = append(out, a)
		}
	}
	return out
}

// Known lists the known outages that stand above what is written: those that concern
// what guided help was asked about, and without it all that concern this computer, first
// what is named in the words.
func (r Ring) Known() (out []local.Announcement) {
	if r.Stage != Writing && r.Stage != NotSaved {
		return nil
	}
	words := Line(r.Draft.Question + " " + r.Draft.Details)
	for _, a := range r.Link.Announcements {
		if a.Live() && (r.Draft.Guided == nil || a.Concerns(r.Draft.Guided.Complaint, words)) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b local.Announcement) int {
		switch x, y := a.Named(words), b.Named(words); {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	return out[:min(len(out), maxKnown)]
}

// live counts the known outages.
func live(s local.Status) (n int) {
	for _, a := range s.Announcements {
		if a.Live() {
			n++
		}
	}
	return n
}
