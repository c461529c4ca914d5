// Package notify tells people and other systems of alerts: which channel is told what,
// when, and what becomes of it. What is to be told is in the database before it is
// sent, and is sent again under the same name until it has arrived or is given up.
package notify

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
)

// Kind is what a channel leads to.
type Kind string

// The kinds.
const (
	Webhook      Kind = "webhook"
	Mail         Kind = "smtp"
	Slack        Kind = "slack"
	Teams        Kind = "teams"
	PagerDuty    Kind = "pagerduty"
	Alertmanager Kind = "alertmanager"
)

// Kinds lists all.
func Kinds() []Kind { return []Kind{Webhook, Mail, Slack, Teams, PagerDuty, Alertmanager} }

// Feed reports whether what is at the other end groups and repeats by itself: it is
// told each alert as it changes, and nothing else.
func (k Kind) Feed() bool { return k == Alertmanager }

// Security is how a mail server is spoken to.
type Security string

// The securities.
const (
	StartTLS Security = "starttls"
	TLS      Security = "tls"
	Plain    Security = "none"
)

// Where is what a channel leads to. Which fields count depends on the kind.
type Where struct {
	URL      string   `json:"url,omitempty"` // webhook, pagerduty, alertmanager; of the others it is the secret
	Host     string   `json:"host,omitempty"`
	Port     int      `json:"port,omitempty"`
	Security Security `json:"security,omitempty"`
	User     string   `json:"user,omitempty"` // smtp, alertmanager; empty: no password
	From     string   `json:"from,omitempty"`
	To       []string `json:"to,omitempty"`
}

// Channel is a way to tell somebody.
type Channel struct {
	ID      string `json:"id"`
	Version int    `json:"version"` // of the settings; a change names the one it has seen
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	Off     bool   `json:"off,omitempty"`
	Where   Where  `json:"where"`

	Least    alert.Severity `json:"least"`
	Match    string         `json:"match,omitempty"` // alert.Matchers; empty: all
	By       []string       `json:"by"`              // labels by which alerts are grouped
	Wait     time.Duration  `json:"wait"`            // before a group is told of at first
	Interval time.Duration  `json:"interval"`        // before it is told what is new
	Repeat   time.Duration  `json:"repeat"`          // before it is told again that it fires still; 0: never
	NoEnd    bool           `json:"no_end,omitempty"`

	Sealed []byte `json:"-"` // the secret, readable to this server alone
}

// What is usual, as in Alertmanager.
const (
	Wait     = 30 * time.Second
	Interval = 5 * time.Minute
	Repeat   = 4 * time.Hour
)

// PagerDutyURL is where PagerDuty takes events, unless told otherwise.
const PagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// Usual returns a channel of a kind as it begins.
func Usual(k Kind) Channel {
	c := Channel{Kind: k, Least: alert.Warning, By: []string{"rule", "site"}, Wait: Wait, Interval: Interval, Repeat: Repeat}
	switch k {
	case Mail:
		c.Where.Port, c.Where.Security = 587, StartTLS
	case PagerDuty:
		c.Where.URL = PagerDutyURL
	case Alertmanager:
		c.Least = alert.Info
	}
	return c
}

// HasSecret reports whether the channel has one.
func (c *Channel) HasSecret() bool { return len(c.Sealed) > 0 }

// NeedsSecret reports whether it cannot be without.
func (c *Channel) NeedsSecret() bool {
	switch c.Kind {
	case Alertmanager, Mail:
		return c.Where.User != ""
	}
	return true
}

// address is where a secret goes to: who changes it types the secret again, so that
// nobody sends it to a place of their own.
func (w Where) address() string {
	return strings.Join([]string{w.URL, w.Host, strconv.Itoa(w.Port), string(w.Security)}, "\n")
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// check brings a channel into its form, or says what is wrong with it.
func (c *Channel) check() error {
	c.Name = strings.TrimSpace(c.Name)
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > 80 || strings.ContainsFunc(c.Name, unicode.IsControl):
		return fault.Field("name", "A channel needs a name of at most 80 characters.")
	case !slices.Contains(Kinds(), c.Kind):
		return fault.Field("kind", "There is no such kind of channel.")
	case c.Least.Rank() >= len(alert.Severities()):
		return fault.Field("least", "The least severity is critical, warning or info.")
	case c.Wait < 0 || c.Wait > time.Hour:
		return fault.Field("wait", "What is new waits for at most an hour.")
	case c.Interval < 0 || c.Interval > 24*time.Hour:
		return fault.Field("interval", "News of a group waits for at most a day.")
	case c.Repeat != 0 && (c.Repeat < time.Minute || c.Repeat > 31*24*time.Hour):
		return fault.Field("repeat", "A reminder comes after a minute at least and a month at most, or never.")
	}
	if c.Kind.Feed() {
		c.By, c.Wait, c.Interval, c.Repeat, c.NoEnd = []string{}, 0, 0, 0, false
	}
	if len(c.By) > 10 || slices.ContainsFunc(c.By, func(l string) bool { return !labelName.MatchString(l) }) {
		return fault.Field("by", "Alerts are grouped by at most ten labels, of letters, digits and _.")
	}
	if c.Match = strings.TrimSpace(c.Match); c.Match != "" {
		if _, err := alert.ParseMatchers(c.Match); err != nil {
			return fault.Field("match", fmt.Sprintf("These conditions cannot be read: %v. Write them such as {site=\"Berlin\", alertname=~\"Disk.*\"}.", err))
		}
	}
	return c.checkWhere()
}

func (c *Channel) checkWhere() error {
	w := &c.Where
	if c.Kind == Mail {
		return c.checkMail()
	}
	w.Host, w.Port, w.Security, w.From, w.To = "", 0, "", "", nil
	if c.Kind != Alertmanager {
		w.User = ""
	}
	if c.Kind == Slack || c.Kind == Teams {
		w.URL = ""
		return nil
	}
	w.URL = strings.TrimSpace(w.URL)
	if c.Kind == Alertmanager {
		w.URL = strings.TrimRight(w.URL, "/")
	}
	return CheckURL("url", w.URL)
}

func (c *Channel) checkMail() error {
	w := &c.Where
	w.URL, w.Host = "", strings.TrimSpace(w.Host)
	switch {
	case w.Host == "" || len(w.Host) > 253 || strings.ContainsAny(w.Host, "/ \t\r\n@") || strings.Contains(w.Host, ":") && net.ParseIP(w.Host) == nil:
		return fault.Field("host", "Give the mail server's name or address, for example mail.example.com.")
	case w.Port < 1 || w.Port > 65535:
		return fault.Field("port", "A port is a number from 1 to 65535, for mail mostly 587, 465 or 25.")
	case w.Security != StartTLS && w.Security != TLS && w.Security != Plain:
		return fault.Field("security", "The connection is starttls, tls or none.")
	case w.User != "" && w.Security == Plain:
		return fault.Field("security", "A password is sent over an encrypted connection only. Choose STARTTLS or TLS, or leave the user out.")
	case len(w.To) == 0 || len(w.To) > 50:
		return fault.Field("to", "Say to whom, one address a line, at most 50.")
	}
	from, err := address(w.From)
	if err != nil {
		return fault.Field("from", "Give the address that mails come from, for example deskbell@example.com.")
	}
	w.From = from
	for i, to := range w.To {
		if w.To[i], err = address(to); err != nil {
			return fault.Field("to", "“"+clip(printable(to), 60)+"” is no mail address. Write one address a line.")
		}
	}
	return nil
}

func address(s string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil {
		return "", err
	}
	return a.Address, nil
}

// CheckURL says what is wrong with an address that things are sent to.
func CheckURL(field, s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || len(s) > 2000 {
		return fault.Field(field, "Give a whole address, for example https://hooks.example.com/deskbell.")
	}
	if u.User != nil || u.Fragment != "" {
		return fault.Field(field, "The address has no user, no password and no # in it.")
	}
	return nil
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// clip shortens a text to so many characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}
