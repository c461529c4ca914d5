// Deskbell-fleet simulates endpoints over the real protocol: to see how many a
// server carries, to show Deskbell with something in it, and to try changes on.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/deskbell/deskbell/internal/fleet"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/version"
)

type grammar struct {
	settings.Globals
	Run       runCmd      `cmd:"" default:"withargs" help:"Simulate endpoints. The word “run” may be left out; “deskbell-fleet run --help” lists its flags."`
	Demo      demoCmd     `cmd:"" help:"A small fleet with sites, ill machines and tickets in every state, to see Deskbell with something in it. Runs until Ctrl-C."`
	Scenario  scenarioCmd `cmd:"" help:"Make up days with outages, and measure how soon they are found. Needs no server."`
	ConfigCmd struct {
		Print configPrintCmd `cmd:"" help:"Print the settings that “run” would use, and where each comes from."`
	} `cmd:"" name:"config" help:"The settings."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	p := settings.Program{
		Name:  "deskbell-fleet",
		About: "Simulates endpoints of a Deskbell server over the real protocol.",
	}
	os.Exit(p.Run(&grammar{}, os.Args[1:]))
}

// runSettings are those that “config print” shows.
type runSettings struct {
	Enrolment []string      `help:"An enrolment string; given several times, the endpoints are dealt out among them. Not needed where --state has the endpoints already." placeholder:"STRING" sep:"none" secret:""`
	Endpoints int           `help:"How many endpoints." default:"10"`
	Interval  time.Duration `help:"Time between an endpoint's samples." default:"15s"`
	Frame     time.Duration `help:"Time between an endpoint's health frames; 0 is a minute, or --interval where that is longer. A negative time sends none." default:"0s"`
	Window    int           `help:"Send health frames as fast as the server acknowledges them, so many ahead on each endpoint, in place of by the clock." default:"0"`
	Rings     float64       `help:"Tickets rung a minute, over the whole fleet." default:"0"`
	Senders   int           `help:"Ring with so many at once, each as soon as its last ticket was acknowledged." default:"0"`
	Plain     bool          `help:"Ring without snapshot and findings."`
	After     time.Duration `help:"Ring only so long after the start, when connecting is over." default:"0s"`
	Quiet     bool          `help:"Requesters do not react to what the help desk does."`
	Listen    bool          `help:"Machines have known outages announced to them; the report says when all had heard of each."`
	Duration  time.Duration `help:"How long; 0 is until Ctrl-C." default:"0s"`
	State     string        `help:"Keep the endpoints' identities in this folder, so that the next run is the same fleet." placeholder:"DIR" type:"path"`
	Token     string        `help:"Listen to the server's events with this token, and measure how long a ring takes to the technician's page." placeholder:"TOKEN" secret:""`
}

type runCmd struct {
	runSettings
	JSON bool `help:"Print the results as one JSON object at the end." name:"json"`
}

// Help gives an example.
func (runCmd) Help() string {
	return "Example: deskbell-fleet --enrolment \"$(deskbell-server enrolment create --site Berlin --uses 500)\" --endpoints 500 --rings 10 --duration 5m --json\n\n" +
		"The fleet rings, sends health, answers diagnostics, comes back after the server was away, and reports latencies, losses and refusals."
}

// settle is how long the fleet waits at the end for acknowledgements that are due.
const settle = 10 * time.Second

// Run simulates until the time is up or it is interrupted.
func (c *runCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	f, err := fleet.New(fleet.Options{
		Enrolments: c.Enrolment, Endpoints: c.Endpoints, State: c.State, Interval: c.Interval, Frame: c.Frame, Window: c.Window,
		Rings: c.Rings, Senders: c.Senders, Plain: c.Plain, After: c.After, Quiet: c.Quiet, Listen: c.Listen, Duration: c.Duration, Settle: settle, Token: c.Token, Log: log,
	})
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		tell(f, log, stop)
	}()
	err = f.Run(ctx)
	close(stop)
	<-told
	if err != nil {
		return err
	}
	r := f.Report()
	if c.JSON {
		return s.Print(r)
	}
	_, err = fmt.Fprint(s.Out, r)
	return err
}

type demoCmd struct {
	Server    string   `help:"The console's address." required:"" placeholder:"URL"`
	Token     string   `help:"A token of an administrator, by which the help desk's part is played." required:"" placeholder:"TOKEN" secret:""`
	State     string   `help:"Keep endpoints and what was staged in this folder: the next run goes on with both." required:"" placeholder:"DIR" type:"path"`
	Enrolment []string `help:"An enrolment string for each site; not needed where --state has the endpoints already." placeholder:"STRING" sep:"none" secret:""`
	Endpoints int      `help:"How many endpoints." default:"24"`
	Rings     float64  `help:"Tickets rung an hour, beside those that are staged." default:"6"`
}

// Run plays until it is interrupted.
func (c *demoCmd) Run(ctx context.Context, log *slog.Logger) error {
	return fleet.Demo{
		Server: c.Server, Token: c.Token, State: c.State, Enrolments: c.Enrolment, Endpoints: c.Endpoints, Rings: c.Rings, Log: log,
	}.Run(ctx)
}

// tell logs how it goes, every ten seconds.
func tell(f *fleet.Fleet, log *slog.Logger, stop <-chan struct{}) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			r := f.Report()
			log.Info("fleet", "connected", r.Connected, "rung", r.Rings.Sent, "acknowledged", r.Rings.Acknowledged, "ack_p99_ms", r.Rings.Ack.P99,
				"frames", r.Health.Frames, "lost_sessions", r.Sessions.Lost, "refused", len(r.Sessions.Refused))
		}
	}
}

type configPrintCmd struct {
	runSettings
	settings.ConfigPrint
}

// Run prints the settings.
func (c *configPrintCmd) Run(e *settings.Effective, s settings.Streams) error { return c.Print(e, s) }

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s settings.Streams) error {
	_, err := fmt.Fprintln(s.Out, version.String())
	return err
}
