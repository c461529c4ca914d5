package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

// The feed is the one order in which everybody hears of changes to tickets: the
// order of the commits. Who has heard everything up to a cursor can ask for what
// came after it, now or in a week.

// feedColumns follow the cursor, the time, the type and the data in the dialects'
// feed query.
const feedColumns = "t.id, t.number, t.version, t.state, t.priority, t.title, t.requester_id, t.assignee_id, t.assignee_name, t.ref, t.endpoint_id, e.version, t.more"

// TicketEvent is what watchers are told of a change: enough to know whether it
// matters to them. The ticket's fields are as they are now.
type TicketEvent struct {
	Type     ticket.EventType `json:"type"`
	At       time.Time        `json:"at"`
	Actor    ticket.Actor     `json:"actor"`
	ID       string           `json:"id"`
	Number   int64            `json:"number"`
	Version  int64            `json:"version"` // of the ticket after this event
	State    ticket.State     `json:"state"`
	Priority ticket.Priority  `json:"priority"`
	Title    string           `json:"title"`
	Assignee ticket.Person    `json:"assignee"`
	Ref      string           `json:"ref,omitempty"`
	Endpoint string           `json:"endpoint,omitempty"`
}

// cursor is a place in the feed: PostgreSQL orders by transaction, then number.
type cursor struct{ xid, seq int64 }

// String returns the cursor as clients keep it.
func (c cursor) String() string {
	return strconv.FormatInt(c.xid, 36) + "." + strconv.FormatInt(c.seq, 36)
}

func parseCursor(s string) (c cursor, err error) {
	bad := fault.Field("cursor", "This is not a place to resume from. Start again without it.")
	x, q, ok := strings.Cut(s, ".")
	if !ok {
		return c, bad
	}
	if c.xid, err = strconv.ParseInt(x, 36, 64); err != nil || c.xid < 0 {
		return c, bad
	}
	if c.seq, err = strconv.ParseInt(q, 36, 64); err != nil || c.seq < 0 {
		return c, bad
	}
	return c, nil
}

// Later reports whether a cursor comes after another one. Nothing is later than what
// is no cursor.
func (db *DB) Later(a, than string) bool {
	x, err := parseCursor(a)
	y, errThan := parseCursor(than)
	return err == nil && errThan == nil && (x.xid > y.xid || x.xid == y.xid && x.seq > y.seq)
}

// FeedEnd returns the cursor of the newest event.
func (db *DB) FeedEnd(ctx context.Context) (string, error) {
	var c cursor
	err := db.stmts.row(ctx, db.dialect.latest).Scan(&c.xid, &c.seq)
	return c.String(), err
}

// Feed returns at most limit events after a cursor, in order.
func (db *DB) Feed(ctx context.Context, after string, limit int) ([]live.Event, error) {
	c, err := parseCursor(after)
	if err != nil {
		return nil, err
	}
	rows, err := db.stmts.query(ctx, db.dialect.feed, c.xid, c.seq, limit)
	return collect(rows, err, scanFeed)
}

func scanFeed(r scanner) (live.Event, error) {
	var c cursor
	var at int64
	var data, requester, rest string
	var x TicketEvent
	var now int64 // the ticket's version now
	err := r.Scan(&c.xid, &c.seq, &at, &x.Type, &data, &x.ID, &x.Number, &now, &x.State, &x.Priority, &x.Title,
		&requester, &x.Assignee.ID, &x.Assignee.Name, &x.Ref, &x.Endpoint, &x.Version, &rest)
	if err != nil {
		return live.Event{}, err
	}
	var e ticket.Event
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		return live.Event{}, fmt.Errorf("the event %s: %w", c, err)
	}
	x.At, x.Actor = when(at), e.Actor
	doc, err := json.Marshal(x)
	if err != nil {
		return live.Event{}, err
	}
	out := live.Event{Topic: live.Tickets, Key: x.ID, Cursor: c.String(), Data: doc}
	var m moreOfTicket
	if strings.Contains(rest, `"also"`) || strings.Contains(rest, `"approver"`) { // else it is not worth reading
		if err := fromJSON(rest, &m); err != nil {
			return out, err
		}
		out.Approver = m.Approver.ID
	}
	if !e.Public() {
		return out, nil
	}
	if ticket.Told(e, requester) {
		out.Requester = requester
	}
	for _, j := range m.Also {
		if ticket.ToldOnward(e, j.Person.ID) {
			out.Also = append(out.Also, live.Told{Person: j.Person.ID, Key: j.Ticket.ID})
		}
	}
	return out, nil
}

// feedPoll is how often the feed is read though nobody here has written: other
// processes write too, the commands beside the server and other nodes.
const feedPoll = time.Second

const feedPage = 500

// RunFeed publishes every change to tickets after a cursor to the hub, in order,
// until ctx ends. It is the hub's only source of them, so that live events and
// resumed ones are the same.
func (db *DB) RunFeed(ctx context.Context, hub *live.Hub, at string) error {
	tick := time.NewTicker(feedPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-db.wake:
		case <-tick.C:
		}
		for {
			events, err := db.Feed(ctx, at, feedPage)
			if err != nil {
				if ctx.Err() == nil {
					db.log.Error("changes were not read from the store", "err", err)
				}
				break
			}
			db.fromFeed(events) // before anybody who hears of it looks there
			for _, e := range events {
				hub.Publish(e)
				at = e.Cursor
			}
			if len(events) < feedPage {
				break
			}
		}
	}
}
