package send

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/notify"
)

// pagerDuty sends an event of PagerDuty's Events API v2. All that is told of a group
// has one dedup_key, so that it is one incident there.
func (s *Sender) pagerDuty(ctx context.Context, c notify.Channel, key string, n notify.Note) (string, error) {
	doc := s.pagerDutyEvent(key, n)
	said, err := s.post(ctx, c.Where.URL, doc, nil)
	if err != nil || n.Event != notify.Test {
		return said, err
	}
	// A test leaves no incident behind.
	return s.post(ctx, c.Where.URL, object{"routing_key": key, "event_action": "resolve", "dedup_key": doc["dedup_key"]}, nil)
}

func (s *Sender) pagerDutyEvent(key string, n notify.Note) object {
	action := "trigger"
	switch n.Event {
	case notify.Resolved:
		action = "resolve"
	case notify.Acknowledged:
		action = "acknowledge"
	}
	doc := object{"routing_key": key, "event_action": action, "dedup_key": "deskbell-" + n.Group}
	if action != "trigger" || len(n.Alerts) == 0 {
		return doc
	}
	first := n.Alerts[0]
	source := first.Labels["name"]
	if source == "" {
		source = first.Labels["site"]
	}
	if source == "" {
		source = "Deskbell"
	}
	lines, more := named(n)
	var all []string
	for _, l := range lines {
		all = append(all, lineText(l))
	}
	if more > 0 {
		all = append(all, moreText(more))
	}
	doc["client"], doc["client_url"] = "Deskbell", s.link("")
	doc["payload"] = object{
		"summary": clip(n.Title(), 1000), "source": clip(oneLine(source), 200), "severity": string(n.Worst()), "timestamp": first.Fired.UTC().Format(time.RFC3339),
		"component": clip(first.Rule, 200), "group": clip(oneLine(n.Labels["site"]), 200), "class": clip(n.Labels["rule"], 200),
		"custom_details": object{"alerts": all, "count": fmt.Sprint(len(n.Alerts) + n.More), "advice": clip(oneLine(first.Advice), 500)},
	}
	doc["links"] = []object{{"href": s.link(first.Page()), "text": strings.TrimSpace("Open in Deskbell")}}
	return doc
}
