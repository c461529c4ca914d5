package ticket

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// Command is something that somebody wants done to a ticket. Which side may is
// part of the rules here; whether this very person may is package auth's.
type Command interface {
	// apply returns the events, without time and actor, which Apply fills in.
	apply(t Ticket, by Actor) ([]Event, error)
}

// Apply decides what a command does to a ticket. It returns the ticket after it
// and the events to store; or the ticket unchanged and an error: fault.Conflict
// when the ticket's state does not allow it, fault.Invalid about an input,
// fault.Forbidden when it is not for this side of the desk.
func Apply(t Ticket, c Command, by Actor, now time.Time) (Ticket, []Event, error) {
	if _, opens := c.(Open); !opens && t.Version == 0 {
		return t, nil, fault.New(fault.Conflict, "The ticket has not been opened.")
	}
	events, err := c.apply(t, by)
	if err != nil {
		return t, nil, err
	}
	after := t
	for i := range events {
		events[i].At, events[i].Actor = now, by
		after = after.Fold(events[i])
	}
	return after, events, nil
}

// Open makes a new ticket.
type Open struct {
	Kind        Kind // empty means incident
	Title       string
	Body        string
	Requester   Person
	Endpoint    string
	Site        string
	Findings    []diagnostics.Finding
	Snapshot    string
	Attachments []Attachment

	Category string
	Team     string
	Tags     []string
	Fields   map[string]string
	Impact   Level    // 0: low
	Urgency  Level    // 0: a guess from the findings
	Matrix   Matrix   // the zero matrix is the usual one
	Relation Relation // SplitFrom or Follows, with Other
	Other    Reference
}

func (c Open) apply(t Ticket, _ Actor) ([]Event, error) {
	if t.Version != 0 {
		return nil, fault.New(fault.Conflict, "The ticket is open already.")
	}
	title, err := CleanTitle(c.Title)
	if err != nil {
		return nil, err
	}
	body, err := CleanText("body", c.Body)
	if err != nil {
		return nil, err
	}
	if c.Kind == "" {
		c.Kind = Incident
	}
	if c.Kind != Incident && c.Kind != Request {
		return nil, fault.Field("kind", "A ticket is an incident or a request.")
	}
	tags, err := cleanTags(c.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkFields(c.Fields); err != nil {
		return nil, err
	}
	if c.Impact == 0 {
		c.Impact = Low
	}
	if c.Urgency == 0 {
		c.Urgency = urgencyOf(c.Findings)
	}
	if err := levels(c.Impact, c.Urgency); err != nil {
		return nil, err
	}
	if c.Matrix == (Matrix{}) {
		c.Matrix = UsualMatrix()
	}
	e := Event{
		Type: Opened, Kind: c.Kind, Title: title, Body: body, Requester: &c.Requester, Endpoint: c.Endpoint, Site: c.Site,
		Findings: c.Findings, Snapshot: c.Snapshot, Attachments: c.Attachments,
		Impact: c.Impact, Urgency: c.Urgency, Priority: c.Matrix.Of(c.Impact, c.Urgency),
		Category: c.Category, Team: c.Team, Tags: tags, Fields: filled(nil, c.Fields),
	}
	if c.Other.ID != "" {
		e.Relation, e.Other = c.Relation, &c.Other
	}
	return []Event{e}, nil
}

// urgencyOf is the first guess: a machine that says its work is not possible goes
// before one that says nothing. A person corrects it.
func urgencyOf(findings []diagnostics.Finding) Level {
	for _, f := range findings {
		if f.Severity == diagnostics.Critical {
			return High
		}
	}
	return Medium
}

// Take makes the ticket the actor's. Of two who press at the same moment the
// second is told who was first.
type Take struct{}

func (Take) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side != Staff:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	case t.Assignee.ID == by.ID && t.State != Assigned && t.State != Approved:
		return nil, fault.New(fault.Conflict, "You have this ticket already.")
	case t.Assignee.ID != "" && t.Assignee.ID != by.ID:
		return nil, fault.New(fault.Conflict, t.Assignee.Name+" has taken this ticket already. To take it over, assign it to yourself.")
	}
	return []Event{{Type: Took}}, nil
}

// Assign gives the ticket to somebody, or to nobody when To is empty.
type Assign struct{ To Person }

func (c Assign) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	case t.Assignee.ID == c.To.ID && (t.State != Approved || c.To.ID == ""):
		return nil, fault.New(fault.Conflict, "The ticket is assigned that way already.")
	case c.To.ID == "":
		return []Event{{Type: AssignedTo}}, nil
	case c.To.ID == by.ID:
		return []Event{{Type: Took}}, nil
	}
	return []Event{{Type: AssignedTo, Person: &c.To}}, nil
}

// Reply is a message that the other side reads too.
type Reply struct {
	Message     string // its id, minted by whoever wrote it
	Body        string
	Attachments []Attachment
	Automatic   bool // a machine wrote it: the person has not answered
}

func (c Reply) apply(t Ticket, by Actor) ([]Event, error) {
	body, err := words(c.Body, c.Attachments)
	if err != nil {
		return nil, err
	}
	if t.State == Closed || t.State == Cancelled || t.State == Rejected {
		return nil, ended(t)
	}
	events := []Event{{Type: Replied, Message: c.Message, Body: body, Attachments: c.Attachments, Automatic: c.Automatic}}
	if by.Side == Requester && !c.Automatic && t.State == Pending && t.Waiting == WaitRequester {
		events = append(events, Event{Type: Resumed})
	}
	return events, nil
}

// Note is a message among staff. The requester never sees it.
type Note struct {
	Message     string
	Body        string
	Attachments []Attachment
	Mentions    []Person // watch the ticket from now on
}

func (c Note) apply(t Ticket, by Actor) ([]Event, error) {
	if by.Side == Requester {
		return nil, errStaff
	}
	if len(join(t.Watchers, c.Mentions)) > maxWatchers {
		return nil, errWatchers
	}
	body, err := words(c.Body, c.Attachments)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: Noted, Message: c.Message, Body: body, Attachments: c.Attachments, People: c.Mentions}}, nil
}

// Wait puts the ticket aside until something comes.
type Wait struct {
	For     Waiting
	Until   time.Time // only of scheduled: when it goes on by itself
	Message string    // the id of Body as a message
	Body    string    // what the requester is told; may be empty
}

func (c Wait) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side != Staff:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	case !slices.Contains(Waitings(), c.For):
		return nil, fault.Field("waiting", "Say what the ticket waits for: requester, vendor, change or scheduled.")
	case c.For == WaitScheduled && c.Until.IsZero():
		return nil, fault.Field("until", "Say until when the ticket waits.")
	case c.For != WaitScheduled && !c.Until.IsZero():
		return nil, fault.Field("until", "Only scheduled waiting ends at a moment. Choose scheduled, or leave the moment out.")
	}
	body, err := CleanText("body", c.Body)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: Waits, Waiting: c.For, Until: c.Until, Message: c.Message, Body: body}}, nil
}

// Resume ends the waiting. The system does when the moment has come.
type Resume struct{}

func (Resume) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.State != Pending:
		return nil, fault.New(fault.Conflict, "The ticket does not wait for anything.")
	}
	return []Event{{Type: Resumed}}, nil
}

// Resolve says that it is solved, and how. The system does when an outage is over and its
// requester says so; that makes the ticket nobody's who works here.
type Resolve struct {
	Message  string // the id of the solution as a message
	Solution string
	Code     Code
}

func (c Resolve) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	}
	solution, err := CleanText("solution", c.Solution)
	if err != nil {
		return nil, err
	}
	if solution == "" {
		return nil, fault.Field("solution", "Write what solved it: the requester reads it, and so does whoever has this next.")
	}
	if !slices.Contains(Codes(), c.Code) {
		return nil, fault.Field("code", "Choose how it was solved.")
	}
	events := []Event{{Type: ResolvedAs, Message: c.Message, Body: solution, Code: c.Code}}
	if t.Assignee.ID == "" && by.Side == Staff { // whoever solves it had it
		events = append([]Event{{Type: Took}}, events...)
	}
	return events, nil
}

// Confirm is the requester's word that the solution holds.
type Confirm struct{}

func (Confirm) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side != Requester:
		return nil, errRequester
	case t.State != Resolved:
		return nil, notResolved(t)
	}
	return []Event{{Type: Confirmed}}, nil
}

// Reopen says that it is not solved after all, or that what was rejected is
// wanted all the same.
type Reopen struct {
	Message string
	Body    string    // why; may be empty
	Since   time.Time // what ended before it stays ended; zero: nothing does
}

func (c Reopen) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case t.MergedInto.ID != "":
		return nil, ended(t)
	case t.State != Resolved && t.State != Closed && t.State != Rejected:
		return nil, notResolved(t)
	case by.Side == Requester && t.EndedBefore(c.Since):
		return nil, fault.New(fault.Conflict, "This ticket ended too long ago to go on with it. Open a new one; it will be linked to this one.")
	}
	body, err := CleanText("comment", c.Body)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: ReopenedBy, Message: c.Message, Body: body}}, nil
}

// Rate is the requester's opinion of how it went.
type Rate struct {
	Rating  int // 1 to 5
	Comment string
}

func (c Rate) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side != Requester:
		return nil, errRequester
	case t.State != Resolved && t.State != Closed:
		return nil, notResolved(t)
	case c.Rating < 1 || c.Rating > 5:
		return nil, fault.Field("rating", "A rating is a number from 1 to 5.")
	}
	body, err := CleanText("comment", c.Comment)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: Rated, Rating: c.Rating, Body: body}}, nil
}

// Prioritise sets impact and urgency, and the priority that follows.
type Prioritise struct {
	Impact, Urgency Level
	Reason          string
	Matrix          Matrix // the zero matrix is the usual one
}

func (c Prioritise) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	}
	if err := levels(c.Impact, c.Urgency); err != nil {
		return nil, err
	}
	if c.Matrix == (Matrix{}) {
		c.Matrix = UsualMatrix()
	}
	if c.Impact == t.Impact && c.Urgency == t.Urgency && c.Matrix.Of(c.Impact, c.Urgency) == t.Priority && !t.Overridden {
		return nil, fault.New(fault.Conflict, "The ticket has that priority already.")
	}
	reason, err := CleanText("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: Prioritised, Impact: c.Impact, Urgency: c.Urgency, Priority: c.Matrix.Of(c.Impact, c.Urgency), Body: reason}}, nil
}

// Close ends a resolved ticket without the requester's word.
type Close struct{}

func (Close) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.State != Resolved:
		return nil, notResolved(t)
	}
	return []Event{{Type: ClosedBy}}, nil
}

// Cancel ends a ticket that is not wanted any more.
type Cancel struct {
	Message string
	Reason  string
}

func (c Cancel) apply(t Ticket, _ Actor) ([]Event, error) {
	if !t.State.Open() {
		return nil, ended(t)
	}
	reason, err := CleanText("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: CancelledBy, Message: c.Message, Body: reason}}, nil
}

// RecordAsk writes into the history that somebody looked into the machine.
type RecordAsk struct {
	Ask  string // its id
	What string // a sentence
}

func (c RecordAsk) apply(_ Ticket, _ Actor) ([]Event, error) {
	return []Event{{Type: Asked, Ask: c.Ask, Body: c.What}}, nil
}

// Read notes how far the requester has read. Reading what was read makes no event.
type Read struct{ Message string }

func (c Read) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side != Requester:
		return nil, errRequester
	case c.Message <= t.LastRead: // ids are ULIDs: they sort by time
		return nil, nil
	case len(c.Message) > 64:
		return nil, fault.Field("message", "That is not a message's id.")
	}
	return []Event{{Type: ReadTo, Message: c.Message}}, nil
}

func words(body string, attachments []Attachment) (string, error) {
	body, err := CleanText("body", body)
	if err != nil {
		return "", err
	}
	if body == "" && len(attachments) == 0 {
		return "", fault.Field("body", "Write something before you send it.")
	}
	return body, nil
}

var (
	errStaff     = fault.New(fault.Forbidden, "Only the help desk can do this to a ticket.")
	errRequester = fault.New(fault.Forbidden, "Only the person who rang can do this to a ticket.")
)

func ended(t Ticket) error {
	if t.MergedInto.ID != "" {
		return fault.Newf(fault.Conflict, "This ticket was merged into #%d. Go on there.", t.MergedInto.Number)
	}
	switch t.State {
	case Rejected:
		return fault.New(fault.Conflict, "The request was rejected. Reopen it first.")
	case Resolved:
		return fault.New(fault.Conflict, "The ticket is resolved. Reopen it first.")
	case Closed:
		return fault.New(fault.Conflict, "The ticket is closed. Reopen it first.")
	case Cancelled:
		return fault.New(fault.Conflict, "The ticket was cancelled. Open a new one.")
	}
	return nil
}

func notResolved(t Ticket) error {
	if t.State.Open() {
		return fault.New(fault.Conflict, "The ticket is not resolved yet.")
	}
	return ended(t)
}

func undecided(t Ticket) error {
	return fault.Newf(fault.Conflict, "The request waits for %s to approve or reject it.", t.Approver.Name)
}

func levels(impact, urgency Level) error {
	switch {
	case impact < High || impact > Low:
		return fault.Field("impact", "Impact is 1 (high), 2 (medium) or 3 (low).")
	case urgency < High || urgency > Low:
		return fault.Field("urgency", "Urgency is 1 (high), 2 (medium) or 3 (low).")
	}
	return nil
}

// EndedBefore reports whether the ticket was closed or rejected before a moment, or
// resolved when it is not closed yet.
func (t Ticket) EndedBefore(moment time.Time) bool {
	at := t.ClosedAt
	if at.IsZero() {
		at = t.ResolvedAt
	}
	return at.Before(moment)
}
