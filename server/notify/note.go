package notify

import (
	"fmt"
	"maps"
	"time"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/watch"
)

// Event is what a message says of its group.
type Event string

// The events.
const (
	Firing       Event = "firing"       // something is new, and something fires
	Resolved     Event = "resolved"     // nothing fires any more
	Reminder     Event = "reminder"     // it fires still
	Acknowledged Event = "acknowledged" // somebody cares for it
	Test         Event = "test"
	Report       Event = "report" // a letter that is about no alerts
)

// Note is one message, as it was decided. It is stored, so its names stay.
type Note struct {
	ID     string            `json:"id"` // the same however often it is sent
	Event  Event             `json:"event"`
	Group  string            `json:"group"` // the same for all that is told of a group
	Labels map[string]string `json:"labels"`
	At     time.Time         `json:"at"`
	Alerts []Line            `json:"alerts"`
	More   int               `json:"more,omitempty"` // alerts that there was no room for

	// A letter is beside what a channel is told of groups: of somebody who is called.
	Letter  bool     `json:"letter,omitempty"`
	Subject string   `json:"subject,omitempty"` // in place of the title that it would have
	Lead    string   `json:"lead,omitempty"`    // what stands before the alerts
	To      []string `json:"to,omitempty"`      // the addresses of a mail, in place of the channel's

	// A letter that has a text is that, in place of alerts.
	Text  string `json:"text,omitempty"`
	Page  string `json:"page,omitempty"` // the same as HTML
	Files []File `json:"files,omitempty"`
}

// File goes along with a mail.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data []byte `json:"data"`
}

// Line is one alert in a message.
type Line struct {
	ID       string            `json:"id"`
	Rule     string            `json:"rule"`
	Severity alert.Severity    `json:"severity"`
	Summary  string            `json:"summary"`
	Advice   string            `json:"advice,omitempty"`
	Endpoint string            `json:"endpoint,omitempty"`
	Labels   map[string]string `json:"labels"`
	Value    float64           `json:"value"`
	Fired    time.Time         `json:"fired_at"`
	Ended    time.Time         `json:"ended_at,omitzero"`
	New      bool              `json:"new,omitempty"` // the receiver has not heard of it
}

// Page is the path of the page of what the alert is about; empty: of no one thing.
func (l *Line) Page() string {
	if l.Endpoint != "" {
		return watch.PageOf(map[string]string{"endpoint": l.Endpoint})
	}
	return watch.PageOf(l.Labels)
}

func lineOf(i *watch.Item, fresh bool) Line {
	return Line{
		ID: i.ID, Rule: i.Rule, Severity: i.Severity, Summary: i.Summary, Advice: i.Advice, Endpoint: i.Endpoint(), Labels: maps.Clone(i.Labels),
		Value: i.Alert.Value, Fired: i.Alert.FiredAt, New: fresh,
	}
}

// endOf is the end of an alert. One whose rule or endpoint is gone ends as it was
// last told.
func endOf(i *watch.Item, m Mark, now time.Time) Line {
	l := m.Line
	if !m.Late && i != nil && i.Alert.FiredAt.Equal(m.Line.Fired) {
		l = lineOf(i, false)
		l.Ended = i.Alert.ResolvedAt
	}
	l.New = true
	if l.Ended.Before(l.Fired) {
		l.Ended = now
	}
	return l
}

// Fires reports whether the line's alert is not over.
func (l *Line) Fires() bool { return l.Ended.IsZero() }

// Worst is the most urgent severity of what fires, or of what has ended if nothing does.
func (n *Note) Worst() alert.Severity {
	worst, any := alert.Info, false
	for _, all := range []bool{false, true} {
		for _, l := range n.Alerts {
			if (all || l.Fires()) && (!any || l.Severity.Rank() < worst.Rank()) {
				worst, any = l.Severity, true
			}
		}
	}
	return worst
}

// Title is the message in one line.
func (n *Note) Title() string {
	if n.Subject != "" {
		return clip(printable(n.Subject), 300)
	}
	if n.Event == Test || len(n.Alerts) == 0 {
		return "Test: a message from Deskbell"
	}
	word := map[Event]string{Resolved: "Resolved", Reminder: "Still firing", Acknowledged: "Somebody cares for it"}[n.Event]
	if word == "" {
		word = map[alert.Severity]string{alert.Critical: "Critical", alert.Warning: "Warning", alert.Info: "Info"}[n.Worst()]
	}
	if len(n.Alerts)+n.More == 1 {
		return word + ": " + clip(printable(n.Alerts[0].Summary), 300)
	}
	where := n.Labels["rule"]
	if where == "" {
		where = n.Alerts[0].Rule
	}
	if s := n.Labels["site"]; s != "" {
		where += " in " + s
	}
	return fmt.Sprintf("%s: %s, %d alerts", word, clip(printable(where), 200), len(n.Alerts)+n.More)
}
