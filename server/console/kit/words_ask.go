package kit

import (
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// AskWord names a diagnostic.
func AskWord(k wire.AskKind) string {
	switch k {
	case wire.AskSnapshot:
		return "Snapshot"
	case wire.AskProcesses:
		return "Processes"
	case wire.AskServices:
		return "Services"
	case wire.AskLog:
		return "Log"
	case wire.AskDisk:
		return "Disk"
	case wire.AskInventory:
		return "Inventory"
	case wire.AskChanges:
		return "What changed"
	case wire.AskPing:
		return "Ping"
	case wire.AskPath:
		return "Path"
	case wire.AskPortal:
		return "Sign-in page"
	case wire.AskProxy:
		return "Proxy"
	case wire.AskSpeed:
		return "Speed"
	case wire.AskDNS:
		return "DNS"
	case wire.AskTCP:
		return "TCP"
	case wire.AskHTTP:
		return "HTTP"
	case wire.AskCheck:
		return "Checks of services"
	case wire.AskTLS:
		return "TLS"
	case wire.ActEndProcess:
		return "End a process"
	case wire.ActStartService:
		return "Start a service"
	case wire.ActStopService:
		return "Stop a service"
	case wire.ActRestartService:
		return "Restart a service"
	case wire.AskHasFinding:
		return "Finding"
	case wire.AskHasSoftware:
		return "Software"
	case wire.AskHasProcess:
		return "Process"
	case wire.ActRunScript:
		return "Run a script"
	case wire.ActRunRootScript:
		return "Run a script as administrator"
	case wire.ActListFiles:
		return "List files"
	case wire.ActFetchFile:
		return "Fetch a file"
	case wire.ActScreen:
		return "Look at the screen"
	case wire.ActTerminal:
		return "Terminal"
	case wire.ActRootTerminal:
		return "Terminal as administrator"
	}
	return Humanise(string(k))
}

// AskIcon is the icon of a diagnostic.
func AskIcon(k wire.AskKind) string {
	switch k {
	case wire.AskSnapshot:
		return "camera"
	case wire.AskProcesses:
		return "list"
	case wire.AskServices:
		return "server"
	case wire.AskLog:
		return "scroll-text"
	case wire.AskDisk:
		return "hard-drive"
	case wire.AskInventory:
		return "list"
	case wire.AskChanges:
		return "clock"
	case wire.AskPing:
		return "activity"
	case wire.AskPath:
		return "route"
	case wire.AskPortal:
		return "key-round"
	case wire.AskProxy:
		return "route"
	case wire.AskSpeed:
		return "gauge"
	case wire.AskDNS:
		return "map-pin"
	case wire.AskTCP:
		return "plug"
	case wire.AskHTTP:
		return "globe"
	case wire.AskTLS:
		return "lock"
	case wire.ActListFiles:
		return "list"
	case wire.ActFetchFile:
		return "download"
	case wire.ActScreen:
		return "monitor"
	case wire.ActEndProcess, wire.ActStopService:
		return "x"
	case wire.ActStartService, wire.ActRestartService:
		return "refresh-cw"
	}
	return "terminal"
}

// StateOf says how far a question or an order has come.
func StateOf(q ask.Ask) string {
	if q.Kind.Terminal() {
		switch q.State {
		case ask.Running:
			return "Open"
		case ask.Failed:
			return "Not open"
		}
		return "Ended"
	}
	if q.Kind.Acts() {
		switch q.State {
		case ask.Running:
			return "Being done"
		case ask.Done:
			return "Done"
		case ask.Failed:
			return "Not done"
		}
	}
	return AskState(q.State)
}

// AskState says how far a question has come.
func AskState(s ask.State) string {
	switch s {
	case ask.Waiting:
		return "Waits for the machine"
	case ask.Running:
		return "Answering"
	case ask.Done:
		return "Answered"
	case ask.Failed:
		return "No answer"
	case ask.Expired:
		return "Expired"
	case ask.Cancelled:
		return "Cancelled"
	}
	return "Not known"
}
