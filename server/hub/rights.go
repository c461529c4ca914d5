package hub

import (
	"maps"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
)

// operations says what each message of an agent's is, to package auth. What is
// done for a person of the machine is a requester's operation, on the machine's
// word; everything else the machine does about itself.
var operations = map[wire.Type]auth.Operation{
	wire.TypeRatchet:     auth.AgentReport,
	wire.TypeInventory:   auth.AgentReport,
	wire.TypeFindings:    auth.AgentReport,
	wire.TypeGoodbye:     auth.AgentReport,
	wire.TypeAnswer:      auth.AgentReport,
	wire.TypeBlobPut:     auth.AgentReport,
	wire.TypePortalLink:  auth.PortalEnter,
	wire.TypeSuggest:     auth.KnowledgeRead,
	wire.TypeHelped:      auth.KnowledgeRead,
	wire.TypeTicketOpen:  auth.OwnOpen,
	wire.TypeTicketReply: auth.OwnAct,
	wire.TypeTicketAct:   auth.OwnAct,
	wire.TypeTicketRead:  auth.OwnAct,
	wire.TypeFixTold:     auth.AgentReport,
	wire.TypeStock:       auth.AgentReport,
	wire.TypeTicketsGet:  auth.OwnTickets,
	wire.TypeBlobGet:     auth.OwnRead,

	wire.TypeAnnouncementsGet: auth.AgentReport,
	wire.TypeAnnouncementHit:  auth.OwnAct,
	wire.TypeOutageFixed:      auth.OwnAct,
}

// Operations returns the messages that agents may send, and the operation of each,
// for the table of rights.
func Operations() map[wire.Type]auth.Operation { return maps.Clone(operations) }

// authorise asks whether the session may send a message of the type at all. Whose
// ticket it is about is asked by the use case.
func (s *session) authorise(t wire.Type) error {
	op, ok := operations[t]
	if !ok {
		return fault.New(fault.Unsupported, "This server does not know messages of the type "+string(t)+".")
	}
	actor := auth.Actor{Kind: auth.Endpoint, Endpoint: s.endpoint}
	if err := auth.Authorise(actor, auth.AgentReport, auth.Object{Endpoint: s.endpoint}); err != nil {
		return err
	}
	switch op {
	case auth.OwnOpen, auth.OwnAct, auth.OwnTickets, auth.OwnRead, auth.KnowledgeRead:
		actor.Kind = auth.Requester
	}
	return auth.Authorise(actor, op, auth.Object{Endpoint: s.endpoint})
}
