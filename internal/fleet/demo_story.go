package fleet

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// technicians are added to the staff by the first run.
var technicians = []struct{ email, name string }{
	{"alex.kim@example.com", "Alex Kim"},
	{"sam.rivera@example.com", "Sam Rivera"},
}

const alex, sam = 0, 1

// scene is one ticket and what comes of it.
type scene struct {
	on, person  int // endpoint and its person
	title, body string
	steps       []step
}

// step is one thing that somebody does to the ticket of a scene.
type step func(ctx context.Context, s *stage, x scene, ticket string) error

// story is what the console shows from the first minute on. The longest-settled
// tickets come first, so that they have the lowest numbers.
var story = []scene{
	{on: 1, title: "I cannot save my file", body: "It says there is no space left. I have emptied the trash already.", steps: []step{
		take(alex), look(alex, wire.AskDisk), reply(alex, "Your disk is full: most of it is an old backup of your phone. May I delete it?"), answer("Yes, please go ahead."),
		resolve(alex, "fixed", "The backup of March is deleted, 61 GB are free again. New backups go to the file server now."), rate(5, "Quick and friendly."), confirm(),
	}},
	{on: 9, title: "The clock on the meeting room display is an hour wrong", body: "Room Lisbon, fourth floor.", steps: []step{
		take(sam), resolve(sam, "fixed", "The display had missed the end of summer time. It asks our time server now."), confirm(),
	}},
	{on: 6, title: "Please install the label printing software", body: "For the new label printer in shipping. The box says version 4.", steps: []step{
		file(sam, "install"), take(sam), note(sam, "Licence 4 is ordered, see the mail of purchasing."), wait(sam, "vendor", "The licence is ordered. As a rule it comes within two days; we install it at once then."),
	}},
	{on: 2, title: "Everything is terribly slow", body: "Switching between windows takes ten seconds. A restart helps for an hour.", steps: []step{
		file(alex, "slow"), take(alex), look(alex, wire.AskProcesses), note(alex, "It swaps all the time: one program holds half of the memory. The model is due for 32 GB."),
		wait(alex, "requester", "One program uses half of your computer's memory. Can you close it for today, and tell me whether it is better?"),
	}},
	{on: 3, title: "Some web pages open only at the second try", body: "Then they work for a while.", steps: []step{
		file(sam, "names"), prioritise(sam, 2, 2, "Others at the site use the same name server."), assign(sam), note(sam, "10.0.0.53 answers SERVFAIL; 10.0.1.53 is well. Network team is told."),
	}},
	{on: 5, title: "VPN disconnects every few minutes", body: "At home, over the cable. It comes back by itself, but calls break off.", steps: []step{
		file(alex, "vpn"), take(alex), reply(alex, "Does it also happen over your phone's hotspot?"), answer("No, there it holds."),
	}},
	{on: 4, title: "Something with printing does not work", body: "The print window stays empty."},
	{on: 8, title: "My computer nags me to restart", body: "May I? I have a long calculation running.", steps: []step{
		take(sam), resolve(sam, "explained", "You may postpone it until Friday, then it restarts by itself at night."),
	}},
	{on: 9, title: "I think I clicked on a bad link", body: "A mail that looked like from DHL. I entered nothing. What shall I do?", steps: []step{prioritise(sam, 1, 2, "It may have gone to all of us.")}},
	{on: 11, title: "My computer hums and hardly reacts", body: "It started half an hour ago, I did nothing special.", steps: []step{
		take(sam), resolve(sam, "workaround", "A page in the browser ran wild; I have asked you to close it."), reopen("It is back again, sorry."),
	}},
	{on: 5, title: "My second monitor stays dark", body: "It worked yesterday. I have changed the cable.", steps: []step{cancel()}},
	{on: 7, title: "A message says my disk is almost full", body: "I have deleted what I could find."},
}

// play goes on where an earlier run has stopped.
func (s *stage) play(ctx context.Context) error {
	for _, t := range technicians {
		if s.Tokens[t.email] != "" {
			continue
		}
		token, err := s.desk.join(ctx, t.email, t.name)
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) {
			token, err = s.desk.token, nil // their work is done by whoever has started the demonstration
		}
		if err != nil {
			return err
		}
		if token != s.desk.token {
			s.Tokens[t.email] = token
			if err := s.save(); err != nil {
				return err
			}
		}
	}
	if err := s.furnish(ctx); err != nil {
		return err
	}
	for _, x := range story {
		if err := s.scene(ctx, x); err != nil {
			return fault.Wrap(err, fault.CodeOf(err), "The ticket “"+x.title+"”: "+fault.Sentence(err))
		}
	}
	if s.Gone {
		return nil
	}
	off := s.fleet.endpoints[gone]
	for !off.up.Load() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	off.leave()
	s.Gone = true
	return s.save()
}

// scene plays what is left of one. That a step has been taken by an earlier run
// which did not live to note it shows as a conflict.
func (s *stage) scene(ctx context.Context, x scene) error {
	p := s.Scenes[x.title]
	if p == nil {
		ticket, err := s.rung(ctx, x)
		if err != nil {
			return err
		}
		p = &played{Ticket: ticket}
		s.Scenes[x.title] = p
		if err := s.save(); err != nil {
			return err
		}
	}
	s.fleet.scripted.Store(p.Ticket, true)
	for p.Steps < len(x.steps) {
		if err := x.steps[p.Steps](ctx, s, x, p.Ticket); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		p.Steps++
		if err := s.save(); err != nil {
			return err
		}
	}
	return nil
}

// rung returns the scene's ticket: the one that an earlier run has rung, or a new one.
func (s *stage) rung(ctx context.Context, x scene) (string, error) {
	q := url.Values{"endpoint": {s.endpoint(x)}, "q": {x.title}}
	var list struct {
		Items []struct{ ID, Title string } `json:"items"`
	}
	if err := s.desk.call(ctx, http.MethodGet, "/tickets?"+q.Encode(), "", nil, &list); err != nil {
		return "", err
	}
	for _, t := range list.Items {
		if t.Title == x.title {
			return t.ID, nil
		}
	}
	ack, err := s.fleet.Ring(ctx, x.on, Ring{Person: x.person, Title: x.title, Body: x.body})
	return ack.Ticket, err
}

func (s *stage) endpoint(x scene) string { return s.fleet.endpoints[x.on].id.Endpoint }

// by is the REST interface in a technician's name.
func (s *stage) by(technician int) *rest {
	if token := s.Tokens[technicians[technician].email]; token != "" {
		return s.desk.as(token)
	}
	return s.desk
}

// act does one of the interface's actions.
func act(technician int, body map[string]any) step {
	return func(ctx context.Context, s *stage, _ scene, ticket string) error {
		return s.by(technician).call(ctx, http.MethodPost, "/tickets/"+ticket+"/actions", "", body, nil)
	}
}

func take(by int) step { return act(by, map[string]any{"action": "take"}) }

func wait(by int, what, body string) step {
	return act(by, map[string]any{"action": "wait", "waiting": what, "body": body})
}

func resolve(by int, code, solution string) step {
	return act(by, map[string]any{"action": "resolve", "code": code, "solution": solution})
}

func prioritise(by, impact, urgency int, reason string) step {
	return act(by, map[string]any{"action": "prioritise", "impact": impact, "urgency": urgency, "reason": reason})
}

// assign has whoever runs the demonstration give the ticket to a technician, who
// has not begun with it.
func assign(to int) step {
	return func(ctx context.Context, s *stage, _ scene, ticket string) error {
		who, err := s.idOf(ctx, technicians[to].email)
		if err != nil {
			return err
		}
		return s.desk.call(ctx, http.MethodPost, "/tickets/"+ticket+"/actions", "", map[string]any{"action": "assign", "assignee": who}, nil)
	}
}

// file puts the ticket under a category.
func file(by int, category string) step {
	return act(by, map[string]any{"action": "categorise", "more": map[string]any{"category": category}})
}

func say(by int, body string, public bool) step {
	return func(ctx context.Context, s *stage, _ scene, ticket string) error {
		key := "demo-" + ticket + "-" + strconv.FormatBool(public) + "-" + body[:min(len(body), 40)]
		return s.by(by).call(ctx, http.MethodPost, "/tickets/"+ticket+"/messages", url.QueryEscape(key), map[string]any{"body": body, "public": public}, nil)
	}
}

func reply(by int, body string) step { return say(by, body, true) }
func note(by int, body string) step  { return say(by, body, false) }

// look asks the machine something on behalf of the ticket.
func look(by int, kind wire.AskKind) step {
	return func(ctx context.Context, s *stage, x scene, ticket string) error {
		body := map[string]any{"kind": kind, "ticket": ticket, "wait": "1h"}
		return s.by(by).call(ctx, http.MethodPost, "/endpoints/"+s.endpoint(x)+"/diagnostics", "", body, nil)
	}
}

func answer(body string) step {
	return func(ctx context.Context, s *stage, x scene, ticket string) error {
		_, err := s.fleet.Reply(ctx, x.on, x.person, ticket, body)
		return err
	}
}

// requester has the person of the scene act.
func requester(a wire.TicketAct) step {
	return func(ctx context.Context, s *stage, x scene, ticket string) error {
		a.Ticket = ticket
		_, err := s.fleet.Act(ctx, x.on, x.person, a)
		return err
	}
}

func rate(stars int, comment string) step {
	return requester(wire.TicketAct{Act: wire.ActRate, Rating: stars, Comment: comment})
}
func confirm() step { return requester(wire.TicketAct{Act: wire.ActConfirm}) }
func cancel() step {
	return requester(wire.TicketAct{Act: wire.ActCancel, Comment: "It was the switch at its back."})
}
func reopen(why string) step { return requester(wire.TicketAct{Act: wire.ActReopen, Comment: why}) }
