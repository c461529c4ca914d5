package fix

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// FileKind is a kind of files that may be deleted.
type FileKind string

// The kinds. Whatever is not one of them is not touched.
const (
	Caches    FileKind = "caches"    // what programs can fetch or compute again, small pictures of files too
	Temporary FileKind = "temporary" // what programs left in the folders for temporary files
)

// DeleteFiles deletes old files of one person's. Never deleted is what is open,
// what was read or written lately, what has a second name, and what belongs to
// somebody else; and no symbolic link is followed.
type DeleteFiles struct {
	Home      string        `json:"home"`
	Under     string        `json:"under"` // the mount that is to have room: what lies on others stays
	Kinds     []FileKind    `json:"kinds"`
	OlderThan time.Duration `json:"older_than"` // neither read nor written for so long
}

// FlushDNS makes the machine forget what name servers have said.
type FlushDNS struct{}

// RenewLease asks the network for an address again.
type RenewLease struct {
	Link string `json:"link"`
}

// CycleLink switches a network interface off and on.
type CycleLink struct {
	Link string `json:"link"`
}

// RestartService starts a failed service again.
type RestartService struct {
	Name string `json:"name"`
}

// ControlService starts or stops a service, because a technician says so.
type ControlService struct {
	Name string     `json:"name"`
	Act  ServiceAct `json:"act"`
}

// ServiceAct is what is done with a service.
type ServiceAct string

// The acts.
const (
	StartIt   ServiceAct = "start"
	StopIt    ServiceAct = "stop"
	RestartIt ServiceAct = "restart"
)

// ClearQueue deletes the documents that wait for a printer, and lets it go on.
type ClearQueue struct {
	Printer string `json:"printer"`
}

// EndProcess asks a process to end, and ends it if it does not.
type EndProcess struct {
	PID     int32     `json:"pid"`
	Name    string    `json:"name"`
	Started time.Time `json:"started,omitzero"` // as the check-up saw it
	Seen    time.Time `json:"seen"`             // when the check-up was
}

// SetClock sets the clock by a time server.
type SetClock struct {
	Source string `json:"source"`
}

// RestartPart restarts a part of the agent. The agent does so itself: hands know
// no parts.
type RestartPart struct {
	Part string `json:"part"`
}

// Rights of RestartPart are the agent's.
func (RestartPart) Rights() Rights { return Agent }

func errPart() error { return fault.Say(fault.Unsupported, "error.fix_part_unknown") }

// Rights of DeleteFiles are the person's own.
func (DeleteFiles) Rights() Rights { return Person }

// Rights of EndProcess are the person's own.
func (EndProcess) Rights() Rights { return Person }

// Rights of FlushDNS are the machine's.
func (FlushDNS) Rights() Rights { return Machine }

// Rights of RenewLease are the machine's.
func (RenewLease) Rights() Rights { return Machine }

// Rights of CycleLink are the machine's.
func (CycleLink) Rights() Rights { return Machine }

// Rights of RestartService are the machine's.
func (RestartService) Rights() Rights { return Machine }

// Rights of ControlService are the machine's.
func (ControlService) Rights() Rights { return Machine }

// Rights of ClearQueue are the machine's: other people's documents may be in it.
func (ClearQueue) Rights() Rights { return Machine }

// Rights of SetClock are the machine's.
func (SetClock) Rights() Rights { return Machine }

// kindOf names a step on its way to hands.
func kindOf(s Step) string {
	switch s.(type) {
	case DeleteFiles:
		return "delete_files"
	case FlushDNS:
		return "flush_dns"
	case RenewLease:
		return "renew_lease"
	case CycleLink:
		return "cycle_link"
	case RestartService:
		return "restart_service"
	case ControlService:
		return "control_service"
	case ClearQueue:
		return "clear_queue"
	case EndProcess:
		return "end_process"
	case SetClock:
		return "set_clock"
	case RestartPart:
		return "restart_part"
	}
	return ""
}

// unpack makes a step of what arrived at hands. There are no others than these.
func unpack(kind string, b json.RawMessage) (Step, error) {
	switch kind {
	case "delete_files":
		return read[DeleteFiles](b)
	case "flush_dns":
		return read[FlushDNS](b)
	case "renew_lease":
		return read[RenewLease](b)
	case "cycle_link":
		return read[CycleLink](b)
	case "restart_service":
		return read[RestartService](b)
	case "control_service":
		return read[ControlService](b)
	case "clear_queue":
		return read[ClearQueue](b)
	case "end_process":
		return read[EndProcess](b)
	case "set_clock":
		return read[SetClock](b)
	case "restart_part":
		return read[RestartPart](b)
	}
	return nil, fmt.Errorf("there is no step %q", kind)
}

func read[T Step](b json.RawMessage) (Step, error) {
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	return v, nil
}
