package fix

import (
	"context"
	"regexp"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// unitName is what a service may be called; systemd allows no more.
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,199}$`)

// unitState is how systemd says a service stands.
type unitState struct{ load, active, sub, result string }

func (r RestartService) unit() (string, error) {
	if !unitName.MatchString(r.Name) {
		return "", fault.Say(fault.Stale, "error.fix_service_other")
	}
	if !exists("/run/systemd/system") {
		return "", fault.Say(fault.Unsupported, "error.fix_service_no_systemd")
	}
	return strings.TrimSuffix(r.Name, ".service") + ".service", nil
}

func (r RestartService) state(ctx context.Context, unit string) (unitState, error) {
	text, err := program(ctx, "systemctl", "show", "--no-pager", "--property=LoadState,ActiveState,SubState,Result", "--", unit)
	if err != nil {
		return unitState{}, cannot(err, "error.fix_service_unread", tongue.Name("service", r.Name))
	}
	v := map[string]string{}
	for l := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(l), "="); ok {
			v[key] = line(value, 40)
		}
	}
	return unitState{v["LoadState"], v["ActiveState"], v["SubState"], v["Result"]}, nil
}

// Plan looks how the service stands.
func (r RestartService) Plan(ctx context.Context) (Plan, error) {
	unit, err := r.unit()
	if err != nil {
		return Plan{}, err
	}
	s, err := r.state(ctx, unit)
	switch {
	case err != nil:
		return Plan{}, err
	case s.load != "loaded":
		return Plan{}, fault.Say(fault.Stale, "error.fix_service_gone", tongue.Name("service", r.Name))
	case s.active == "active":
		return plans("fix.service_plan_up", tongue.Name("service", r.Name)).of(1, s.active), nil
	}
	return plans("fix.service_plan", tongue.Name("service", r.Name), tongue.Name("state", strings.TrimSpace(s.active+" "+s.result))).of(1, s.active), nil
}

// Do starts it, and looks whether it stays up.
func (r RestartService) Do(ctx context.Context, _ Plan) (Done, error) {
	unit, err := r.unit()
	if err != nil {
		return Done{}, err
	}
	if _, err := program(ctx, "systemctl", "restart", "--no-ask-password", "--no-pager", "--", unit); err != nil {
		if ctx.Err() != nil {
			return Done{}, err
		}
		return Done{}, cannot(err, "error.fix_service_failed", tongue.Name("service", r.Name))
	}
	s, err := r.state(ctx, unit)
	if err != nil {
		return Done{}, err
	}
	if s.active == "failed" {
		return Done{}, fault.Say(fault.Unavailable, "error.fix_service_failed", tongue.Name("service", r.Name))
	}
	return did("fix.service_done", tongue.Name("service", r.Name)).of(1, ""), nil
}
