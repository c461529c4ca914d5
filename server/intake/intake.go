// Package intake takes in alerts that others have found: from an Alertmanager's webhook,
// and from a Prometheus that takes this server for an Alertmanager. See
// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and
// https://prometheus.io/docs/alerting/latest/alerts_api/.
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/watch"
)

// Root is the path that a Prometheus is given as the Alertmanager's prefix.
const Root = "/alertmanager"

// Alerts keeps what is taken in.
type Alerts interface {
	Receive(ctx context.Context, actor auth.Actor, list []watch.Report) error
}

// Receiver are the routes.
type Receiver struct {
	Alerts Alerts
	URL    func() string // of this server, as it stands in what it tells others
	Now    func() time.Time
	Log    *slog.Logger

	reading chan struct{}
}

// The bounds of one message.
const (
	maxBody    = 4 << 20
	maxAlerts  = 5000
	maxLabels  = 64
	maxName    = 256  // of a label, in bytes
	maxValue   = 4096 // of a label, in bytes
	maxText    = 1000 // of what people read, in characters
	maxLink    = 2000
	maxReading = 8 // messages at once
	readWithin = 30 * time.Second
)

// Register adds the routes.
func (x *Receiver) Register(g *gate.Gate) {
	x.reading = make(chan struct{}, maxReading)
	g.Handle(gate.API, "POST "+Root+"/webhook", auth.IntakeSend, x.serve(x.webhook))
	g.Handle(gate.API, "POST "+Root+"/api/v2/alerts", auth.IntakeSend, x.serve(x.alerts))
}

// serve answers 2xx when all is stored; 4xx says that there is no use in sending it again,
// and 5xx that there is.
func (x *Receiver) serve(read func(body []byte) ([]one, error)) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request, actor auth.Actor) {
		err := x.take(w, r, actor, read)
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		switch {
		case err == nil:
			return
		case r.Context().Err() != nil:
			return // nobody reads it
		case fault.Is(err, fault.Invalid):
			w.WriteHeader(http.StatusBadRequest)
		case fault.Is(err, fault.TooLarge), fault.Is(err, fault.TooMany), fault.Is(err, fault.Full):
			w.WriteHeader(gate.Status(err))
		default: // a database that does not answer may do so the next time
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		x.Log.Warn("alerts of others were not taken in", "from", actor.Token, "err", err)
		io.WriteString(w, fault.Sentence(err)+"\n") // a sender that went away is no error of ours
	}
}

var errCrowded = fault.New(fault.Unavailable, "Too many send alerts to this server at once. Send them again later.")

func (x *Receiver) take(w http.ResponseWriter, r *http.Request, actor auth.Actor, read func([]byte) ([]one, error)) error {
	if actor.Token == "" {
		return fault.New(fault.Invalid, "Send alerts with a token: its name says where they are from.")
	}
	select {
	case x.reading <- struct{}{}:
		defer func() { <-x.reading }()
	default:
		return errCrowded
	}
	// Whoever sends slowly takes nobody's place for long.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readWithin)) //nolint:errcheck // without it the body is bounded still
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errLarge
	case err != nil:
		return fault.Wrap(err, fault.Unavailable, "The body did not come whole in half a minute. Send it again.")
	}
	list, err := read(body)
	if err != nil {
		return err
	}
	if len(list) > maxAlerts {
		return errLarge
	}
	reports := make([]watch.Report, 0, len(list))
	for i := range list {
		if own := x.URL(); list[i].GeneratorURL == own || strings.HasPrefix(list[i].GeneratorURL, own+"/") {
			continue // this server has told it to an Alertmanager, which tells it back
		}
		report, err := list[i].report()
		if err != nil {
			return err
		}
		reports = append(reports, report)
	}
	return x.Alerts.Receive(r.Context(), actor, reports)
}

var errLarge = fault.Newf(fault.TooLarge, "One message has at most %d MiB and %d alerts. Send fewer at once (max_alerts).", maxBody>>20, maxAlerts)

// one is an alert as both interfaces have it.
type one struct {
	Status       string            `json:"status"` // of the webhook alone
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`

	over  bool
	until time.Time // when it is said again at the latest; zero: nobody knows
}

// webhook reads a message of an Alertmanager's, version 4.
func (x *Receiver) webhook(body []byte) ([]one, error) {
	var m struct {
		Version   string `json:"version"`
		Truncated int    `json:"truncatedAlerts"`
		Alerts    []one  `json:"alerts"`
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Version != "4" {
		return nil, fault.New(fault.Invalid, "This is no message of an Alertmanager's webhook in its version 4.")
	}
	for i := range m.Alerts {
		switch m.Alerts[i].Status {
		case "firing":
		case "resolved":
			m.Alerts[i].over = true
		default:
			return nil, fault.New(fault.Invalid, "The status of an alert is firing or resolved.")
		}
	}
	if m.Truncated > 0 {
		x.Log.Warn("an Alertmanager leaves out alerts: its max_alerts is too low", "left_out", m.Truncated)
	}
	return m.Alerts, nil
}

// alerts reads what a Prometheus tells its Alertmanager: what fires, again and again, and
// when it ends unless it is told once more.
func (x *Receiver) alerts(body []byte) ([]one, error) {
	var list []one
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fault.New(fault.Invalid, "This is no list of alerts in the form of an Alertmanager's API v2.")
	}
	now := x.Now()
	for i := range list {
		if o := &list[i]; !o.EndsAt.IsZero() {
			o.over, o.until = !o.EndsAt.After(now), o.EndsAt
		}
	}
	return list, nil
}

// report is what is kept of an alert. Its texts are of others: plain lines, cut where they
// are too long.
func (o *one) report() (watch.Report, error) {
	r := watch.Report{Labels: make(map[string]string, len(o.Labels)), Severity: severity(o.Labels["severity"]), Over: o.over, Until: o.until, Link: link(o.GeneratorURL)}
	for k, v := range o.Labels {
		if v == "" {
			continue // a label without a value is none
		}
		if k == "" || len(k) > maxName || len(v) > maxValue || strings.ContainsFunc(k, unicode.IsControl) || !utf8.ValidString(k) {
			return r, fault.Newf(fault.Invalid, "A label has a name of at most %d bytes and a value of at most %d bytes.", maxName, maxValue)
		}
		r.Labels[k] = line(v, maxValue)
	}
	if len(r.Labels) == 0 || len(r.Labels) > maxLabels {
		return r, fault.Newf(fault.Invalid, "An alert has at least one label, and at most %d.", maxLabels)
	}
	if r.Rule = line(r.Labels[alert.NameLabel], 200); r.Rule == "" {
		r.Rule = "Alert"
	}
	for _, name := range []string{"summary", "message", "title", "description"} {
		if r.Summary = line(o.Annotations[name], maxText); r.Summary != "" {
			break
		}
	}
	if r.Summary == "" {
		r.Summary = r.Rule
	}
	if r.Advice = line(o.Annotations["description"], maxText); r.Advice == r.Summary {
		r.Advice = ""
	}
	return r, nil
}

// severity is one of ours: there is no list of what others call theirs.
func severity(s string) alert.Severity {
	switch x := alert.Severity(strings.ToLower(s)); x {
	case alert.Critical, alert.Warning, alert.Info:
		return x
	}
	return alert.Warning
}

// line is a text as one plain line.
func line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// link is an address that a page may lead to; empty: this is none.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxLink || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}
