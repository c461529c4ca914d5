package fleet

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
)

// entry is one entry of the desk's rulebook, as the REST interface takes it.
type entry struct {
	kind string // as in the address
	doc  map[string]any
}

// rulebook is how the demonstration's desk works: who is on which team, what tickets
// are filed under, what is promised, and what is said often. alex and sam are ids.
func rulebook(alex, sam string) []entry {
	type m = map[string]any
	hours := []m{}
	for day := 1; day <= 5; day++ {
		hours = append(hours, m{"day": day, "spans": []m{{"from": "08:00", "to": "12:30"}, {"from": "13:00", "to": "18:00"}}})
	}
	goal := func(priority, response, solution int, unit string) m {
		return m{
			"priority": priority, "first_response": m{"amount": response, "unit": unit}, "next_update": m{"amount": 0, "unit": ""},
			"resolution": m{"amount": solution, "unit": unit},
		}
	}
	return []entry{
		{"teams", m{"id": "front", "name": "First line", "tier": 1, "members": slices.Compact([]string{alex, sam})}},
		{"teams", m{"id": "network", "name": "Network", "tier": 2, "members": []string{sam}}},
		{"calendars", m{"id": "office", "name": "Office hours", "zone": "Europe/Berlin", "week": hours, "holidays": []m{
			{"date": "2026-12-25", "name": "Christmas Day"}, {"date": "2026-12-26", "name": "Boxing Day"}, {"date": "2027-01-01", "name": "New Year"},
		}}},
		{"policies", m{
			"id": "urgent", "name": "Urgent, around the clock", "position": 1, "when": m{"priorities": []int{1, 2}},
			"goals":       []m{goal(1, 15, 240, "minutes"), goal(2, 30, 480, "minutes")},
			"pauses":      []m{{"state": "pending"}},
			"escalations": []m{{"clock": "resolution", "share": 75, "notify": []string{"assignee"}}, {"clock": "resolution", "share": 100, "notify": []string{"team"}}},
		}},
		{"policies", m{
			"id": "usual", "name": "In office hours", "position": 2, "calendar": "office", "when": m{},
			"goals":       []m{goal(3, 2, 16, "open_hours"), goal(4, 4, 24, "open_hours"), goal(5, 8, 40, "open_hours")},
			"pauses":      []m{{"state": "pending", "waiting": "requester"}, {"state": "pending", "waiting": "vendor"}, {"state": "waiting_for_approval"}},
			"escalations": []m{{"clock": "resolution", "share": 75, "notify": []string{"assignee"}}},
		}},
		{"fields", m{"id": "room", "name": "Room", "type": "text", "help": "As it stands on the door."}},
		{"fields", m{"id": "cost-centre", "name": "Cost centre", "type": "number", "required": true}},
		{"categories", m{"id": "hardware", "name": "Hardware", "team": "front", "fields": []string{"room"}}},
		{"categories", m{"id": "printer", "name": "Printer", "parent": "hardware"}},
		{"categories", m{"id": "display", "name": "Display", "parent": "hardware"}},
		{"categories", m{"id": "network", "name": "Network", "team": "network"}},
		{"categories", m{"id": "vpn", "name": "VPN", "parent": "network"}},
		{"categories", m{"id": "names", "name": "Name service", "parent": "network"}},
		{"categories", m{"id": "software", "name": "Software", "team": "front"}},
		{"categories", m{"id": "install", "name": "Installation", "parent": "software", "ticket_kind": "request", "fields": []string{"cost-centre"}}},
		{"categories", m{"id": "slow", "name": "Slow machine", "parent": "software"}},
		{"replies", m{"id": "hello", "name": "We are on it", "body": "Hello {{requester.first_name}}, this is {{technician.first_name}}. I am looking into #{{ticket.number}} now."}},
		{"replies", m{"id": "restart", "name": "Please restart", "body": "Please save your work and restart {{endpoint.name}}. Tell me here whether it is better."}},
		{"macros", m{"id": "no-answer", "name": "Ask once more, and wait", "body": "Does it still happen? We keep #{{ticket.number}} open for your answer.", "state": "wait", "waiting": "requester", "tag": []string{"asked-twice"}}},
		{"macros", m{"id": "freed", "name": "Disk freed", "body": "There is space on your disk again. We have deleted nothing of yours.", "state": "resolve", "code": "fixed", "tag": []string{"disk"}}},
	}
}

// furnish gives the desk its rulebook and a shared view. What an earlier run, or
// somebody since, has saved stays as it is.
func (s *stage) furnish(ctx context.Context) error {
	var ids []string
	for _, t := range technicians {
		id, err := s.idOf(ctx, t.email)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, e := range rulebook(ids[alex], ids[sam]) {
		err := s.desk.call(ctx, http.MethodPost, "/rulebook/"+e.kind, "", e.doc, nil)
		if err != nil && !fault.Is(err, fault.Stale) {
			return fault.Wrap(err, fault.CodeOf(err), "“"+e.doc["name"].(string)+"”: "+fault.Sentence(err))
		}
	}
	var views struct {
		Items []struct {
			Name   string `json:"name"`
			Shared bool   `json:"shared"`
		} `json:"items"`
	}
	if err := s.desk.call(ctx, http.MethodGet, "/views", "", nil, &views); err != nil {
		return err
	}
	for _, v := range views.Items {
		if v.Shared && v.Name == networkView {
			return nil
		}
	}
	return s.desk.call(ctx, http.MethodPost, "/views/shared", "", map[string]any{"name": networkView, "filter": "state:open category:Network", "sort": "due"}, nil)
}

const networkView = "Network, open"

// idOf returns the id of somebody on the staff; whoever runs the demonstration
// stands for those who are not.
func (s *stage) idOf(ctx context.Context, email string) (string, error) {
	var list struct {
		Items []struct{ ID string } `json:"items"`
	}
	if err := s.desk.call(ctx, http.MethodGet, "/people?"+url.Values{"staff": {"true"}, "q": {email}}.Encode(), "", nil, &list); err != nil {
		return "", err
	}
	if len(list.Items) > 0 {
		return list.Items[0].ID, nil
	}
	var me struct {
		Person struct{ ID string } `json:"person"`
	}
	err := s.desk.call(ctx, http.MethodGet, "/me", "", nil, &me)
	return me.Person.ID, err
}
