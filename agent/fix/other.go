//go:build !linux

package fix

import (
	"context"
	"runtime"

	"github.com/deskbell/deskbell/internal/fault"
)

// notHere is what a step says that is not written for this system yet.
func notHere(what string) error {
	return fault.New(fault.Unsupported, what+" is not implemented on "+map[string]string{"windows": "Windows", "darwin": "macOS"}[runtime.GOOS]+" yet. Your help desk can do it.")
}

// Plan says that this is not implemented here.
func (DeleteFiles) Plan(context.Context) (Plan, error) { return Plan{}, notHere("Clearing caches") }

// Do says that this is not implemented here.
func (DeleteFiles) Do(context.Context, Plan) (Done, error) { return Done{}, notHere("Clearing caches") }

// Plan says that this is not implemented here.
func (FlushDNS) Plan(context.Context) (Plan, error) { return Plan{}, notHere("Forgetting names") }

// Do says that this is not implemented here.
func (FlushDNS) Do(context.Context, Plan) (Done, error) { return Done{}, notHere("Forgetting names") }

// Plan says that this is not implemented here.
func (RenewLease) Plan(context.Context) (Plan, error) { return Plan{}, notHere("Renewing an address") }

// Do says that this is not implemented here.
func (RenewLease) Do(context.Context, Plan) (Done, error) {
	return Done{}, notHere("Renewing an address")
}

// Plan says that this is not implemented here.
func (CycleLink) Plan(context.Context) (Plan, error) {
	return Plan{}, notHere("Switching a network off and on")
}

// Do says that this is not implemented here.
func (CycleLink) Do(context.Context, Plan) (Done, error) {
	return Done{}, notHere("Switching a network off and on")
}

// Plan says that this is not implemented here.
func (RestartService) Plan(context.Context) (Plan, error) {
	return Plan{}, notHere("Starting a service again")
}

// Do says that this is not implemented here.
func (RestartService) Do(context.Context, Plan) (Done, error) {
	return Done{}, notHere("Starting a service again")
}

// Plan says that this is not implemented here.
func (ControlService) Plan(context.Context) (Plan, error) {
	return Plan{}, notHere("Starting and stopping services from afar")
}

// Do says that this is not implemented here.
func (ControlService) Do(context.Context, Plan) (Done, error) {
	return Done{}, notHere("Starting and stopping services from afar")
}

// OwnerOf says that this is not implemented here.
func OwnerOf(int32) (string, error) { return "", notHere("Ending a program from afar") }

// Plan says that this is not implemented here.
func (ClearQueue) Plan(context.Context) (Plan, error) {
	return Plan{}, notHere("Clearing a print queue")
}

// Do says that this is not implemented here.
func (ClearQueue) Do(context.Context, Plan) (Done, error) {
	return Done{}, notHere("Clearing a print queue")
}

// Plan says that this is not implemented here.
func (EndProcess) Plan(context.Context) (Plan, error) { return Plan{}, notHere("Ending a program") }

// Do says that this is not implemented here.
func (EndProcess) Do(context.Context, Plan) (Done, error) { return Done{}, notHere("Ending a program") }

// Plan says that this is not implemented here.
func (SetClock) Plan(context.Context) (Plan, error) { return Plan{}, notHere("Setting the clock") }

// Do says that this is not implemented here.
func (SetClock) Do(context.Context, Plan) (Done, error) { return Done{}, notHere("Setting the clock") }
