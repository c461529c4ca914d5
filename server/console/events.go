package console

import (
	"context"
	"slices"
	"time"

	stock "github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/watch"
)

// chartEvent is something that happened to a machine, for the charts to mark: a ticket,
// a change of what it is made of, an alert that began.
type chartEvent struct {
	At    time.Time
	Icon  string
	Tone  string // a severity; "": none
	Words string
	Path  string
}

// chartEvents are those of the charts' time, the newest first.
type chartEvents struct {
	List []chartEvent
	More bool // than are listed
}

const (
	maxChartEvents  = 40
	maxEventTickets = 50
	maxEventLog     = 200
)

// endpointEvents lists what happened to a machine in the charts' time.
func (c *Console) endpointEvents(ctx context.Context, actor auth.Actor, id string, tickets []desk.Row, from time.Time) (chartEvents, error) {
	var log []watch.Entry
	var err error
	if auth.May(actor, auth.NOCRead) {
		if log, err = c.Alerts.Log(ctx, actor, watch.LogQuery{Endpoint: id, Limit: maxEventLog}); err != nil {
			return chartEvents{}, err
		}
	}
	changes := &stock.Changes{}
	if x, err := c.Peers.Compare(ctx, actor, id); err == nil { // an identity that was withdrawn is compared with nobody
		changes = changesOf(x, c.Now())
	}
	return eventsOf(id, tickets, log, changes.Changes, from), nil
}

// eventsOf puts in order what happened since a moment. Each list has the newest first,
// and may have been cut off: then there may be more.
func eventsOf(endpoint string, tickets []desk.Row, log []watch.Entry, changes []stock.Change, from time.Time) chartEvents {
	var out chartEvents
	for _, t := range tickets {
		if !t.CreatedAt.Before(from) {
			out.List = append(out.List, chartEvent{At: t.CreatedAt, Icon: "ticket", Words: "Ticket " + ticketNumber(t.Number) + ": " + t.Title, Path: ticketPath(t.Number)})
		}
	}
	for _, e := range log {
		if e.Did == watch.Fired && !e.At.Before(from) {
			out.List = append(out.List, chartEvent{At: e.At, Icon: "sev-" + string(e.Severity), Tone: string(e.Severity), Words: "Alert: " + e.Summary, Path: alertsPath})
		}
	}
	for _, x := range changes {
		if !x.At.Before(from) {
			out.List = append(out.List, chartEvent{At: x.At, Icon: "refresh-cw", Words: kit.ChangeWords(x), Path: peersPath(endpoint)})
		}
	}
	out.More = len(tickets) >= maxEventTickets && !tickets[len(tickets)-1].CreatedAt.Before(from) || len(log) >= maxEventLog && !log[len(log)-1].At.Before(from)
	slices.SortStableFunc(out.List, func(a, b chartEvent) int { return b.At.Compare(a.At) })
	if len(out.List) > maxChartEvents {
		out.List, out.More = out.List[:maxChartEvents], true
	}
	return out
}
