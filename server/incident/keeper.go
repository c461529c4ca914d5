package incident

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/live"
)

// Store is what incidents need kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Incident(ctx context.Context, id string) (Incident, error)
	// Incidents returns the newest first.
	Incidents(ctx context.Context, q Query) ([]Incident, error)
	// Members are the tickets of an incident, those that were taken out too, the oldest
	// first.
	Members(ctx context.Context, id string) ([]Member, error)
	// Lines are an incident's timeline, the oldest first.
	Lines(ctx context.Context, id string) ([]Line, error)
	// OfTicket returns the incident that a ticket is part of, open or resolved ones only;
	// fault.NotFound when there is none.
	OfTicket(ctx context.Context, ticket string) (Incident, error)
	// Rung returns the tickets about what does not work that came in a span, in the order
	// in which they came. Of one that names no machine it is its requester's, who has but one.
	Rung(ctx context.Context, from, to time.Time) ([]Rung, error)
	// Asked are those whom it was asked of whether it is fixed, in the order of their ids.
	Asked(ctx context.Context, id string) ([]Asked, error)
	// Unanswered are the accounts of those who have not answered yet.
	Unanswered(ctx context.Context) ([]Account, error)
	// UnansweredOf are the incidents of which a person has not answered yet.
	UnansweredOf(ctx context.Context, person string) ([]string, error)
	// Looks is what machines came to that were asked to look once more at an incident that
	// is said to be over, by machine.
	Looks(ctx context.Context, id string) (map[string]Relook, error)
	// FirstRung is when the first ticket of all came; zero: none has.
	FirstRung(ctx context.Context) (time.Time, error)
}

// Tx is a write.
type Tx interface {
	Incident(id string) (Incident, error)
	// Insert stores a new incident and sets its number.
	Insert(i *Incident) error
	Save(i Incident) error
	// Put makes a ticket part of an incident, or changes how it is.
	Put(m Member) error
	Add(incident string, l Line) error
	// Concerned are those with an open ticket of an incident, and those who said of one
	// of these announcements that it hits them too; each once.
	Concerned(incident string, announcements []string) ([]string, error)
	Ask(incident, who string, at time.Time) error
	// Answer keeps somebody's first word. asked says whether they were asked at all.
	Answer(incident, who string, a Answer, o Outcome) (asked, first bool, err error)
	// Settle writes down what was made of somebody's word, unless they have said
	// something else meanwhile.
	Settle(incident, who string, said Word, o Outcome) error
	// Waits counts those of whose word nothing was made yet.
	Waits(incident string) (int, error)
	// Looked keeps what a machine came to.
	Looked(r Relook) error
	Audit(e audit.Entry) error
}

// Query selects incidents.
type Query struct {
	States []State   // none: all
	Since  time.Time // those that ended before are left out
	Before string    // only older ones
	Limit  int       // 0: all
}

// Rung is a ticket as it counts.
type Rung struct {
	correlate.Ticket
	Of State // the state of the incident that it is part of; empty: of none
}

// Machine is an endpoint that may connect.
type Machine struct{ ID, Name, SiteID, Site string }

// Sign is something that is wrong on an endpoint. Since is zero where nobody has written
// down when it began: then it counts from when it is first seen here.
type Sign struct {
	Machine, Code string
	Since         time.Time
}

// Options are what a keeper works with.
type Options struct {
	Store    Store
	Live     *live.Hub
	Index    *contrast.Index
	Machines func() []Machine
	Signs    func() []Sign
	// Failing are services that do not answer the server's own checks. May be nil.
	Failing func() []correlate.Down
	// News are the changes of machines in a span.
	News func(ctx context.Context, from, to time.Time) ([]contrast.News, error)
	// Touched are the machines of which facts of a kind have changed since. May be nil.
	Touched func(ctx context.Context, k stock.Kind, since time.Time) ([]string, error)
	// Arrived counts the machines that got each version of a program or a driver since. May
	// be nil.
	Arrived func(ctx context.Context, since time.Time) (map[stock.Fact]int, error)
	// Groups are the names of the groups that a machine is in. May be nil.
	Groups func(endpoint string) []string
	// Category is how people call what a ticket is about; "" when nobody knows the id.
	Category func(id string) string
	// Guess is the category that is suggested for a ticket; "" where nothing is sure
	// enough. known says whether it is worth to remember that. May be nil.
	Guess func(ctx context.Context, ticket string) (category string, known bool, err error)
	// Shows is what a machine shows now, by codes; there says whether it is connected.
	Shows func(endpoint string) (codes []string, there bool)
	// Prober asks endpoints about what begins to look like an outage. May be nil.
	Prober Prober
	// Quiet is how long after a start none is asked; 0: as usual, below: not at all.
	Quiet time.Duration
	// After is the moment until which the desk has been open for so long, by the calendar
	// of these tickets or else its own. May be nil: by the stopwatch.
	After     func(ctx context.Context, tickets []string, from time.Time, d time.Duration) (time.Time, error)
	Desk      Desk
	Announcer Announcer
	// Language is in which employees are written to of whom no language is known; "": English.
	Language string
	Judge    correlate.Options
	Now      func() time.Time
	Log      *slog.Logger
}

// Keeper looks for incidents and keeps them. It is safe for concurrent use.
type Keeper struct {
	Options

	line      TellLine
	writing   sync.Mutex // one change at a time
	reloading sync.Mutex // likewise of what follows
	asking    sync.RWMutex
	asked     map[string][]wire.OutageQuestion // by endpoint

	looking sync.Mutex // over what follows
	d       *correlate.Detector
	fleet   *fleet
	learned time.Time         // when
	told    int               // machines that had told of themselves by then
	abouts  map[string]string // what the tickets of today were about when they were looked at
	guessed map[string]string // what is suggested for those of today that say nothing
	seen    map[sign]time.Time

	probing probing
	again   again

	mu    sync.RWMutex
	sight Sight
}

type sign struct{ machine, code string }

// Sight is what was seen when it was looked last.
type Sight struct {
	At      time.Time // zero: it was not looked yet
	From    time.Time // since when tickets were learned from
	Learned int       // tickets
	Enough  bool      // to know what is usual: before, nothing is proposed
	Watched []Watched // what may be an outage, and is not likely enough to be proposed
	Usual   correlate.Usual
}

// Watched is something that is watched only.
type Watched struct {
	Cell       Cell
	Title      string
	Since      time.Time
	Tickets    int
	People     int
	Confidence float64
}

// New returns a keeper.
func New(o Options) *Keeper {
	if o.Judge.Location == nil {
		o.Judge.Location = time.Local
	}
	return &Keeper{Options: o, abouts: map[string]string{}, probing: probing{news: make(chan struct{}, 1)}}
}

// Sight says what was seen when it was looked last.
func (k *Keeper) Sight(actor auth.Actor) (Sight, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Sight{}, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.sight, nil
}

// List returns incidents, the newest first.
func (k *Keeper) List(ctx context.Context, actor auth.Actor, q Query) ([]Incident, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	return k.Store.Incidents(ctx, q)
}

// Detail is an incident with all that belongs to it.
type Detail struct {
	Incident
	Members []Member // those that were taken out too
	Lines   []Line   // the oldest first
	Asked   []Asked  // whether it is fixed
}

// Get returns one.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (d Detail, err error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return d, err
	}
	if d.Incident, err = k.Store.Incident(ctx, id); err != nil {
		return d, err
	}
	if d.Members, err = k.Store.Members(ctx, id); err != nil {
		return d, err
	}
	if d.Lines, err = k.Store.Lines(ctx, id); err != nil || d.Ask == nil {
		return d, err
	}
	d.Asked, err = k.Store.Asked(ctx, id)
	return d, err
}

// OfTicket returns the incident that a ticket is part of; ok says whether it is of any.
func (k *Keeper) OfTicket(ctx context.Context, actor auth.Actor, ticket string) (i Incident, ok bool, err error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return i, false, err
	}
	i, err = k.Store.OfTicket(ctx, ticket)
	if fault.Is(err, fault.NotFound) {
		return i, false, nil
	}
	return i, err == nil, err
}

// tell tells whoever watches that an incident has changed.
func (k *Keeper) tell(id string) {
	k.Live.Publish(live.Event{Topic: live.Incidents, Key: id, Data: []byte(`{}`)})
}

// now is a moment that stays the same when it is stored.
func (k *Keeper) now() time.Time { return k.Now().Truncate(time.Millisecond).UTC() }
