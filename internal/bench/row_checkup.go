//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/local"
)

// checkups is how often each is made.
const checkups = 12

// checkup is the rows “check-up on a healthy machine” and “peak with a collecting
// child”: the real agent is asked as a window asks it.
func checkup(ctx context.Context, b *bench) (*Result, error) {
	o, err := b.realAgent(ctx, "agent-checkup")
	if o.proxy != nil {
		defer o.proxy.close()
	}
	if err != nil {
		return nil, err
	}
	defer b.stopAll()
	if err := pause(ctx, b.Agent/10); err != nil {
		return nil, err
	}
	stop, peak := make(chan struct{}), make(chan int64, 1)
	go func() { peak <- highest(o.proc.pid(), stop) }()
	state := filepath.Join(b.dir, "agent-checkup")
	quick, _, err := timeCheckups(ctx, state, true)
	if err != nil {
		return nil, err
	}
	full, findings, err := timeCheckups(ctx, state, false)
	if err != nil {
		return nil, err
	}
	close(stop)
	most := <-peak
	return &Result{
		How: fmt.Sprintf("The real agent, enrolled and connected, is asked for %d quick check-ups and then for %d full ones over its local line, one after the other. "+
			"The time is from the question to the last part of the answer; the longest counts. Meanwhile the resident memory of the agent and of all children that it has is added up every 5 ms.", checkups, checkups),
		Lines: []Line{
			{What: "check-up, quick, the longest", Unit: "s", Deskbell: quick[len(quick)-1].Seconds(), Target: 1, Sense: AtMost},
			{What: "check-up, full, the longest", Unit: "s", Deskbell: full[len(full)-1].Seconds(), Target: 5, Sense: AtMost},
			{What: "agent RSS with its collecting children, the highest", Unit: "MB", Deskbell: float64(most) / 1e6, Target: 40, Sense: AtMost},
		},
		Notes: []string{
			fmt.Sprintf("The middle ones took %.2f s and %.2f s.", quick[len(quick)/2].Seconds(), full[len(full)/2].Seconds()),
			"Found on this machine: " + findings + ". That a hung collector costs its own deadline and no more is held by the tests of diagnostics/probe.",
		},
		Raw: map[string]any{"quick": quick, "full": full, "peak": most},
	}, nil
}

// timeCheckups returns how long each took, the shortest first, and what the last found.
func timeCheckups(ctx context.Context, state string, quick bool) (took []time.Duration, findings string, err error) {
	client := local.NewClient(state)
	defer client.Close()
	for range checkups {
		var last local.Checkup
		start := time.Now()
		if err := client.Checkup(ctx, local.CheckupRequest{Quick: quick}, func(x local.Checkup) { last = x }); err != nil {
			return nil, "", err
		}
		took = append(took, time.Since(start))
		if !last.Done {
			return nil, "", fmt.Errorf("the check-up did not end")
		}
		var codes []string
		for _, f := range last.Findings {
			codes = append(codes, string(f.Code))
		}
		if findings = strings.Join(codes, ", "); findings == "" {
			findings = "nothing"
		}
	}
	slices.Sort(took)
	return took, findings, nil
}

// highest adds up what a process and its children hold, until it is stopped.
func highest(pid int, stop chan struct{}) (most int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return most
		case <-tick.C:
			most = max(most, heldBy(pid))
		}
	}
}

// heldBy is the resident memory of a process and its descendants. Pages that they
// share count once each: it is rather too much than too little.
func heldBy(pid int) int64 {
	m, err := memoryOf(pid)
	if err != nil {
		return 0 // it has ended
	}
	sum := m.RSS
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return sum
	}
	for _, t := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		if err != nil {
			continue
		}
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				sum += heldBy(n)
			}
		}
	}
	return sum
}
