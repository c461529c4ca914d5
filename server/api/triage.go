package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/triage"
)

const triageTag = "Triage"

func (a *API) triage() {
	add(a, auth.RulebookRead, huma.Operation{
		Method: http.MethodGet, Path: "/triage/facts", Tags: []string{triageTag}, Summary: "List what conditions can speak of",
		Description: "A condition is CEL over these facts of one ticket, as `\"disk.full\" in findings && requester.vip`. It says yes or no.",
	}, a.triageFacts)
	add(a, auth.RulebookManage, huma.Operation{
		Method: http.MethodPost, Path: "/triage/trial", Tags: []string{triageTag}, Summary: "Try a rule against past tickets",
		Description: "Nothing is changed. The answer says which tickets it would have fitted, what it would have set, and how often technicians have decided the same. " +
			"Its fingerprint, as `tried`, lets the rule go live.",
	}, a.tryRule)
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/suggestion", Tags: []string{triageTag}, Summary: "Read what a ticket may be",
		Description: "Learned from this desk's own closed tickets. Below a confidence of 0.6, and of what has been decided, nothing is said.",
	}, a.suggestion)
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/tickets/{id}/suggestion", Tags: []string{triageTag}, Summary: "Accept what was suggested",
		Description: "Sets the category, the team, or both.",
	}, a.acceptSuggestion)
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/similar", Tags: []string{triageTag}, Summary: "List similar tickets",
		Description: "Of the newest 20 000, by words, findings, endpoint, site and time; the likest first, each with the reason in words.",
	}, a.similarTickets)
}

// Fact is something that conditions can speak of.
type Fact struct {
	Name  string `json:"name"`
	Type  string `json:"type" doc:"string, int, bool, list(string) or map(string, string)."`
	About string `json:"about"`
}

type factsOut struct {
	Body struct {
		Items []Fact `json:"items" nullable:"false"`
	}
}

func (a *API) triageFacts(context.Context, auth.Actor, *struct{}) (*factsOut, error) {
	var out factsOut
	for _, f := range triage.FactList() {
		out.Body.Items = append(out.Body.Items, Fact(f))
	}
	return &out, nil
}

type trialIn struct {
	Body struct {
		On      []triage.On    `json:"on" enum:"opened,updated,replied" minItems:"1" nullable:"false" example:"[\"opened\"]"`
		When    string         `json:"when" maxLength:"4000" example:"\"disk.full\" in findings" doc:"The condition."`
		Then    triage.Effects `json:"then" example:"{\"tags\": [\"disk\"]}"`
		Tickets int            `json:"tickets,omitempty" minimum:"1" maximum:"1000" default:"500" doc:"How many of the newest it is tried against."`
	}
}

// Agreement compares what a rule would have set with what technicians have.
type Agreement struct {
	Same  int `json:"same" doc:"They chose the same."`
	Other int `json:"other" doc:"They chose something else."`
	None  int `json:"none" doc:"They chose nothing."`
}

// Trial is what a rule would have done to past tickets.
type Trial struct {
	Fingerprint string         `json:"fingerprint" doc:"Names the rule as it was tried; empty when it may not go live."`
	Tried       int            `json:"tried"`
	Matched     int            `json:"matched"`
	Failed      int            `json:"failed" doc:"Tickets that the condition could not be answered for."`
	Why         string         `json:"why,omitempty" doc:"Why not, of the first of them."`
	Endless     string         `json:"endless,omitempty" doc:"Why it was stopped; left out when it ends."`
	Team        Agreement      `json:"team"`
	Category    Agreement      `json:"category"`
	Priority    Agreement      `json:"priority"`
	Replies     int            `json:"replies" doc:"Tickets that would have been answered."`
	Tags        int            `json:"tags" doc:"Tickets that would have got a tag."`
	Examples    []TrialExample `json:"examples" nullable:"false"`
}

// TrialExample is one ticket that a rule would have fitted.
type TrialExample struct {
	ID       string         `json:"id"`
	Number   int64          `json:"number"`
	Title    string         `json:"title"`
	At       time.Time      `json:"at"`
	Would    triage.Effects `json:"would" doc:"What it would have changed."`
	Team     string         `json:"team,omitempty" doc:"What technicians left it with."`
	Category string         `json:"category,omitempty"`
	Priority int            `json:"priority,omitempty"`
	Differs  bool           `json:"differs" doc:"Technicians have chosen something else."`
}

type trialOut struct{ Body Trial }

func (a *API) tryRule(ctx context.Context, actor auth.Actor, in *trialIn) (*trialOut, error) {
	t, err := a.Triage.Try(ctx, actor, triage.Rule{On: in.Body.On, When: in.Body.When, Then: in.Body.Then}, in.Body.Tickets)
	if err != nil {
		return nil, err
	}
	out := Trial{
		Fingerprint: t.Fingerprint, Tried: t.Tried, Matched: t.Matched, Failed: t.Failed, Why: t.Why, Endless: t.Endless,
		Team: Agreement(t.Team), Category: Agreement(t.Category), Priority: Agreement(t.Priority), Replies: t.Replies, Tags: t.Tags, Examples: []TrialExample{},
	}
	for _, e := range t.Examples {
		out.Examples = append(out.Examples, TrialExample{e.ID, e.Number, e.Title, utc(e.At), e.Would, e.Team, e.Category, e.Priority, e.Differs})
	}
	return &trialOut{out}, nil
}

// Guess is what a ticket may be.
type Guess struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Confidence float64  `json:"confidence" minimum:"0" maximum:"1" doc:"Of a hundred guesses with 0.8, about eighty were right."`
	Because    []string `json:"because" nullable:"false" doc:"The words and findings that say so most."`
}

// Suggestion is what a ticket may be, by what was filed before.
type Suggestion struct {
	Category   OrNull[Guess] `json:"category" doc:"null: nothing is sure enough, or it is decided."`
	Team       OrNull[Guess] `json:"team"`
	Categories []Guess       `json:"categories" nullable:"false" doc:"The likeliest, also when none is sure enough."`
	LearnedAt  time.Time     `json:"learned_at,omitzero" doc:"Left out: nothing has been learned yet."`
	Tickets    int           `json:"tickets" doc:"How many closed tickets it was learned from."`
	Top1       float64       `json:"top1" doc:"The share of the newest of them whose category it would have guessed."`
	Commonest  float64       `json:"commonest" doc:"The share that always saying the commonest would have."`
}

func guessOf(g *desk.Guess) OrNull[Guess] {
	if g == nil {
		return OrNull[Guess]{}
	}
	return some(Guess{g.ID, g.Name, g.Confidence, orEmpty(g.Because)})
}

type suggestionOut struct{ Body Suggestion }

func (a *API) suggestion(ctx context.Context, actor auth.Actor, in *TicketPath) (*suggestionOut, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	s, err := a.Triage.Suggest(ctx, actor, d.Ticket)
	if err != nil {
		return nil, err
	}
	learned := s.Learned.Category
	out := Suggestion{
		Category: guessOf(s.Category), Team: guessOf(s.Team), Categories: []Guess{},
		LearnedAt: utc(s.Learned.At), Tickets: learned.Samples, Top1: learned.Top1, Commonest: learned.Commonest,
	}
	for _, g := range s.Categories {
		out.Categories = append(out.Categories, *guessOf(&g).Value)
	}
	return &suggestionOut{out}, nil
}

type acceptIn struct {
	TicketPath
	Body struct {
		Version  int64  `json:"version,omitempty" doc:"The version of the ticket as you have seen it."`
		Category string `json:"category,omitempty" maxLength:"64" doc:"A category's id; left out: it stays."`
		Team     string `json:"team,omitempty" maxLength:"64" doc:"A team's id; left out: it stays."`
	}
}

func (a *API) acceptSuggestion(ctx context.Context, actor auth.Actor, in *acceptIn) (*ticketOut, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := a.Triage.Accept(ctx, actor, d.ID, in.Body.Version, in.Body.Category, in.Body.Team); err != nil {
		return nil, err
	}
	out, err := a.ticketDetail(ctx, actor, d.ID)
	if err != nil {
		return nil, err
	}
	return &ticketOut{ETag: etag(out.Version), Body: *out}, nil
}

type similarIn struct {
	TicketPath
	Limit int `query:"limit" minimum:"1" maximum:"20" default:"5"`
}

// SimilarTicket is a ticket that looks like another one.
type SimilarTicket struct {
	Ticket Ticket  `json:"ticket"`
	Score  float64 `json:"score" doc:"For comparing those of one list."`
	Reason string  `json:"reason" example:"same finding disk.full, same site, 12 min earlier"`
}

type similarOut struct {
	Body struct {
		Items []SimilarTicket `json:"items" nullable:"false"`
	}
}

func (a *API) similarTickets(ctx context.Context, actor auth.Actor, in *similarIn) (*similarOut, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.Triage.Similar(ctx, actor, d.Ticket, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &similarOut{}
	out.Body.Items = []SimilarTicket{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, SimilarTicket{ticketOf(s.Row), s.Score, s.Reason})
	}
	return out, nil
}
