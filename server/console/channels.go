package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/notify"
)

// Channels tell others of alerts.
type Channels interface {
	List(actor auth.Actor) ([]notify.Channel, error)
	Get(actor auth.Actor, id string) (notify.Channel, error)
	Save(ctx context.Context, actor auth.Actor, c notify.Channel, secret string) (notify.Channel, string, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(ctx context.Context, actor auth.Actor, id string) (string, error)
	Messages(ctx context.Context, actor auth.Actor, state notify.State) ([]notify.Row, error)
	Again(ctx context.Context, actor auth.Actor, id string) error
	Drop(ctx context.Context, actor auth.Actor, id string) error
}

const (
	channelsPath   = "/noc/channels"
	newChannelPath = "/noc/new-channel/"
)

type channelsView struct {
	Frame   frame
	List    []notify.Channel
	Names   map[string]string // of channels, by id
	Dead    []notify.Row
	Waiting []notify.Row
	Sent    []notify.Row
	Problem string // of what was asked of a message
}

const sentShown = 20

// channelsPage lists the channels, what was given up, and what is on its way.
func (c *Console) channelsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showChannels(w, r, actor, http.StatusOK, channelsView{})
}

func (c *Console) showChannels(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v channelsView) error {
	var err error
	if v.List, err = c.Channels.List(actor); err != nil {
		return err
	}
	v.Names = map[string]string{}
	for _, ch := range v.List {
		v.Names[ch.ID] = ch.Name
	}
	for state, into := range map[notify.State]*[]notify.Row{notify.Dead: &v.Dead, notify.Waiting: &v.Waiting, notify.Sent: &v.Sent} {
		if *into, err = c.Channels.Messages(r.Context(), actor, state); err != nil {
			return err
		}
	}
	v.Sent = v.Sent[:min(len(v.Sent), sentShown)]
	if v.Frame, err = c.frame(r, actor, atNOC, "Channels", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, channelsWhole(v))
}

type channelView struct {
	Frame   frame
	Channel notify.Channel
	Form    kit.Form
	Path    string
	Key     string // of signatures, shown this once
	Said    string // what came back of a test
	Failed  string
}

// channelPage edits a channel, or makes one.
func (c *Console) channelPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := channelView{}
	if k := notify.Kind(r.PathValue("kind")); k != "" {
		if !slices.Contains(notify.Kinds(), k) {
			return fault.New(fault.NotFound, "There is no such kind of channel.")
		}
		v.Channel = notify.Usual(k)
	} else {
		var err error
		if v.Channel, err = c.Channels.Get(actor, r.PathValue("id")); err != nil {
			return err
		}
	}
	return c.showChannel(w, r, actor, http.StatusOK, v)
}

func (c *Console) showChannel(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v channelView) error {
	title := "New channel: " + kindWord(v.Channel.Kind)
	v.Path = newChannelPath + string(v.Channel.Kind)
	if v.Channel.ID != "" {
		title, v.Path = v.Channel.Name, channelsPath+"/"+v.Channel.ID
	}
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, channelWhole(v))
}

// saveChannel saves or deletes a channel, by the button that was pressed. What somebody
// has written comes back, but for the secret.
func (c *Console) saveChannel(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id := r.PathValue("id")
	if r.PostFormValue("do") == "delete" && id != "" {
		if err := c.Channels.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, channelsPath, http.StatusSeeOther)
		return nil
	}
	ch := notify.Channel{ID: id, Kind: notify.Kind(r.PathValue("kind"))}
	if id != "" {
		old, err := c.Channels.Get(actor, id)
		if err != nil {
			return err
		}
		ch.Kind, ch.Sealed = old.Kind, old.Sealed
	}
	readChannel(r, &ch)
	saved, key, err := c.Channels.Save(r.Context(), actor, ch, r.PostFormValue("secret"))
	switch fault.CodeOf(err) {
	case "":
		if key != "" { // it is shown this once, so that the page is the answer
			return c.showChannel(w, r, actor, http.StatusOK, channelView{Channel: saved, Key: key})
		}
		http.Redirect(w, r, channelsPath+"/"+saved.ID, http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Stale, fault.Full:
		return c.showChannel(w, r, actor, gate.Status(err), channelView{Channel: ch, Form: kit.Form{}.Refused(err)})
	}
	return err
}

func readChannel(r *http.Request, ch *notify.Channel) {
	get := r.PostFormValue
	ch.Name, ch.Off, ch.Version = get("name"), get("off") != "", small(r, "version")
	ch.Where = notify.Where{
		URL: get("url"), Host: get("host"), Port: small(r, "port"), Security: notify.Security(get("security")), User: strings.TrimSpace(get("user")), From: get("from"),
		To: strings.FieldsFunc(get("to"), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' }),
	}
	ch.Where.To = slices.DeleteFunc(ch.Where.To, func(s string) bool { return strings.TrimSpace(s) == "" })
	ch.Least, ch.Match, ch.NoEnd = alert.Severity(get("least")), get("match"), get("ends") == ""
	ch.By = strings.FieldsFunc(get("by"), func(r rune) bool { return r == ',' || r == ' ' })
	ch.Wait, ch.Interval = time.Duration(small(r, "wait"))*time.Second, time.Duration(small(r, "interval"))*time.Second
	ch.Repeat = time.Duration(small(r, "repeat")) * time.Minute
}

// tryChannel sends a test, and says on the page what came back.
func (c *Console) tryChannel(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	v := channelView{}
	var err error
	if v.Said, err = c.Channels.Try(r.Context(), actor, id); err != nil {
		if !fault.Is(err, fault.Unavailable) {
			return err
		}
		v.Failed = fault.Sentence(err)
	}
	if v.Channel, err = c.Channels.Get(actor, id); err != nil {
		return err
	}
	return c.showChannel(w, r, actor, http.StatusOK, v)
}

// decideMessage tries a message again that was given up, or takes it out.
func (c *Console) decideMessage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	decide := c.Channels.Again
	if r.PostFormValue("do") == "drop" {
		decide = c.Channels.Drop
	}
	if err := decide(r.Context(), actor, r.PathValue("id")); err != nil {
		if fault.Is(err, fault.Conflict) {
			return c.showChannels(w, r, actor, http.StatusConflict, channelsView{Problem: fault.Sentence(err)})
		}
		return err
	}
	http.Redirect(w, r, channelsPath, http.StatusSeeOther)
	return nil
}

// kindWord is a kind of channel, in words.
func kindWord(k notify.Kind) string {
	return map[notify.Kind]string{
		notify.Webhook: "Webhook", notify.Mail: "E-mail", notify.Slack: "Slack", notify.Teams: "Microsoft Teams", notify.PagerDuty: "PagerDuty", notify.Alertmanager: "Alertmanager",
	}[k]
}

// channelTo is where a channel leads to, as far as that is no secret.
func channelTo(ch notify.Channel) string {
	switch ch.Kind {
	case notify.Mail:
		return strings.Join(ch.Where.To, ", ")
	case notify.Slack, notify.Teams:
		return "its address is a secret"
	}
	return ch.Where.URL
}

// channelWhat is which alerts a channel tells, in words.
func channelWhat(ch notify.Channel) string {
	words := map[alert.Severity]string{alert.Critical: "critical", alert.Warning: "critical and warning", alert.Info: "all"}[ch.Least]
	if ch.Match != "" {
		words += ", " + ch.Match
	}
	return words
}

// secretWords are a channel's secret: what it is called, and what is said of it.
func secretWords(ch notify.Channel) (label, help string) {
	switch ch.Kind {
	case notify.Webhook:
		label, help = "Key of the signatures", "Leave it empty, and one is made and shown once."
	case notify.Slack:
		label, help = "Address of the incoming webhook", "It begins with https://hooks.slack.com/services/."
	case notify.Teams:
		label, help = "Address of the workflow", "From the workflow “Send webhook alerts to a channel”."
	case notify.PagerDuty:
		label, help = "Integration key", "Of an integration “Events API v2”."
	case notify.Mail:
		label, help = "Password", "Of the user above. Without a user the mail server asks for none."
	default:
		label, help = "Password", "Of the user above. Without a user it is a bearer token."
	}
	if ch.HasSecret() {
		help = "One is stored, and not shown. Leave this empty to keep it."
	}
	return label, help
}
