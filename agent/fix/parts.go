package fix

import (
	"context"
)

// parts are hands for the agent's own parts. They are this process, since the parts
// are in it; other steps go on to the hands proper.
type parts struct {
	Hands
	restart map[string]func() error
}

// Plan is for Hands.
func (p parts) Plan(ctx context.Context, uid string, s Step) (Plan, error) {
	q, ok := s.(RestartPart)
	if !ok {
		return p.Hands.Plan(ctx, uid, s)
	}
	if p.restart[q.Part] == nil {
		return Plan{}, errPart()
	}
	return plans("fix.part_plan").of(1, ""), nil
}

// Do is for Hands.
func (p parts) Do(ctx context.Context, uid string, s Step, plan Plan) (Done, error) {
	q, ok := s.(RestartPart)
	if !ok {
		return p.Hands.Do(ctx, uid, s, plan)
	}
	restart := p.restart[q.Part]
	if restart == nil {
		return Done{}, errPart()
	}
	if err := restart(); err != nil {
		return Done{}, err
	}
	return did("fix.part_done").of(1, ""), nil
}
