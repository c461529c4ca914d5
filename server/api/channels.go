package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
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

// ChannelBody is what can be written of a channel.
type ChannelBody struct {
	Name     string          `json:"name" maxLength:"80" example:"Operations"`
	Kind     notify.Kind     `json:"kind" enum:"webhook,smtp,slack,teams,pagerduty,alertmanager" doc:"It stays as it is made."`
	Off      bool            `json:"off,omitempty" doc:"Nothing is sent; what is to be told waits."`
	URL      string          `json:"url,omitempty" maxLength:"2000" doc:"Of a webhook, PagerDuty or an Alertmanager. Of Slack and Teams the address is the secret." example:"https://hooks.example.com/deskbell"`
	Host     string          `json:"host,omitempty" maxLength:"253" doc:"Of a mail server."`
	Port     int             `json:"port,omitempty" maximum:"65535"`
	Security notify.Security `json:"security,omitempty" enum:",starttls,tls,none"`
	User     string          `json:"user,omitempty" maxLength:"200" doc:"Of a mail server or an Alertmanager; empty: it needs no password."`
	From     string          `json:"from,omitempty" maxLength:"320"`
	To       []string        `json:"to,omitempty" maxItems:"50" doc:"Mail addresses."`
	Least    alert.Severity  `json:"least,omitempty" enum:",critical,warning,info" doc:"What is less urgent is not told. Left out: warning, to an Alertmanager info."`
	Match    string          `json:"match,omitempty" maxLength:"2000" doc:"Only alerts with these labels are told, as PromQL writes them." example:"{site=\"Berlin\", alertname=~\"Disk.*\"}"`
	By       []string        `json:"by,omitempty" maxItems:"10" doc:"Labels by which alerts are told together. Left out: rule and site."`
	Wait     int             `json:"wait_seconds,omitempty" default:"30" minimum:"0" maximum:"3600"`
	Interval int             `json:"interval_seconds,omitempty" default:"300" minimum:"0" maximum:"86400"`
	Repeat   int             `json:"repeat_seconds,omitempty" default:"14400" minimum:"0" maximum:"2678400" doc:"0: what fires on is not told again."`
	NoEnd    bool            `json:"no_end,omitempty" doc:"That an alert is over is not told."`
}

// Channel is a channel. Its secret is never shown.
type Channel struct {
	ID        string `json:"id"`
	Version   int    `json:"version" doc:"A change names the version that it has seen."`
	HasSecret bool   `json:"has_secret"`
	ChannelBody
}

func channelOf(c notify.Channel) Channel {
	return Channel{ID: c.ID, Version: c.Version, HasSecret: c.HasSecret(), ChannelBody: ChannelBody{
		Name: c.Name, Kind: c.Kind, Off: c.Off, URL: c.Where.URL, Host: c.Where.Host, Port: c.Where.Port, Security: c.Where.Security, User: c.Where.User,
		From: c.Where.From, To: c.Where.To, Least: c.Least, Match: c.Match, By: c.By, NoEnd: c.NoEnd,
		Wait: int(c.Wait / time.Second), Interval: int(c.Interval / time.Second), Repeat: int(c.Repeat / time.Second),
	}}
}

func (b ChannelBody) channel() notify.Channel {
	c := notify.Usual(b.Kind)
	usual := c.Where
	c.Name, c.Off, c.Match, c.NoEnd = b.Name, b.Off, b.Match, b.NoEnd
	c.Where = notify.Where{URL: b.URL, Host: b.Host, Port: b.Port, Security: b.Security, User: b.User, From: b.From, To: b.To}
	c.Wait, c.Interval, c.Repeat = time.Duration(b.Wait)*time.Second, time.Duration(b.Interval)*time.Second, time.Duration(b.Repeat)*time.Second
	if c.Where.URL == "" {
		c.Where.URL = usual.URL
	}
	if c.Where.Port == 0 {
		c.Where.Port = usual.Port
	}
	if c.Where.Security == "" {
		c.Where.Security = usual.Security
	}
	if b.Least != "" {
		c.Least = b.Least
	}
	if b.By != nil {
		c.By = b.By
	}
	return c
}

// ChannelMessage is a message to a channel.
type ChannelMessage struct {
	ID       string       `json:"id" doc:"The same however often it is sent."`
	Channel  string       `json:"channel" doc:"The channel's id."`
	State    notify.State `json:"state" enum:"waiting,sent,dead"`
	Event    notify.Event `json:"event" enum:"firing,resolved,reminder,acknowledged,test"`
	Title    string       `json:"title"`
	Alerts   int          `json:"alerts"`
	Created  time.Time    `json:"created_at"`
	Next     time.Time    `json:"next_at,omitzero" doc:"Of a waiting one: when it is tried next."`
	Done     time.Time    `json:"done_at,omitzero"`
	Attempts int          `json:"attempts"`
	Problem  string       `json:"problem,omitempty" doc:"What the last attempt came to."`
}

const channelTag = "Channels"

func (a *API) channels() {
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodGet, Path: "/channels", Tags: []string{channelTag}, Summary: "List channels",
	}, a.listChannels)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodPost, Path: "/channels", Tags: []string{channelTag}, Summary: "Make a channel",
		Description: "The secret is what the channel needs: of a webhook the key of its signatures, made if it is left out and shown this once; of Slack and Teams the address; of PagerDuty the integration key; of mail and an Alertmanager the password.", DefaultStatus: http.StatusCreated,
	}, a.makeChannel)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodPut, Path: "/channels/{id}", Tags: []string{channelTag}, Summary: "Change a channel",
		Description: "Without a secret the one that there is stays, as long as it goes to the same place.",
	}, a.changeChannel)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodDelete, Path: "/channels/{id}", Tags: []string{channelTag}, Summary: "Delete a channel",
		Description: "What is on its way to it is gone too.", DefaultStatus: http.StatusNoContent,
	}, a.deleteChannel)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodPost, Path: "/channels/{id}/test", Tags: []string{channelTag}, Summary: "Send a test over a channel",
		Description: "It is really sent, at once. The answer says what came back.", DefaultStatus: http.StatusOK,
	}, a.tryChannel)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodGet, Path: "/channels/messages", Tags: []string{channelTag}, Summary: "List messages to channels",
		Description: "What was given up, is on its way, or was sent in the last seven days; 200 at most.",
	}, a.channelMessages)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodPost, Path: "/channels/messages/{id}/again", Tags: []string{channelTag}, Summary: "Try a message again that was given up", DefaultStatus: http.StatusNoContent,
	}, a.messageAgain)
	add(a, auth.ChannelsManage, huma.Operation{
		Method: http.MethodDelete, Path: "/channels/messages/{id}", Tags: []string{channelTag}, Summary: "Take out a message that was given up", DefaultStatus: http.StatusNoContent,
	}, a.dropMessage)
}

type channelsOut struct {
	Body struct {
		Items []Channel `json:"items" nullable:"false"`
	}
}

func (a *API) listChannels(_ context.Context, actor auth.Actor, _ *struct{}) (*channelsOut, error) {
	list, err := a.Channels.List(actor)
	if err != nil {
		return nil, err
	}
	out := &channelsOut{}
	out.Body.Items = []Channel{}
	for _, c := range list {
		out.Body.Items = append(out.Body.Items, channelOf(c))
	}
	return out, nil
}

type makeChannelIn struct {
	Body struct {
		ChannelBody
		Secret string `json:"secret,omitempty" maxLength:"4000" doc:"It is never shown again."`
	}
}

type channelOut struct {
	Body struct {
		Channel
		Key string `json:"key,omitempty" doc:"The key of a webhook's signatures that was made just now; it is shown this once."`
	}
}

func (a *API) makeChannel(ctx context.Context, actor auth.Actor, in *makeChannelIn) (*channelOut, error) {
	return a.saveChannel(ctx, actor, in.Body.channel(), in.Body.Secret)
}

func (a *API) saveChannel(ctx context.Context, actor auth.Actor, c notify.Channel, secret string) (*channelOut, error) {
	saved, key, err := a.Channels.Save(ctx, actor, c, secret)
	if err != nil {
		return nil, err
	}
	out := &channelOut{}
	out.Body.Channel, out.Body.Key = channelOf(saved), key
	return out, nil
}

type changeChannelIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The channel's id."`
	Body struct {
		ChannelBody
		Version int    `json:"version" minimum:"1"`
		Secret  string `json:"secret,omitempty" maxLength:"4000" doc:"It is never shown again."`
	}
}

func (a *API) changeChannel(ctx context.Context, actor auth.Actor, in *changeChannelIn) (*channelOut, error) {
	c := in.Body.channel()
	c.ID, c.Version = in.ID, in.Body.Version
	return a.saveChannel(ctx, actor, c, in.Body.Secret)
}

type channelIn struct {
	ID string `path:"id" maxLength:"64" doc:"The channel's id."`
}

func (a *API) deleteChannel(ctx context.Context, actor auth.Actor, in *channelIn) (*struct{}, error) {
	return nil, a.Channels.Delete(ctx, actor, in.ID)
}

type tryChannelOut struct {
	Body struct {
		Sentence string `json:"sentence" doc:"What came back."`
	}
}

func (a *API) tryChannel(ctx context.Context, actor auth.Actor, in *channelIn) (*tryChannelOut, error) {
	said, err := a.Channels.Try(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := &tryChannelOut{}
	out.Body.Sentence = said
	return out, nil
}

type channelMessagesIn struct {
	State notify.State `query:"state" enum:"waiting,sent,dead" default:"dead"`
}

type channelMessagesOut struct {
	Body struct {
		Items []ChannelMessage `json:"items" nullable:"false"`
	}
}

func (a *API) channelMessages(ctx context.Context, actor auth.Actor, in *channelMessagesIn) (*channelMessagesOut, error) {
	list, err := a.Channels.Messages(ctx, actor, in.State)
	if err != nil {
		return nil, err
	}
	out := &channelMessagesOut{}
	out.Body.Items = []ChannelMessage{}
	for _, r := range list {
		m := ChannelMessage{ID: r.ID, Channel: r.Channel, State: r.State, Event: r.Note.Event, Title: r.Note.Title(), Alerts: len(r.Note.Alerts) + r.Note.More,
			Created: utc(r.Created), Done: utc(r.Done), Attempts: r.Attempts, Problem: r.Problem}
		if r.State == notify.Waiting {
			m.Next = utc(r.Next)
		}
		out.Body.Items = append(out.Body.Items, m)
	}
	return out, nil
}

type messageIn struct {
	ID string `path:"id" maxLength:"64" doc:"The message's id."`
}

func (a *API) messageAgain(ctx context.Context, actor auth.Actor, in *messageIn) (*struct{}, error) {
	return nil, a.Channels.Again(ctx, actor, in.ID)
}

func (a *API) dropMessage(ctx context.Context, actor auth.Actor, in *messageIn) (*struct{}, error) {
	return nil, a.Channels.Drop(ctx, actor, in.ID)
}
