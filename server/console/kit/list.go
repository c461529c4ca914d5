package kit

import (
	"fmt"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/ask"
)

// asksAt is where the machine of a question is asked something else, for the same ticket.
func asksAt(q ask.Ask) string {
	if q.Number > 0 {
		return fmt.Sprintf("/tickets/%d/asks", q.Number)
	}
	return "/endpoints/" + q.Endpoint + "/asks"
}

// serviceSign is the sign beside a service's state. One that should run and does not
// is worth a look; one that is started by others when it is needed is as it should be.
func serviceSign(s diagnostics.Service) string {
	switch s.State {
	case "failed":
		return "critical"
	case "running":
		return "healthy"
	case "starting", "stopping":
		return "warning"
	}
	return "unknown"
}

// serviceRank sorts states: what needs a look first.
func serviceRank(s diagnostics.Service) string {
	return map[string]string{"critical": "0 ", "warning": "1 ", "healthy": "2 ", "unknown": "3 "}[serviceSign(s)] + s.State
}

// logOf says what the button does that asks for a service's log.
func logOf(s diagnostics.Service) string {
	if s.State == "failed" {
		return "Why " + s.Name + " failed: the last lines of its log"
	}
	return "The last lines of the log of " + s.Name
}
