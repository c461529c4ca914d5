package fix

import (
	"context"
	"fmt"
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
)

// kept are the services that carry the machine or everybody's session on it: who
// stops one cuts the branch that all sit on.
var kept = []string{
	"deskbell-agent.service", "dbus.service", "dbus-broker.service", "display-manager.service", "gdm.service", "gdm3.service", "sddm.service", "lightdm.service",
	"systemd-journald.service", "systemd-logind.service", "systemd-udevd.service",
}

func (c ControlService) look(ctx context.Context) (unit string, s unitState, err error) {
	if !unitName.MatchString(c.Name) {
		return "", s, fault.Field("name", "That is not the name of a service.")
	}
	r := RestartService{c.Name}
	if unit, err = r.unit(); err != nil {
		return "", s, err
	}
	if slices.Contains(kept, unit) && c.Act != StartIt {
		return "", s, fault.New(fault.Forbidden, fmt.Sprintf("The service “%s” keeps this computer, its desktop or Deskbell itself running, so it is left alone.", c.Name))
	}
	s, err = r.state(ctx, unit)
	if err == nil && s.load != "loaded" {
		err = fault.New(fault.NotFound, fmt.Sprintf("There is no service “%s” on this computer.", c.Name))
	}
	return unit, s, err
}

// Plan looks how the service stands.
func (c ControlService) Plan(ctx context.Context) (Plan, error) {
	_, s, err := c.look(ctx)
	if err != nil {
		return Plan{}, err
	}
	return Plan{Says: fmt.Sprintf("The service “%s” is %s.", c.Name, s.active), Count: 1, Mark: s.active}, nil
}

// Do starts or stops it, and says how it stands afterwards.
func (c ControlService) Do(ctx context.Context, _ Plan) (Done, error) {
	verb, ok := map[ServiceAct]string{StartIt: "start", StopIt: "stop", RestartIt: "restart"}[c.Act]
	if !ok {
		return Done{}, fault.New(fault.Unsupported, "A service can be started, stopped or restarted.")
	}
	unit, _, err := c.look(ctx)
	if err != nil {
		return Done{}, err
	}
	_, failed := program(ctx, "systemctl", verb, "--no-ask-password", "--no-pager", "--", unit)
	if failed != nil && ctx.Err() != nil {
		return Done{}, failed
	}
	s, err := RestartService{c.Name}.state(ctx, unit)
	if err != nil {
		return Done{}, err
	}
	if up := s.active == "active" || s.active == "activating" || s.active == "reloading"; failed != nil || s.active == "failed" || up == (c.Act == StopIt) {
		return Done{}, fault.Wrap(failed, fault.Unavailable, fmt.Sprintf("The system was told to %s the service “%s”, and says that it is %s now.", verb, c.Name, s.active))
	}
	return Done{Says: fmt.Sprintf("The service “%s” is %s now.", c.Name, s.active), Count: 1}, nil
}
