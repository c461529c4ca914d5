// Package auth knows who somebody is and what they may do: people and their
// roles, sign-in links, passwords, sessions and tokens; endpoints' accounts; and
// Authorise, the one function that every page, REST route, stream and agent
// session asks.
package auth

// Role is what a person of the staff is. A person without one is a requester only.
type Role string

// The roles.
const (
	NoRole     Role = ""
	Technician Role = "technician" // the help desk
	Operator   Role = "operator"   // the NOC
	Manager    Role = "manager"    // both, and the figures and the audit log
	Admin      Role = "admin"      // everything
)

// Sender is nobody's role: a token limited to it sends what others have measured or
// found, and may nothing else. It lies in files of other programs.
const Sender Role = "sender"

// Roles lists the roles of the staff.
func Roles() []Role { return []Role{Technician, Operator, Manager, Admin} }

// Limits lists what a token can be limited to.
func Limits() []Role { return append(Roles(), Sender) }

// Valid reports whether r is a role of the staff.
func (r Role) Valid() bool {
	switch r {
	case Technician, Operator, Manager, Admin:
		return true
	}
	return false
}

// ActorKind says by what credential somebody acts. Kinds never stand in for each
// other: an endpoint's key opens no page, a person's token no agent session.
type ActorKind string

// The kinds.
const (
	Nobody    ActorKind = ""
	Staff     ActorKind = "staff"     // a console session or an API token
	Requester ActorKind = "requester" // a portal session, or an account on an endpoint
	Endpoint  ActorKind = "endpoint"  // an agent's proven session
	Screen    ActorKind = "screen"    // a screen in a hallway: it shows the wall, and is nobody
	System    ActorKind = "system"    // our own jobs, and commands run beside the server
)

// Actor is who acts. The zero Actor is nobody and may nothing.
type Actor struct {
	Kind     ActorKind
	Person   string // id; of Staff and Requester
	Name     string // for people to read
	Role     Role   // of Staff: the person's role now
	Limit    Role   // of Staff by a token: the token's role, at most the person's
	Token    string // of Staff by a token: what the token is called
	Endpoint string // id; of Endpoint, and of a Requester that an endpoint attests
	UID      string // of a Requester that an endpoint attests
	Screen   string // id; of Screen
	Session  string // hash of the session or token, to end it
}

// SystemActor is us.
func SystemActor(name string) Actor { return Actor{Kind: System, Name: name} }

// Object is what an operation is about, as far as authorisation cares.
type Object struct {
	Requester string // the person whose ticket it is
	Endpoint  string // the endpoint it belongs to
	Person    string // the person it is
}
