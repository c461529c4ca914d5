//go:build linux

// Bench measures what docs/performance.md says: each row of its table, beside a
// baseline of the bare libraries that is measured in the same run, since absolute
// figures of a shared machine say little. Servers and clients are processes of
// their own, on loopback; every process that it starts ends with it.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
)

type grammar struct {
	settings.Globals
	Run        runCmd        `cmd:"" default:"withargs" help:"Measure."`
	BareServer bareServerCmd `cmd:"" hidden:""`
	BareStore  bareStoreCmd  `cmd:"" hidden:""`
	DeskStore  deskStoreCmd  `cmd:"" hidden:""`
	InMemory   inMemoryCmd   `cmd:"" hidden:""`
	FindStore  findStoreCmd  `cmd:"" hidden:""`
}

func main() {
	p := settings.Program{Name: "bench", About: "Measures Deskbell beside the bare libraries, and writes docs/performance.md."}
	os.Exit(p.Run(&grammar{}, os.Args[1:]))
}

// scale is how much is measured. Each figure can be made smaller to try the
// measurement itself out; the report says so then.
type scale struct {
	Endpoints int           `help:"Connected endpoints." default:"15000"`
	InMemory  int           `help:"Endpoints whose connections are in memory." default:"100000"`
	Rate      int           `help:"Health messages a second beside which tickets are timed." default:"3300"`
	Steady    time.Duration `help:"How long connections are left alone before their memory is read." default:"90s"`
	For       time.Duration `help:"How long each rate and latency is measured." default:"60s" name:"for"`
	Agent     time.Duration `help:"How long the agent is watched." default:"5m"`
	First     time.Duration `help:"How long what an agent uses in its first minutes is counted." default:"10m"`
	Tray      time.Duration `help:"How long the idle tray is watched." default:"48s"`
	Clicks    int           `help:"How often a window is opened." default:"10"`
	Tickets   int           `help:"Tickets of the made past in which is searched." default:"1000000"`
}

// quick is enough to see that everything works.
var quick = scale{Endpoints: 200, InMemory: 1000, Rate: 200, Steady: 8 * time.Second, For: 6 * time.Second, Agent: 15 * time.Second, First: 20 * time.Second, Tray: 8 * time.Second, Clicks: 3, Tickets: 5000}

type runCmd struct {
	scale
	Only  []string `help:"Measure only these rows: memory, inmemory, latency, tickets, health, ingest, restart, agent, checkup, recorder, tray, window, list, triage, find, desk, shown, fleet, processes, terminal, rules, firing, announce, wall, series or whole." placeholder:"ROW"`
	Quick bool     `help:"A few seconds each and few endpoints, to see that it works: the figures mean nothing, and only --out gets them."`
	Out   string   `help:"The folder for performance.md, and performance/ with the raw figures. With --quick there is no default." placeholder:"DIR" type:"path"`
	Keep  bool     `help:"Keep the folder with the servers' data and logs."`
}

// row is one measurement.
type row struct {
	name    string
	measure func(context.Context, *bench) (*Result, error)
}

func rows() []row {
	return []row{
		{"memory", memory}, {"inmemory", inMemory}, {"latency", latency}, {"tickets", tickets}, {"health", health}, {"ingest", ingest}, {"restart", restart},
		{"agent", agent}, {"checkup", checkup}, {"recorder", recorded}, {"tray", tray}, {"window", window}, {"list", list},
		{"triage", triageRow}, {"find", found}, {"desk", deskRow}, {"shown", shown}, {"fleet", askFleet}, {"processes", processList}, {"terminal", terminalRow}, {"rules", rules}, {"firing", firing}, {"announce", announced}, {"wall", wallRow}, {"series", seriesRow}, {"whole", wholeRow},
	}
}

func rowNames() []string {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}

// Run measures the rows and writes the report.
func (c *runCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	for _, name := range c.Only {
		if !slices.Contains(rowNames(), name) {
			return fault.Field("--only", "There is no row “"+name+"”. The rows are "+strings.Join(rowNames(), ", ")+".")
		}
	}
	if c.Quick {
		c.scale = quick
	}
	if c.Out == "" && !c.Quick {
		c.Out = "docs"
	}
	b, err := newBench(ctx, c.scale, log)
	if err != nil {
		return err
	}
	defer b.close(c.Keep)
	for _, r := range rows() {
		if len(c.Only) > 0 && !slices.Contains(c.Only, r.name) {
			continue
		}
		log.Info("measuring", "row", r.name)
		start := time.Now()
		result, err := r.measure(ctx, b)
		b.stopAll()
		if err != nil {
			return fmt.Errorf("the row %s: %w", r.name, err)
		}
		result.Name, result.At, result.Took, result.Quick = r.name, start.UTC().Truncate(time.Second), time.Since(start).Round(time.Second).String(), c.Quick
		result.Machine, result.Command, result.Scale = machineNow(), command(r.name, c), c.scale
		fmt.Fprint(s.Out, result)
		if c.Out != "" {
			if err := save(c.Out, result); err != nil {
				return err
			}
		}
	}
	return nil
}

// command is how to measure this row again.
func command(name string, c *runCmd) string {
	all := "go run ./internal/bench --only " + name
	if c.Quick {
		all += " --quick"
	}
	return all
}
