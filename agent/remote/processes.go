package remote

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	// watchAll is how long all processes may be watched at most. Who wants to see
	// more asks again, and the employee reads that they did.
	watchAll = 600
	// rowsAPart is how many processes are described in one part.
	rowsAPart = 1000
)

func (r *Runner) processes(p wire.ProcessesParams) (job, error) {
	most := 60
	if p.All {
		most = watchAll
	}
	seconds, err := between("seconds", p.Seconds, 1, most, 10)
	if err != nil {
		return job{}, err
	}
	run := func(ctx context.Context, out *output) error { return r.heaviest(ctx, out, seconds) }
	if p.All {
		run = func(ctx context.Context, out *output) error { return r.allProcesses(ctx, out, seconds) }
	}
	return job{what: "the list of running programs", limit: time.Duration(seconds+15) * time.Second, run: run}, nil
}

func (r *Runner) heaviest(ctx context.Context, out *output, seconds int) error {
	var unsent error
	err := r.options.Prober.WatchProcesses(ctx, time.Second, func(list diagnostics.Processes) bool {
		unsent = send(out, list)
		seconds--
		return unsent == nil && seconds > 0
	})
	if err != nil {
		return err
	}
	return unsent
}

// allProcesses goes on for so many seconds of the clock: on a machine with very many
// processes there are fewer readings.
func (r *Runner) allProcesses(ctx context.Context, out *output, seconds int) error {
	var unsent error
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	err := r.options.Prober.WatchAllProcesses(ctx, time.Second, func(c diagnostics.ProcessChanges) bool {
		for {
			part := c
			part.Rows = c.Rows[:min(len(c.Rows), rowsAPart)]
			if unsent = send(out, part); unsent != nil {
				return false
			}
			if c.Rows = c.Rows[len(part.Rows):]; len(c.Rows) == 0 {
				return time.Now().Before(end)
			}
			c.Begin, c.Now, c.Gone = false, nil, nil
		}
	})
	if err != nil {
		return err
	}
	return unsent
}
