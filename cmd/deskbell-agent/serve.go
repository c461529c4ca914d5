package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/kardianos/service"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/agent/script"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/version"
	"github.com/deskbell/deskbell/internal/wire"
)

// runSettings are those that “config print” shows.
type runSettings struct {
	stateFlag
	Forbid      []wire.AskKind       `help:"Diagnostics that nobody may ask of this computer from afar, such as log or processes. The server cannot allow them again." placeholder:"KIND"`
	Allow       []wire.AskKind       `help:"What may be done on this computer from afar, such as process.end or service.restart; “service” means all that is done with services, “file” all that is done with files. Without it, nothing. The server cannot allow it." placeholder:"ACT"`
	AskFirst    []wire.AskKind       `help:"What of that needs the consent of the person who rang, each time. Terminals and pictures of the screen always do." placeholder:"ACT"`
	FetchFrom   []string             `help:"Places of which files may be fetched where --allow names file.fetch: absolute, “*” for any part of a name, “**” for folders of any depth. A file in somebody's home needs their consent too." placeholder:"GLOB"`
	FetchBinary bool                 `help:"Files that are no text may be fetched as well. Secrets cannot be taken out of them."`
	FetchMost   int64                `help:"How many bytes of a file may be fetched." default:"10485760" placeholder:"BYTES"`
	Scripts     string               `help:"A file with the SHA-256 of the scripts that may be run where --allow names script.run or script.root: one a line, a name after it. “--allow script.any” runs whatever the server sends." placeholder:"FILE" type:"path"`
	LogFile     []string             `help:"Log files that may be read and followed from afar besides the system's own log: absolute, with the patterns of --fetch-from. Nothing that is somebody's own." placeholder:"GLOB"`
	ForbidFix   []diagnostics.Recipe `help:"Fixes that nobody may start on this computer, such as link.restart or process.end." placeholder:"FIX"`
	WorkWifi    []string             `name:"work-wifi" help:"Names of wireless networks that are for work: the help desk is told which of their access points this computer is at, by an opaque name. Of networks with an account for each (802.1X) it is told without that, but on Windows; of any other it never is." placeholder:"NAME"`
	NoRecorder  bool                 `help:"Keep no flight recorder: what the computer did before it froze is then not known."`
}

func (r runSettings) policy() (remote.Policy, error) {
	p := remote.Policy{Allow: map[wire.AskKind]bool{}, AskFirst: map[wire.AskKind]bool{}}
	known := map[wire.AskKind]bool{}
	for _, k := range wire.AskKinds() {
		known[k] = true
	}
	for _, k := range r.Forbid {
		if !known[k] {
			return p, fault.Field("--forbid", fmt.Sprintf("There is no diagnostic “%s”. There are %v.", k, wire.AskKinds()))
		}
		p.Allow[k] = false
	}
	for _, name := range r.Allow {
		if name == anyScript {
			continue
		}
		kinds := granted(name)
		if len(kinds) == 0 {
			return p, fault.Field("--allow", fmt.Sprintf("There is nothing called “%s” that could be done from afar. There are service (all that is done with services), file (with files), script (with scripts), script.any and %v.", name, wire.ActKinds()))
		}
		for _, k := range kinds {
			p.Allow[k] = true
		}
	}
	for _, name := range r.AskFirst {
		kinds := granted(name)
		if len(kinds) == 0 {
			return p, fault.Field("--ask-first", fmt.Sprintf("There is nothing called “%s” that could be done from afar. There are service (all that is done with services), file (with files), script (with scripts), script.any and %v.", name, wire.ActKinds()))
		}
		for _, k := range kinds {
			p.AskFirst[k] = true
		}
	}
	return p, nil
}

// anyScript is what --allow names where the machine trusts the server to say which
// scripts are run.
const anyScript wire.AskKind = "script.any"

// scripts are the SHA-256 of scripts that may be run here.
func (r runSettings) scripts() (listed map[string]bool, all bool, err error) {
	if r.Scripts != "" {
		listed, err = script.ReadList(r.Scripts)
	}
	return listed, slices.Contains(r.Allow, anyScript), err
}

// granted are the acts that a word of --allow stands for.
func granted(name wire.AskKind) []wire.AskKind {
	if name == "service" {
		return []wire.AskKind{wire.ActStartService, wire.ActStopService, wire.ActRestartService}
	}
	if name == "script" {
		return []wire.AskKind{wire.ActRunScript, wire.ActRunRootScript}
	}
	if name == "file" {
		return []wire.AskKind{wire.ActListFiles, wire.ActFetchFile}
	}
	if name.Acts() {
		return []wire.AskKind{name}
	}
	return nil
}

func (r runSettings) fixes() (fix.Policy, error) {
	p := fix.Policy{Forbid: map[diagnostics.Recipe]bool{}}
	for _, f := range r.ForbidFix {
		if !slices.Contains(fix.Recipes(), f) {
			return p, fault.Field("--forbid-fix", fmt.Sprintf("There is no fix “%s”. There are %v.", f, fix.Recipes()))
		}
		p.Forbid[f] = true
	}
	return p, nil
}

type runCmd struct{ runSettings }

// Help is an example.
func (runCmd) Help() string { return "Example: deskbell-agent run --state ./agent" }

// Run serves until ctx ends.
func (c *runCmd) Run(ctx context.Context, log *slog.Logger) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	shelf, err := files.New(files.Policy{From: c.FetchFrom, Binary: c.FetchBinary, Most: c.FetchMost})
	if err != nil {
		return err
	}
	listed, anyScript, err := c.scripts()
	if err != nil {
		return err
	}
	logs, err := files.NewLogs(c.LogFile)
	if err != nil {
		return err
	}
	fixes, err := c.fixes()
	if err != nil {
		return err
	}
	a := agent.New(agent.Options{
		State: c.dir(), Version: version.String(), Child: childOf(), Hand: ownCommand(handCommand), Terminal: ownCommand(terminalCommand), Policy: policy, Files: shelf, Logs: logs, Scripts: listed, AnyScript: anyScript, ScriptHand: ownCommand(scriptCommand), Fixes: fixes, WorkNetworks: c.WorkWifi, NoRecorder: c.NoRecorder, Log: log,
		Ready: func() { notify("READY=1") },
	})
	serve := func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() { trim(ctx) })
		return a.Run(ctx)
	}
	if runtime.GOOS == "windows" && !service.Interactive() {
		return underManager(ctx, c.State, serve)
	}
	return serve(ctx)
}

// childOf is how this program is started as a collector's child.
func childOf() []string { return ownCommand(childCommand) }

// ownCommand is how this program is started as a part of itself; nothing when it
// cannot find itself.
func ownCommand(name string) []string {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{self, name}
}

type configPrintCmd struct {
	runSettings
	settings.ConfigPrint
}

// Help is an example.
func (configPrintCmd) Help() string { return "Example: deskbell-agent config print --json" }

// Run prints the settings.
func (c *configPrintCmd) Run(e *settings.Effective, s settings.Streams) error { return c.Print(e, s) }

type enrolCmd struct {
	stateFlag
	String string `arg:"" help:"The enrolment string that your administrator has made for this computer."`
	Force  bool   `help:"Give up the identity that this computer has. A copy of it is kept beside the new one."`
	JSON   bool   `help:"Print JSON." name:"json"`
}

// Help is an example.
func (enrolCmd) Help() string {
	return "Example: sudo deskbell-agent enrol deskbell-enrol-1.eyJ1Ijoi…\n\nA service that runs goes on with the new identity by itself."
}

// Run enrols the machine.
func (c *enrolCmd) Run(ctx context.Context, s settings.Streams) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	i := probe.New(probe.Options{Child: childOf()}).Inventory(ctx)
	id, err := enrol.Enrol(ctx, c.dir().Or(), c.String, enrol.Options{Force: c.Force, Machine: wire.Machine{
		Hostname: host, OS: runtime.GOOS, Arch: runtime.GOARCH, Platform: i.System.Platform, Agent: agent.Name(version.String()),
	}})
	if err != nil {
		return err
	}
	if c.JSON {
		return s.Print(map[string]any{"endpoint": id.Endpoint, "site": id.Site, "organisation": id.Organisation, "server": id.URL, "enrolled_at": id.EnrolledAt.Format(time.RFC3339)})
	}
	where := ""
	if id.Site != "" {
		where = " at the site " + plain(id.Site)
	}
	fmt.Fprintf(s.Out, "This computer is enrolled with %s%s, as %s.\n", id.URL, where, plain(id.Endpoint))
	return nil
}
