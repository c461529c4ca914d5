package kit

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/ticket"
)

// SeverityWord names a severity for the staff.
func SeverityWord(s diagnostics.Severity) string {
	switch s {
	case diagnostics.Critical:
		return "Critical"
	case diagnostics.Warning:
		return "Warning"
	case diagnostics.Info:
		return "Info"
	}
	return "Unknown"
}

// SeverityPlain names a severity for an employee.
func SeverityPlain(s diagnostics.Severity) string {
	switch s {
	case diagnostics.Critical:
		return "Needs help"
	case diagnostics.Warning:
		return "Watch this"
	case diagnostics.Info:
		return "Good to know"
	}
	return "Unknown"
}

func severityIcon(s diagnostics.Severity) string {
	switch s {
	case diagnostics.Critical, diagnostics.Warning, diagnostics.Info:
		return "sev-" + string(s)
	}
	return "sev-unknown"
}

func severityClass(s diagnostics.Severity) string {
	return strings.TrimPrefix(severityIcon(s), "sev-")
}

// StateWord names a ticket's state for the staff.
func StateWord(s ticket.State, w ticket.Waiting) string {
	switch s {
	case ticket.New:
		return "New"
	case ticket.Assigned:
		return "Assigned"
	case ticket.InProgress:
		return "In progress"
	case ticket.Pending:
		return WaitingWord(w)
	case ticket.Resolved:
		return "Resolved"
	case ticket.Closed:
		return "Closed"
	case ticket.Cancelled:
		return "Cancelled"
	case ticket.WaitingApproval:
		return "Waits for approval"
	case ticket.Approved:
		return "Approved"
	case ticket.Rejected:
		return "Rejected"
	}
	return "Unknown"
}

// WaitingWord says what a ticket waits for.
func WaitingWord(w ticket.Waiting) string {
	switch w {
	case ticket.WaitRequester:
		return "Waits for requester"
	case ticket.WaitVendor:
		return "Waits for supplier"
	case ticket.WaitChange:
		return "Waits for change"
	case ticket.WaitScheduled:
		return "Waits for a date"
	}
	return "Waiting"
}

// StatePlain tells an employee in a few words how their ticket stands.
func StatePlain(s ticket.State, w ticket.Waiting) string {
	switch s {
	case ticket.New:
		return "Waiting"
	case ticket.Assigned, ticket.InProgress:
		return "In progress"
	case ticket.Pending:
		if w == ticket.WaitRequester {
			return "Needs your answer"
		}
		return "On hold"
	case ticket.Resolved:
		return "Solved"
	case ticket.Closed:
		return "Closed"
	case ticket.Cancelled:
		return "Cancelled"
	case ticket.WaitingApproval:
		return "Waits for approval"
	case ticket.Approved:
		return "Approved"
	case ticket.Rejected:
		return "Not approved"
	}
	return "Unknown"
}

func stateIcon(s ticket.State) string {
	for _, known := range ticket.States() {
		if s == known {
			return "state-" + string(s)
		}
	}
	return "sev-unknown"
}

// PriorityWord names a priority.
func PriorityWord(p ticket.Priority) string { return "P" + strconv.Itoa(clampPriority(p)) }

func clampPriority(p ticket.Priority) int { return min(max(int(p), 1), 5) }

// LevelWord names an impact or an urgency.
func LevelWord(l ticket.Level) string {
	switch l {
	case ticket.High:
		return "High"
	case ticket.Medium:
		return "Medium"
	case ticket.Low:
		return "Low"
	}
	return "Unknown"
}

// KindWord names what a ticket is about.
func KindWord(k ticket.Kind) string {
	if k == ticket.Request {
		return "Request"
	}
	return "Incident"
}

// RelationWord says how a ticket stands to another one, whose number follows.
func RelationWord(r ticket.Relation) string {
	switch r {
	case ticket.Related:
		return "Related to"
	case ticket.Duplicates:
		return "Duplicate of"
	case ticket.DuplicatedBy:
		return "Has the duplicate"
	case ticket.CausedBy:
		return "Caused by"
	case ticket.Causes:
		return "Causes"
	case ticket.SplitFrom:
		return "Split from"
	case ticket.SplitInto:
		return "Split into"
	case ticket.Follows:
		return "Follows"
	case ticket.FollowedBy:
		return "Followed by"
	}
	return Humanise(string(r))
}

// CodeWord says how a ticket was solved.
func CodeWord(c ticket.Code) string {
	switch c {
	case ticket.Fixed:
		return "Fixed: the cause is gone"
	case ticket.Workaround:
		return "Works another way"
	case ticket.Explained:
		return "Explained: nothing was broken"
	case ticket.NotReproduced:
		return "Did not show again"
	case ticket.Duplicate:
		return "Another ticket has it"
	case ticket.Elsewhere:
		return "Not ours to solve"
	}
	return Humanise(string(c))
}

// RoleWord names a role.
func RoleWord(r auth.Role) string {
	switch r {
	case auth.Technician:
		return "Technician"
	case auth.Operator:
		return "Operator"
	case auth.Manager:
		return "Manager"
	case auth.Admin:
		return "Administrator"
	case auth.Sender:
		return "Sender of series and alerts"
	}
	return "Requester"
}

// RoleHelp says what a role may do.
func RoleHelp(r auth.Role) string {
	switch r {
	case auth.Technician:
		return "Works on tickets and looks into machines."
	case auth.Operator:
		return "Watches endpoints and looks into machines; reads tickets."
	case auth.Manager:
		return "Works on tickets, watches endpoints, reads the audit log."
	case auth.Admin:
		return "Everything, and people, sites, enrolments and tokens."
	}
	return ""
}

// Presence is how an endpoint stands, with its identity's state above all.
type Presence struct {
	State    enrol.State
	Presence noc.Presence
	Goodbye  wire.GoodbyeReason
	Since    time.Time
}

// Key names the presence in classes and icons.
func (p Presence) Key() string {
	if p.State == enrol.Held || p.State == enrol.Revoked {
		return string(p.State)
	}
	return string(p.Presence)
}

// Word names the presence.
func (p Presence) Word() string {
	switch p.State {
	case enrol.Held:
		return "Held"
	case enrol.Revoked:
		return "Withdrawn"
	}
	return PresenceWord(p.Presence)
}

// PresenceWord names a presence.
func PresenceWord(p noc.Presence) string {
	switch p {
	case noc.Online:
		return "Online"
	case noc.Stuck:
		return "Stuck"
	case noc.Asleep:
		return "Asleep"
	case noc.Off:
		return "Switched off"
	case noc.Stopped:
		return "Agent stopped"
	case noc.Silent:
		return "Silent"
	case noc.Awaited:
		return "Awaited"
	case noc.Offline:
		return "Away, all"
	}
	return "Unknown"
}

// Why says in a few words what is known of a machine that is not as it should be; ""
// when the word for it says all.
func (p Presence) Why() string {
	if p.State == enrol.Held || p.State == enrol.Revoked {
		return ""
	}
	switch p.Presence {
	case noc.Stuck:
		return "connected, and its agent has no readings"
	case noc.Stopped:
		if p.Goodbye == wire.ByeUpdate {
			return "its agent updates itself"
		}
		return "somebody or an installer stopped its agent"
	case noc.Silent:
		if p.Goodbye == wire.ByeRoam {
			return "changed its network and has not come back"
		}
		return "gone without a goodbye"
	case noc.Awaited:
		return "enrolled, and has never been there"
	}
	return ""
}

// OSWord names an operating system.
func OSWord(os string) string {
	switch os {
	case "linux":
		return "Linux"
	case "windows":
		return "Windows"
	case "darwin":
		return "macOS"
	}
	return os
}

// Humanise makes a program's word readable: "disk.nearly_full" is "disk nearly full".
func Humanise(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '-' {
			return ' '
		}
		return r
	}, s)
}

// Clip shortens a text to n characters for a place that has no room for more. The
// whole of it stands where it is explained.
func Clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Initials returns one or two letters that stand for a name.
func Initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				out = append(out, unicode.ToUpper(r))
				break
			}
		}
	}
	switch {
	case len(out) == 0:
		return "?"
	case len(out) == 1:
		return string(out)
	}
	return string([]rune{out[0], out[len(out)-1]})
}
