package store

import (
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/server/ticket"
)

// moreOfTicket is what of a ticket no query selects or sorts by. It stands in one
// column, so that each new thing a ticket may have is not a migration.
type moreOfTicket struct {
	Fields     map[string]string `json:"fields,omitempty"`
	Links      []ticket.Link     `json:"links,omitempty"`
	Also       []ticket.Joined   `json:"also,omitempty"`
	Watchers   []ticket.Person   `json:"watchers,omitempty"`
	Approver   ticket.Person     `json:"approver,omitzero"`
	ReopenedBy ticket.Person     `json:"reopened_by,omitzero"`
	WaitUntil  time.Time         `json:"wait_until,omitzero"`
	ApprovedAt time.Time         `json:"approved_at,omitzero"`
	Tier       int               `json:"tier,omitempty"`
	NOC        bool              `json:"noc,omitempty"`
	// The numbers of those whose ids have columns.
	Parent int64 `json:"parent,omitempty"`
	Merged int64 `json:"merged,omitempty"`
}

// restOf returns what stands in the column more; "" when there is nothing.
func restOf(t ticket.Ticket) (string, error) {
	doc, err := json.Marshal(moreOfTicket{
		Fields: t.Fields, Links: t.Links, Also: t.Also, Watchers: t.Watchers, Approver: t.Approver, ReopenedBy: t.ReopenedBy,
		WaitUntil: t.WaitUntil, ApprovedAt: t.ApprovedAt, Tier: t.Tier, NOC: t.NOC, Parent: t.Parent.Number, Merged: t.MergedInto.Number,
	})
	if string(doc) == "{}" {
		return "", err
	}
	return string(doc), err
}

func (m moreOfTicket) into(t *ticket.Ticket) {
	t.Fields, t.Links, t.Also, t.Watchers, t.Approver, t.ReopenedBy = m.Fields, m.Links, m.Also, m.Watchers, m.Approver, m.ReopenedBy
	t.WaitUntil, t.ApprovedAt, t.Tier, t.NOC, t.Parent.Number, t.MergedInto.Number = m.WaitUntil, m.ApprovedAt, m.Tier, m.NOC, m.Parent, m.Merged
}

// yes scans the integer that both databases keep for a yes or no.
type yes struct{ to *bool }

// Scan implements sql.Scanner.
func (f yes) Scan(v any) error {
	n, _ := v.(int64)
	*f.to = n != 0
	return nil
}
