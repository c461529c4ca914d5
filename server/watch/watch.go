// Package watch asks the rules of the time series, again and again, and keeps what
// they come to: which alerts there are, since when, and what became of them.
package watch

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
)

// Engine answers PromQL.
type Engine interface {
	Vector(ctx context.Context, expr string, at time.Time) (model.Vector, error)
	Matrix(ctx context.Context, expr string, from, to time.Time, step time.Duration) (model.Matrix, error)
}

// Newest tells the newest value of a series of each endpoint, or of some alone, as an
// instant selector finds it. It says no of a series that only an Engine knows.
type Newest func(series string, at time.Time, some []string, tell func(endpoint string, v float64)) bool

// Facts are what the server knows of what an alert is about.
type Facts struct {
	Name, Site string
	Severity   alert.Severity // in place of the rule's; empty: the rule's
	Says       string         // how it does, for templates as the label “says”; it is no label of the alert
	// Places are from where it is looked at; nil: that does not matter. What is about
	// another one, by the label “from”, is over.
	Places []string
	Check  bool // it is a service that is looked at
}

// Reached is whether an endpoint can be reached, and since when not.
type Reached struct {
	Reach alert.Reach
	Since time.Time // of being lost
	Site  string
}

// Store keeps alerts over a restart, and what became of them.
type Store interface {
	// Alerts returns what was stored, and when it was last known to be so.
	Alerts(ctx context.Context) ([]Item, time.Time, error)
	// SaveAlerts stores a batch, all or nothing.
	SaveAlerts(ctx context.Context, b Batch) error
	// AlertLog lists entries before a moment, the newest first.
	AlertLog(ctx context.Context, q LogQuery) ([]Entry, error)
	SweepAlertLog(ctx context.Context, before time.Time) error
	// Holds returns the silences, maintenance windows and outages that were stored.
	Holds(ctx context.Context) ([]HoldDoc, error)
	SweepHolds(ctx context.Context, overBefore time.Time) error
}

// Batch is what one round has changed.
type Batch struct {
	Changed []Item
	Gone    []string // their ids
	Log     []Entry
	Holds   []HoldDoc
	Audit   []audit.Entry
	At      time.Time // of the round; zero: it is none, and says nothing of the other alerts
}

// Item is one alert as it is now.
type Item struct {
	ID       string // of the rule and the labels: the same for ever
	Rule     string
	Severity alert.Severity
	Labels   map[string]string // with the rule's own, and the endpoint's name and site
	Summary  string
	Advice   string
	Alert    alert.Alert
	Care     Care
	Received // of somebody else's
	// Holds are why nobody is told of it now. They are computed, and not stored.
	Holds []alert.Hold `json:"-"`
	// Groups are those of endpoints that it belongs to now. They are computed as well.
	Groups []string `json:"-"`
}

// Endpoint is that of the alert; empty when it is about more than one.
func (i *Item) Endpoint() string { return i.Labels["endpoint"] }

// Subject is the id of what the alert is about: an endpoint, or else what somebody has
// set up to be looked at. Empty when it is about more than one.
func (i *Item) Subject() string { return subject(func(l string) string { return i.Labels[l] }) }

// GroupLabel is the label of what is said of a group of endpoints: its name.
const GroupLabel = alert.GroupLabel

// subjects are the labels that name what an alert is about.
var subjects = []string{"endpoint", "heartbeat", "check", "network_device", GroupLabel}

// GroupSubject is the id, among what alerts can be about, of a group: names are no ids.
func GroupSubject(name string) string { return "group:" + name }

// Subjects are the labels by which an alert is about one thing; nobody else may set them.
func Subjects() []string { return slices.Clone(subjects) }

func subject(label func(string) string) string {
	for _, l := range subjects {
		switch id := label(l); {
		case id != "" && l == GroupLabel:
			return GroupSubject(id)
		case id != "":
			return id
		}
	}
	return ""
}

// Page is the path of the page of what the alert is about; empty when that is more than
// one thing.
func (i *Item) Page() string { return PageOf(i.Labels) }

// PageOf is the page of what these labels are of.
func PageOf(labels map[string]string) string {
	for label, path := range map[string]string{"endpoint": "/endpoints/", "heartbeat": "/noc/heartbeats/", "check": "/noc/checks/", "network_device": "/noc/devices/"} {
		if id := labels[label]; id != "" {
			return path + url.PathEscape(id)
		}
	}
	if name := labels[GroupLabel]; name != "" {
		return "/endpoints?group=" + url.QueryEscape(name)
	}
	return ""
}

// Site is the name of the alert's site; empty when it is about none.
func (i *Item) Site() string { return i.Labels["site"] }

// Did is what became of an alert.
type Did string

// What an alert does.
const (
	Fired     Did = "fired"
	Lost      Did = "unknown" // nothing is heard of it any more
	Found     Did = "firing"  // it is heard of again, and still fires
	Ended     Did = "resolved"
	Withdrawn Did = "withdrawn" // its rule or its endpoint is gone

	// What people do with it.
	Acked    Did = "acknowledged"
	Unacked  Did = "unacknowledged"
	Assigned Did = "assigned"
	Noted    Did = "noted"

	// Told is that somebody was called by an escalation, or nobody could be.
	Told Did = "told"

	// Of silences; the line is about no alert alone.
	Silenced    Did = "silenced"
	SilenceOver Did = "silence_over"

	// Of maintenance windows.
	WindowPlanned Did = "maintenance_planned"
	WindowOver    Did = "maintenance_over"
)

// Entry is one line of the log.
type Entry struct {
	At       time.Time
	Alert    string
	Rule     string
	Severity alert.Severity
	Endpoint string
	Site     string
	Did      Did
	Summary  string
	Value    float64
	By       string // who did it; empty: it did so by itself
	To       string // whom it was given to
	Note     string
}

// LogQuery selects of the log.
type LogQuery struct {
	Before   time.Time // zero: now
	Endpoint string
	Alert    string
	Limit    int
}

// RuleState is a rule and how it does.
type RuleState struct {
	Rule     *alert.Rule
	Built    bool // it came with Deskbell
	Firing   int
	Pending  int
	Unknown  int
	AskedAt  time.Time
	Took     time.Duration
	Problem  string // why it could not be asked; empty: it could
	failures int
}

// Options are what a watcher needs.
type Options struct {
	Engine Engine
	Newest Newest // nil: the engine is asked for everything
	Store  Store
	Every  time.Duration           // how often the rules are asked; 0: Every
	Folder string                  // of the rules of one's own; it may be missing
	Facts  func() map[string]Facts // by the id of what an alert can be about
	// FactsOf are those of one endpoint. Alerts begin at a few endpoints at a time, for
	// which those of all need not be listed. nil: they are found among Facts.
	FactsOf func(endpoint string) (Facts, bool)
	// Reach says of each endpoint whether it can be reached, and HangsOn what it hangs
	// on. Without them nothing is known of what endpoints hang on.
	Groups  func(endpoint string) []string // in which an endpoint is; it must not ask the watcher
	Zone    func(site string) string       // by which a site lives, by its name, and with none the desk; nil: UTC
	Reach   func() map[string]Reached
	HangsOn func(endpoint, site string) []alert.Parent
	// SeriesStore says how another store does that has the time series; nil: they are here.
	SeriesStore func() SeriesStore
	Person      func(ctx context.Context, id string) (auth.Person, error) // whom an alert can be given to
	Silence     time.Duration                                             // after which nothing is known of an alert of somebody else's; 0: UsualSilence
	Live        *live.Hub
	Now         func() time.Time
	Log         *slog.Logger
}

const (
	// Every is how often the rules are asked, unless told otherwise.
	Every = 15 * time.Second
	// deaf is after how many failures in a row nothing is known of a rule's alerts.
	deaf      = 3
	tellEvery = time.Minute
	keepLog   = 90 * 24 * time.Hour
	patience  = 30 * time.Second // for all that is stored of one round
	// maxAlerts bounds how many alerts one rule may have.
	maxAlerts = 20_000
)

// Watcher asks the rules. It is safe for concurrent use.
type Watcher struct {
	o Options

	// saving is held while what there is now goes to the store, so that the newer is
	// not overwritten with the older. It is taken before mu.
	saving sync.Mutex

	mu       sync.RWMutex
	rules    []*RuleState
	mistakes []alert.Mistake
	folder   string            // what its files were when they were read
	alerts   map[string]*Item  // by id
	of       map[string][]*one // by rule
	silences []*silence
	windows  []*window
	// inhibitions are the rules by which alerts hold others back.
	inhibitions []alert.Inhibition
	// reached is what was known of endpoints in the last round, and gathering what some
	// have in common that went silent a moment ago.
	reached   map[string]Reached
	gathering map[alert.Parent]*alert.Ancestor
	outages   map[string]*outage // of what endpoints hang on, by the id of its alert
	told      time.Time          // when the store was last told that what it has is so
	unsaved   *change
	loaded    bool
	since     time.Time // of being loaded
	asked     bool      // the rules were, at least once
	reread    bool      // the rules were read anew, and nobody was told yet

	news news
}

// one is an alert between rounds.
type one struct {
	item  *Item
	print model.Fingerprint // of its labels as the series have them
}

// New returns a watcher that knows nothing yet.
func New(o Options) *Watcher {
	if o.Every == 0 {
		o.Every = Every
	}
	return &Watcher{o: o, alerts: map[string]*Item{}, outages: map[string]*outage{}, of: map[string][]*one{}, unsaved: newChange(), news: newNews()}
}

// Run asks until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	tick, sweep := time.NewTicker(w.o.Every), time.NewTicker(time.Hour)
	defer tick.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := w.Round(ctx); err != nil && ctx.Err() == nil {
				w.o.Log.Error("the alerts of this round were not stored; they are again with the next", "err", err)
			}
		case <-w.news.wake:
			if err := w.Glance(ctx); err != nil && ctx.Err() == nil {
				w.o.Log.Error("the alerts that began were not stored; they are with the next round", "err", err)
			}
		case <-sweep.C:
			if err := w.o.Store.SweepAlertLog(ctx, w.o.Now().Add(-keepLog)); err != nil && ctx.Err() == nil {
				w.o.Log.Error("the log of alerts was not tidied", "err", err)
			}
			if err := w.o.Store.SweepHolds(ctx, w.o.Now().Add(-keepSilences)); err != nil && ctx.Err() == nil {
				w.o.Log.Error("old silences were not tidied", "err", err)
			}
		}
	}
}

// Alerts lists the alerts that q selects: what fires first, by severity and time, and
// how many there are beyond the limit.
func (w *Watcher) Alerts(actor auth.Actor, q Query) (list []Item, more int, err error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, 0, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	first, n := few{most: q.Limit}, 0
	for _, i := range w.alerts {
		if q.fits(i) {
			first.add(i)
			n++
		}
	}
	list = first.copied()
	return list, n - len(list), nil
}

// Urgent lists what fires or did so when it was last heard of, warnings and worse, of
// which people are told: the first few, how many there are, and how many more are held back.
func (w *Watcher) Urgent(actor auth.Actor, most int) (list []Item, firing, held int, err error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, 0, 0, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	first := few{most: most}
	for _, i := range w.alerts {
		if !i.Alert.State.Live() || i.Alert.Counts() != alert.Firing || i.Severity == alert.Info {
			continue
		}
		if len(i.Holds) > 0 {
			held++
			continue
		}
		firing++
		first.add(i)
	}
	return first.copied(), firing, held, nil
}

// Alarm is what is heard rather than read: how much is critical, and since when the newest
// of it is; and how much of what was set up to be looked at fails.
type Alarm struct {
	Critical int
	Newest   time.Time
	Checks   int
}

// Alarm counts what fires and is not held back.
func (w *Watcher) Alarm(actor auth.Actor) (a Alarm, err error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return a, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, i := range w.alerts {
		if !i.Alert.State.Live() || i.Alert.Counts() != alert.Firing || i.Severity == alert.Info || len(i.Holds) > 0 {
			continue
		}
		if i.Severity == alert.Critical {
			a.Critical++
			if i.Alert.FiredAt.After(a.Newest) {
				a.Newest = i.Alert.FiredAt
			}
		}
		if i.Labels["check"] != "" || i.Labels["heartbeat"] != "" {
			a.Checks++
		}
	}
	return a, nil
}

// Log lists what became of alerts, the newest first.
func (w *Watcher) Log(ctx context.Context, actor auth.Actor, q LogQuery) ([]Entry, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	if q.Limit < 1 || q.Limit > maxLog {
		return nil, fault.Field("limit", fmt.Sprintf("A page of the log has 1 to %d lines.", maxLog))
	}
	return w.o.Store.AlertLog(ctx, q)
}

const maxLog = 1000

// Rules lists the rules and what is wrong with the files that were not read. Of those
// the rules as they were before go on.
func (w *Watcher) Rules(actor auth.Actor) ([]RuleState, []alert.Mistake, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, nil, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]RuleState, 0, len(w.rules)+1)
	for _, r := range w.rules {
		out = append(out, *r)
	}
	if len(out) > 0 { // once they are read
		out = append(out, RuleState{Rule: lostRule, Built: true})
	}
	for i, r := range out {
		for _, o := range w.of[r.Rule.Name] {
			switch o.item.Alert.State {
			case alert.Firing:
				out[i].Firing++
			case alert.Pending:
				out[i].Pending++
			case alert.Unknown:
				out[i].Unknown++
			}
		}
	}
	return out, slices.Clone(w.mistakes), nil
}
