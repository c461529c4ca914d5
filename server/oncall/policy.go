package oncall

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/watch"
)

// Policy says who is told of alerts that nobody answers, one after the other.
type Policy struct {
	ID      string         `json:"id"`
	Version int            `json:"version"`
	Name    string         `json:"name"`
	Off     bool           `json:"off,omitempty"`
	Least   alert.Severity `json:"least"`
	Match   string         `json:"match,omitempty"` // alert.Matchers; empty: all
	Steps   []Step         `json:"steps"`
	Again   int            `json:"again,omitempty"` // how often it begins anew after the last step
	Pause   time.Duration  `json:"pause,omitempty"` // before that
	Mail    string         `json:"mail,omitempty"`  // the channel by which people get mail; empty: they get none

	read *conditions // guarded by the Keeper's lock; nil: not yet
}

// Step is one that is told.
type Step struct {
	After  time.Duration `json:"after"` // since the step before, or since the alert began to count
	Kind   Target        `json:"kind"`
	Target string        `json:"target"` // its id
}

// Target is what a step leads to.
type Target string

// The targets.
const (
	ToRota    Target = "rota" // whoever is on call by then
	ToPerson  Target = "person"
	ToChannel Target = "channel"
)

// Progress is how far a policy is with one firing of an alert.
type Progress struct {
	Policy  string    `json:"policy"`
	Alert   string    `json:"alert"`
	Fired   time.Time `json:"fired"`
	Round   int       `json:"round"`
	Step    int       `json:"step"` // that comes next
	Next    time.Time `json:"next"`
	Held    time.Time `json:"held,omitzero"`     // since when nobody is to be told
	Stopped bool      `json:"stopped,omitempty"` // somebody has answered
	Done    bool      `json:"done,omitempty"`    // all were told
}

func (p *Progress) id() string { return p.Policy + "/" + p.Alert }

// after is the progress once a step was taken.
func (p Progress) after(of *Policy, now time.Time) Progress {
	if p.Step++; p.Step < len(of.Steps) {
		p.Next = now.Add(of.Steps[p.Step].After)
		return p
	}
	if p.Round++; p.Round > of.Again {
		p.Done = true
		return p
	}
	p.Step, p.Next = 0, now.Add(of.Pause+of.Steps[0].After)
	return p
}

// seen is the progress after an alert was looked at: whether it is held, and whether
// somebody has answered. Time in which nobody is to be told does not count. due reports
// that the next step is to be taken.
func (p Progress) seen(of *Policy, held, answered bool, now time.Time) (next Progress, due bool) {
	switch {
	case p.Done:
	case p.Step >= len(of.Steps): // the policy was made shorter
		p.Done = true
	case answered:
		p.Stopped, p.Held = true, time.Time{}
	case p.Stopped: // the answer was taken back
		p.Stopped, p.Next = false, now.Add(of.Steps[p.Step].After)
	case held && p.Held.IsZero():
		p.Held = now
	case held:
	case !p.Held.IsZero():
		p.Next, p.Held = p.Next.Add(now.Sub(p.Held)), time.Time{}
	default:
		due = !now.Before(p.Next)
	}
	return p, due
}

// fits reports whether a policy is for an alert. Its conditions are read once: tens of
// thousands of alerts may be looked at every few seconds.
func (p *Policy) fits(i *watch.Item) bool {
	if p.Off || i.Severity.Rank() > p.Least.Rank() {
		return false
	}
	if p.Match == "" {
		return true
	}
	if p.read == nil || p.read.text != p.Match {
		m, err := alert.ParseMatchers(p.Match) // it was checked when it was written
		p.read = &conditions{p.Match, m, err == nil}
	}
	return p.read.ok && p.read.Fit(&alert.Instance{ID: i.ID, Rule: i.Rule, Labels: i.Labels, Alert: i.Alert, Groups: i.Groups})
}

// conditions are those of a policy, read.
type conditions struct {
	text string
	alert.Matchers
	ok bool
}

const (
	maxPolicies = 100
	maxSteps    = 10
	maxAgain    = 9
	longestStep = 24 * time.Hour
)

// check brings a policy into its form, or says what is wrong with it.
func (p *Policy) check() error {
	p.Name, p.Match = strings.TrimSpace(p.Name), strings.TrimSpace(p.Match)
	switch {
	case !named(p.Name, 80):
		return fault.Field("name", "A policy needs a name of at most 80 characters.")
	case p.Least.Rank() >= len(alert.Severities()):
		return fault.Field("least", "The least severity is critical, warning or info.")
	case len(p.Steps) == 0 || len(p.Steps) > maxSteps:
		return fault.Field("steps", fmt.Sprintf("A policy has 1 to %d steps. Say who is told.", maxSteps))
	case p.Again < 0 || p.Again > maxAgain:
		return fault.Field("again", fmt.Sprintf("It begins anew %d times at most.", maxAgain))
	case p.Pause < 0 || p.Pause > longestStep:
		return fault.Field("pause", "The pause is a day at most.")
	case p.Again > 0 && p.Pause+p.Steps[0].After < time.Minute:
		return fault.Field("pause", "It waits for a minute at least before it begins anew.")
	}
	if p.Match != "" {
		if _, err := alert.ParseMatchers(p.Match); err != nil {
			return fault.Field("match", fmt.Sprintf("These conditions cannot be read: %v. Write them such as {site=\"Berlin\", alertname=~\"Disk.*\"}.", err))
		}
	}
	for n, s := range p.Steps {
		if s.After < 0 || s.After > longestStep {
			return fault.Field(fmt.Sprintf("steps.%d.after", n), "A step waits for a day at most.")
		}
	}
	return nil
}

// PolicyState is a policy, and the names of what it leads to.
type PolicyState struct {
	Policy
	Names []string // of each step's target
	Runs  int      // alerts with which it is under way
}

// Policies lists all, by name.
func (k *Keeper) Policies(ctx context.Context, actor auth.Actor) ([]PolicyState, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	k.mu.Lock()
	list := make([]PolicyState, 0, len(k.policies))
	for _, p := range k.policies {
		s := PolicyState{Policy: *p}
		for _, x := range k.progress {
			if x.Policy == p.ID && !x.Done && !x.Stopped {
				s.Runs++
			}
		}
		list = append(list, s)
	}
	k.mu.Unlock()
	for n := range list {
		for _, s := range list[n].Steps {
			list[n].Names = append(list[n].Names, k.nameOf(ctx, s))
		}
	}
	slices.SortFunc(list, func(a, b PolicyState) int {
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return list, nil
}

// nameOf is what a step leads to, in words; empty: it is gone.
func (k *Keeper) nameOf(ctx context.Context, s Step) string {
	switch s.Kind {
	case ToRota:
		k.mu.Lock()
		defer k.mu.Unlock()
		if r := k.rotas[s.Target]; r != nil {
			return r.Name
		}
	case ToPerson:
		if p, err := k.known(ctx, "", Person{ID: s.Target}); err == nil {
			return p.Name
		}
	case ToChannel:
		for _, c := range k.o.Channels() {
			if c.ID == s.Target {
				return c.Name
			}
		}
	}
	return ""
}

// Channels lists those that steps can lead to.
func (k *Keeper) Channels(actor auth.Actor) ([]notify.Choice, error) {
	if err := auth.Authorise(actor, auth.OnCallManage, auth.Object{}); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(k.o.Channels(), func(c notify.Choice) bool { return !c.Kind.Letters() }), nil
}

var errNoPolicy = fault.New(fault.NotFound, "There is no such policy.")

// SavePolicy adds one, or changes one whose version its writer has seen.
func (k *Keeper) SavePolicy(ctx context.Context, actor auth.Actor, p Policy) (Policy, error) {
	if err := auth.Authorise(actor, auth.OnCallManage, auth.Object{}); err != nil {
		return p, err
	}
	if err := p.check(); err != nil {
		return p, err
	}
	for n, s := range p.Steps {
		if k.nameOf(ctx, s) == "" || s.Kind == ToChannel && !k.letters(s.Target, false) {
			return p, fault.Field(fmt.Sprintf("steps.%d.target", n), "Choose a rota, somebody of the staff, or a channel that takes messages to people.")
		}
	}
	if p.Mail != "" && !k.letters(p.Mail, true) {
		return p, fault.Field("mail", "Choose a channel for mail.")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old, action := k.policies[p.ID], audit.PolicyChanged
	switch {
	case p.ID == "" && len(k.policies) >= maxPolicies:
		return p, fault.New(fault.Full, "There are as many policies as are kept. Delete one that nobody needs.")
	case p.ID == "":
		p.ID, p.Version, action = ulid.MustNewDefault(k.o.Now()).String(), 0, audit.PolicyMade
	case old == nil:
		return p, errNoPolicy
	case old.Version != p.Version:
		return p, fault.New(fault.Stale, "Somebody has changed this policy since you opened it. Nothing was saved; look at theirs first.")
	}
	p.Version++
	err := k.update(ctx, func(tx Tx) error {
		if err := save(tx, OfPolicy, p.ID, p); err != nil {
			return err
		}
		return tx.Audit(k.policyEntry(actor, action, &p))
	})
	if err == nil {
		k.policies[p.ID] = &p
	}
	return p, err
}

// letters reports whether a channel takes messages to people, or mail alone.
func (k *Keeper) letters(id string, mail bool) bool {
	return slices.ContainsFunc(k.o.Channels(), func(c notify.Choice) bool {
		return c.ID == id && c.Kind.Letters() && (!mail || c.Kind == notify.Mail)
	})
}

// DeletePolicy takes one out. What it has begun ends.
func (k *Keeper) DeletePolicy(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.OnCallManage, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.policies[id]
	if p == nil {
		return errNoPolicy
	}
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.DeleteOnCall(OfPolicy, id); err != nil {
			return err
		}
		return tx.Audit(k.policyEntry(actor, audit.PolicyDeleted, p))
	})
	if err == nil {
		delete(k.policies, id)
	}
	return err
}

func (k *Keeper) policyEntry(actor auth.Actor, action audit.Action, p *Policy) audit.Entry {
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "escalation:" + p.ID, Detail: map[string]any{
		"name": p.Name, "off": p.Off, "least": string(p.Least), "match": p.Match, "steps": p.Steps, "again": p.Again, "mail": p.Mail,
	}}
}
