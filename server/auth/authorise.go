package auth

import (
	"fmt"
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
)

// Operation is something that can be done. Every route, page, stream and message
// of an agent names one.
type Operation string

// The operations.
const (
	TicketsList    Operation = "tickets.list"
	TicketsRead    Operation = "tickets.read"
	TicketsOpen    Operation = "tickets.open" // on a requester's behalf
	TicketsWork    Operation = "tickets.work" // take, reply, note, resolve, …
	OwnTickets     Operation = "own.tickets"  // a requester's list
	OwnRead        Operation = "own.read"
	OwnOpen        Operation = "own.open"
	OwnAct         Operation = "own.act" // reply, confirm, reopen, rate, cancel
	OwnCheckup     Operation = "own.checkup"
	ViewsOwn       Operation = "views.own"
	ViewsShared    Operation = "views.manage" // everybody's
	EndpointsList  Operation = "endpoints.list"
	EndpointsRead  Operation = "endpoints.read"
	EndpointsAsk   Operation = "endpoints.ask"    // named diagnostics, tier T1
	EndpointsAct   Operation = "endpoints.act"    // ends, starts, stops something there, tier T2
	FleetAsk       Operation = "fleet.ask"        // named diagnostics of many endpoints at once
	ScriptsRead    Operation = "scripts.read"     // the library of scripts
	ScriptsWrite   Operation = "scripts.write"    // a version of a script
	ScriptsApprove Operation = "scripts.approve"  // a version that somebody else has written
	EndpointsKeep  Operation = "endpoints.manage" // hold, release, revoke, move to a site
	NOCRead        Operation = "noc.read"
	AlertsWork     Operation = "alerts.work"     // acknowledge, assign, note
	AlertsHold     Operation = "alerts.silence"  // silences and maintenance windows
	ChannelsManage Operation = "channels.manage" // who is told of alerts, and how
	GroupsManage   Operation = "groups.manage"   // of endpoints
	ChecksManage   Operation = "checks.manage"   // heartbeats, and what the server looks at itself
	IntakeSend     Operation = "intake.send"     // time series and alerts of others, into ours
	OnCallManage   Operation = "oncall.manage"   // rotas, and who is told when nobody answers
	OnCallOverride Operation = "oncall.override" // hand one's own shift to somebody else
	PeopleList     Operation = "people.list"
	PeopleManage   Operation = "people.manage"
	SitesManage    Operation = "sites.manage"
	Enrolments     Operation = "enrolments.manage"
	TokensOwn      Operation = "tokens.own"
	TokensAll      Operation = "tokens.manage"
	AuditRead      Operation = "audit.read"
	RulebookRead   Operation = "rulebook.read" // teams, categories, replies, …
	RulebookManage Operation = "rulebook.manage"
	KnowledgeRead  Operation = "kb.read"  // search and read articles, say whether they help
	KnowledgeWrite Operation = "kb.write" // drafts, versions, owners
	ReportsRead    Operation = "reports.read"
	ReportsSend    Operation = "reports.send" // by mail, again and again
	EventsStream   Operation = "events.stream"
	AccountSelf    Operation = "account.self"   // own password, own sessions
	AgentReport    Operation = "agent.report"   // an endpoint about itself
	PortalEnter    Operation = "portal.enter"   // an endpoint vouches for a person's link
	Public         Operation = "public"         // sign-in, health, static files
	PeopleKeep     Operation = "people.keep"    // a person's contact: site, manager, VIP, …
	PeopleImport   Operation = "people.import"  // lists of them
	NoticesOwn     Operation = "notices.own"    // what one is told
	Announce       Operation = "announce"       // tell employees of an outage
	IncidentsWork  Operation = "incidents.work" // confirm, dismiss, open, resolve major incidents
	WallView       Operation = "wall.view"      // the wall as a screen shows it: no people, nothing to do
	WallManage     Operation = "wall.manage"    // which screens show it
)

// ApprovalsDecide is for whoever was asked, on the staff or not.
const ApprovalsDecide Operation = "approvals.decide"

// rule says who may do an operation. Roles may do it to any object; the others
// only to what is their own.
type rule struct {
	roles     []Role
	requester bool // a requester, when the object is theirs (or names nobody's)
	endpoint  bool // an endpoint, about itself
	screen    bool
	anybody   bool
}

var (
	everyStaff = Roles()
	desk       = []Role{Technician, Manager, Admin}
)

var rules = map[Operation]rule{
	TicketsList:    {roles: everyStaff},
	TicketsRead:    {roles: everyStaff},
	TicketsOpen:    {roles: everyStaff},
	TicketsWork:    {roles: desk},
	OwnTickets:     {requester: true},
	OwnRead:        {requester: true},
	OwnOpen:        {requester: true},
	OwnAct:         {requester: true},
	OwnCheckup:     {requester: true},
	ViewsOwn:       {roles: everyStaff},
	ViewsShared:    {roles: []Role{Manager, Admin}},
	EndpointsList:  {roles: everyStaff},
	EndpointsRead:  {roles: everyStaff},
	EndpointsAsk:   {roles: everyStaff},
	EndpointsAct:   {roles: desk},
	FleetAsk:       {roles: []Role{Operator, Manager, Admin}},
	ScriptsRead:    {roles: everyStaff},
	ScriptsWrite:   {roles: desk},
	ScriptsApprove: {roles: []Role{Manager, Admin}},
	EndpointsKeep:  {roles: []Role{Admin}},
	NOCRead:        {roles: everyStaff},
	AlertsWork:     {roles: everyStaff},
	AlertsHold:     {roles: []Role{Operator, Manager, Admin}},
	ChannelsManage: {roles: []Role{Admin}},
	GroupsManage:   {roles: []Role{Operator, Manager, Admin}},
	ChecksManage:   {roles: []Role{Operator, Manager, Admin}},
	IntakeSend:     {roles: []Role{Operator, Manager, Admin, Sender}},
	OnCallManage:   {roles: []Role{Operator, Manager, Admin}},
	OnCallOverride: {roles: everyStaff},
	PeopleList:     {roles: everyStaff},
	PeopleManage:   {roles: []Role{Admin}},
	SitesManage:    {roles: []Role{Admin}},
	Enrolments:     {roles: []Role{Admin}},
	TokensOwn:      {roles: everyStaff},
	TokensAll:      {roles: []Role{Admin}},
	AuditRead:      {roles: []Role{Manager, Admin}},
	RulebookRead:   {roles: everyStaff},
	KnowledgeRead:  {roles: everyStaff, requester: true},
	KnowledgeWrite: {roles: desk},
	RulebookManage: {roles: []Role{Manager, Admin}},
	ReportsRead:    {roles: everyStaff},
	ReportsSend:    {roles: []Role{Operator, Manager, Admin}},
	EventsStream:   {roles: everyStaff},
	AccountSelf:    {roles: everyStaff},
	NoticesOwn:     {roles: everyStaff},
	Announce:       {roles: everyStaff},
	IncidentsWork:  {roles: everyStaff},
	WallView:       {roles: everyStaff, screen: true},
	WallManage:     {roles: []Role{Operator, Manager, Admin}},
	AgentReport:    {endpoint: true},
	PortalEnter:    {endpoint: true},
	Public:         {anybody: true},
	PeopleKeep:     {roles: desk},
	PeopleImport:   {roles: []Role{Manager, Admin}},

	ApprovalsDecide: {roles: everyStaff, requester: true},
}

// Operations lists all operations, sorted.
func Operations() []Operation {
	var ops []Operation
	for op := range rules {
		ops = append(ops, op)
	}
	slices.Sort(ops)
	return ops
}

// Known returns op, and panics when no rule names it: routes are registered
// through it, so a route without a rule never comes up.
func Known(op Operation) Operation {
	if _, ok := rules[op]; !ok {
		panic(fmt.Sprintf("auth: no rule for the operation %q", op))
	}
	return op
}

// Authorise returns nil when the actor may do op to the object. Otherwise the
// error is fault.Unauthenticated for nobody, fault.NotFound when it is somebody
// else's (so that nobody learns what exists), and fault.Forbidden when the role
// does not reach.
func Authorise(a Actor, op Operation, o Object) error {
	r, ok := rules[op]
	if !ok {
		return fault.Newf(fault.Internal, "No rule says who may do %q.", op)
	}
	if r.anybody || a.Kind == System {
		return nil
	}
	switch a.Kind {
	case Staff:
		if allows(r.roles, a.Role) && (a.Limit == NoRole || allows(r.roles, a.Limit)) {
			return nil
		}
	case Requester:
		if r.requester {
			if o.Requester != "" && o.Requester != a.Person {
				return fault.New(fault.NotFound, "There is no such ticket among yours.")
			}
			return nil
		}
	case Endpoint:
		if r.endpoint && o.Endpoint == a.Endpoint {
			return nil
		}
	case Screen:
		if r.screen {
			return nil
		}
		return fault.New(fault.Forbidden, "A screen shows the wall and nothing else. Sign in to do more.")
	case Nobody:
		return fault.New(fault.Unauthenticated, "Sign in first.")
	}
	return fault.New(fault.Forbidden, "Your role does not allow this. Ask an administrator if you need it.")
}

// May reports whether Authorise would agree, for pages that leave out what
// would be refused.
func May(a Actor, op Operation) bool { return Authorise(a, op, Object{}) == nil }

func allows(roles []Role, r Role) bool { return slices.Contains(roles, r) }
