package notify

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Sender brings a message to a channel, and says what came back.
type Sender interface {
	Send(ctx context.Context, c Channel, secret string, n Note) (said string, err error)
	// Refresh tells a channel that is a feed what fires still.
	Refresh(ctx context.Context, c Channel, secret string, lines []Line) error
}

// SendError is why a message was not taken.
type SendError struct {
	Sentence string
	Final    bool          // to try again changes nothing
	Unsure   bool          // it may have been taken all the same
	After    time.Duration // the receiver asks to be left alone for so long
	Err      error         // the cause; without secrets
}

// Error returns the sentence and the cause.
func (f *SendError) Error() string {
	if f.Err == nil {
		return f.Sentence
	}
	return f.Sentence + ": " + f.Err.Error()
}

// Unwrap returns the cause.
func (f *SendError) Unwrap() error { return f.Err }

// State is where a message is.
type State string

// The states.
const (
	Waiting State = "waiting"
	Sent    State = "sent"
	Dead    State = "dead" // given up, until somebody tries again
)

// Row is a message on its way.
type Row struct {
	ID       string // the note's
	Channel  string
	Group    string
	Note     Note
	State    State
	Created  time.Time
	Since    time.Time // from when it is tried; after so long it is given up
	Next     time.Time
	Attempts int
	Unsure   bool   // an attempt was made of which nobody knows what it came to
	Problem  string // what the last attempt came to
	Done     time.Time
}

// Store keeps what has to outlast a restart.
type Store interface {
	Channels(ctx context.Context) ([]Channel, error)
	// Told returns what each channel was told, by channel and group.
	Told(ctx context.Context) (map[string]map[string]Told, error)
	// Rows lists messages of a state, the oldest first; sent ones the newest first.
	Rows(ctx context.Context, q RowQuery) ([]Row, error)
	Row(ctx context.Context, id string) (Row, error)
	Update(ctx context.Context, write func(Tx) error) error
}

// RowQuery selects messages.
type RowQuery struct {
	Channel string // empty: of all
	Group   string // empty: of all
	State   State
	Due     time.Time // only what may be tried then; zero: all
	Limit   int
}

// Tx is a write, all or nothing.
type Tx interface {
	SaveChannel(c Channel) error
	DeleteChannel(id string) error // with all that is its
	// SaveTold stores a group and of its alerts those that have changed.
	SaveTold(channel, group string, t Told, changed map[string]Mark, gone []string) error
	DeleteTold(channel, group string) error
	SaveRow(r Row) error
	DeleteRow(id string) error
	SweepRows(before time.Time) error // sent ones
	Audit(e audit.Entry) error
}

// Options are what a Keeper needs.
type Options struct {
	Store    Store
	Send     Sender
	Key      []byte // the server's own, from which that of the secrets is derived
	Standing func() (Standing, bool)
	Now      func() time.Time
	Every    time.Duration // how often it is looked at what is new; 0: as usual
	Log      *slog.Logger
}

const (
	every       = 2 * time.Second
	maxChannels = 100
	keepSent    = 7 * 24 * time.Hour
	// GiveUp is after how long a message is given up that nobody takes.
	GiveUp = 24 * time.Hour
	// maxWaiting bounds what is on its way to one channel. There is one message a group,
	// and what comes to pass meanwhile is told together after it.
	maxWaiting = 1000
	patience   = 30 * time.Second // for the store
)

// Keeper keeps the channels, and tells them. It is safe for concurrent use.
type Keeper struct {
	o    Options
	seal seal

	mu       sync.Mutex
	loaded   bool
	channels map[string]*Channel
	told     map[string]map[string]Told
	waiting  map[string]map[string]string // by channel and group: the message
	workers  map[string]*worker
}

// New returns a Keeper that has read nothing yet.
func New(o Options) (*Keeper, error) {
	s, err := newSeal(o.Key)
	if err != nil {
		return nil, err
	}
	if o.Every == 0 {
		o.Every = every
	}
	return &Keeper{o: o, seal: s, channels: map[string]*Channel{}, told: map[string]map[string]Told{}, waiting: map[string]map[string]string{}, workers: map[string]*worker{}}, nil
}

// Load reads what there is.
func (k *Keeper) Load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	list, err := k.o.Store.Channels(ctx)
	if err != nil {
		return err
	}
	if k.told, err = k.o.Store.Told(ctx); err != nil {
		return err
	}
	rows, err := k.o.Store.Rows(ctx, RowQuery{State: Waiting})
	if err != nil {
		return err
	}
	for _, c := range list {
		k.channels[c.ID] = &c
	}
	for _, r := range rows {
		k.wait(r)
	}
	k.loaded = true
	return nil
}

func (k *Keeper) wait(r Row) {
	if k.waiting[r.Channel] == nil {
		k.waiting[r.Channel] = map[string]string{}
	}
	k.waiting[r.Channel][r.Group] = r.ID
}

var errNone = fault.New(fault.NotFound, "There is no such channel.")

// List returns all channels, by name.
func (k *Keeper) List(actor auth.Actor) ([]Channel, error) {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []Channel
	for _, c := range k.channels {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Channel) int {
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return out, nil
}

// Get returns one.
func (k *Keeper) Get(actor auth.Actor, id string) (Channel, error) {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return Channel{}, err
	}
	return k.get(id)
}

func (k *Keeper) get(id string) (Channel, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.channels[id]
	if c == nil {
		return Channel{}, errNone
	}
	return *c, nil
}

// Save adds a channel, or changes one whose version its writer has seen. An empty
// secret leaves the one that there is, as long as it goes to the same place. shown is a
// key for signatures that was made for a new webhook, to be shown this once.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, c Channel, secret string) (saved Channel, shown string, err error) {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return c, "", err
	}
	if err := c.check(); err != nil {
		return c, "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	action := audit.ChannelChanged
	old := k.channels[c.ID]
	switch {
	case c.ID == "" && len(k.channels) >= maxChannels:
		return c, "", fault.New(fault.Full, "There are as many channels as are kept. Delete one that nobody needs.")
	case c.ID == "":
		c.ID, action, old = ulid.MustNewDefault(k.o.Now()).String(), audit.ChannelMade, &Channel{Kind: c.Kind}
	case old == nil:
		return c, "", errNone
	case old.Version != c.Version:
		return c, "", fault.New(fault.Stale, "Somebody has changed this channel since you opened it. Nothing was saved; look at theirs first.")
	case old.Kind != c.Kind:
		return c, "", fault.Field("kind", "A channel stays of its kind. Make a new one.")
	}
	if shown, err = k.secret(&c, old, secret); err != nil {
		return c, "", err
	}
	c.Version = old.Version + 1
	err = k.update(ctx, func(tx Tx) error {
		if err := tx.SaveChannel(c); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, action, &c, map[string]any{"off": c.Off, "url": c.Where.URL, "host": c.Where.Host, "to": c.Where.To, "least": string(c.Least), "match": c.Match, "new_secret": secret != ""}))
	})
	if err != nil {
		return c, "", err
	}
	k.channels[c.ID] = &c
	k.nudge(c.ID)
	return c, shown, nil
}

// secret takes the secret in, or keeps the one that there is.
func (k *Keeper) secret(c, old *Channel, secret string) (shown string, err error) {
	secret = strings.TrimSpace(secret)
	if len(secret) > 4000 {
		return "", fault.Field("secret", "That is too long for a secret.")
	}
	switch {
	case secret != "":
	case c.Kind == Webhook && old.ID == "":
		secret = newKey()
		shown = secret
	case old.HasSecret() && c.Kind == Webhook, old.HasSecret() && old.Where.address() == c.Where.address() && (c.Kind != Mail || c.Where.User != ""):
		// A webhook's key only signs: it goes nowhere.
		c.Sealed = old.Sealed
		return "", nil
	case c.NeedsSecret() && old.HasSecret():
		return "", fault.Field("secret", "The secret goes to another place now. Enter it again.")
	case c.NeedsSecret():
		return "", fault.Field("secret", "This channel needs a secret. Enter it.")
	}
	switch c.Kind {
	case Slack, Teams:
		if err := CheckURL("secret", secret); err != nil {
			return "", err
		}
	case Webhook:
		if len(secret) < 16 {
			return "", fault.Field("secret", "A key for signatures has at least 16 characters. Leave it empty for a new channel, and one is made.")
		}
	}
	c.Sealed = k.seal.close(c.ID, secret)
	return shown, nil
}

// Delete takes a channel out, with what is on its way to it.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.ChannelsManage, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.channels[id]
	if c == nil {
		return errNone
	}
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.DeleteChannel(id); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.ChannelDeleted, c, nil))
	})
	if err != nil {
		return err
	}
	delete(k.channels, id)
	delete(k.told, id)
	delete(k.waiting, id)
	return nil
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, c *Channel, detail map[string]any) audit.Entry {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["name"], detail["kind"] = c.Name, string(c.Kind)
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "channel:" + c.ID, Detail: detail}
}

func (k *Keeper) update(ctx context.Context, write func(Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.o.Store.Update(ctx, write)
}
