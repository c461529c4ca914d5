// Deskbell-agent is the endpoint service, and the command line of the people at an
// endpoint. “deskbell-agent run” serves; the other commands talk to the service
// that runs, or set it up.
package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/agent/script"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/terminal"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/version"
)

// childCommand starts this program as a collector's child: a reading that can hang
// is made in a process that can be killed.
const childCommand = "probe-child"

// handCommand starts this program to take one step of a fix, with that step's rights.
const handCommand = "fix-hand"

// terminalCommand starts this program to hold a terminal, with the rights of whose
// it is.
const terminalCommand = "terminal-hand"

// scriptCommand starts this program to run a script, with the script's rights.
const scriptCommand = "script-hand"

type grammar struct {
	settings.Globals
	Ring      ringCmd      `cmd:"" help:"Ring the help desk: send a ticket with a check-up of this computer."`
	Checkup   checkupCmd   `cmd:"" help:"Check this computer and tell what is wrong with it."`
	Inventory inventoryCmd `cmd:"" help:"Show what this computer is made of and how it is set up."`
	Tickets   ticketsCmd   `cmd:"" help:"Show your tickets, or one of them with its messages."`
	Reply     replyCmd     `cmd:"" help:"Write on one of your tickets."`
	Confirm   confirmCmd   `cmd:"" help:"Say that the solution of one of your tickets holds."`
	Reopen    reopenCmd    `cmd:"" help:"Say that one of your tickets is not solved after all."`
	Rate      rateCmd      `cmd:"" help:"Rate the help that you got."`
	Cancel    cancelCmd    `cmd:"" help:"Take one of your tickets back."`
	Portal    portalCmd    `cmd:"" help:"Get a link to the help desk's web pages that signs you in, once."`
	Looks     looksCmd     `cmd:"" help:"Show who has looked at this computer from afar."`
	Status    statusCmd    `cmd:"" help:"Tell whether the service runs and is connected."`
	Enrol     enrolCmd     `cmd:"" help:"Give this computer its identity with a server."`
	Run       runCmd       `cmd:"" help:"Run the service in the foreground, until it is told to stop (Ctrl-C or SIGTERM)."`
	Install   installCmd   `cmd:"" help:"Install the service, so that it starts with the computer."`
	Uninstall removeCmd    `cmd:"" help:"Remove the installed service. Its folder stays."`
	Start     startCmd     `cmd:"" help:"Start the installed service."`
	Stop      stopCmd      `cmd:"" help:"Stop the installed service."`
	ConfigCmd struct {
		Print configPrintCmd `cmd:"" help:"Print the settings that “run” would use, and where each comes from."`
	} `cmd:"" name:"config" help:"The settings."`
	Hash    hashCmd    `cmd:"" help:"Show what a script from the server's library would do, and its SHA-256 for the list of scripts that this computer runs."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		os.Exit(probe.RunChild(context.Background(), os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) == 2 && os.Args[1] == handCommand {
		os.Exit(fix.RunHand(context.Background(), os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) == 2 && os.Args[1] == terminalCommand {
		os.Exit(terminal.RunHand(os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) == 2 && os.Args[1] == scriptCommand {
		os.Exit(script.RunHand(os.Stdin, os.Stdout, os.Stderr))
	}
	frugal()
	p := settings.Program{
		Name:  "deskbell-agent",
		About: "Deskbell's service on an endpoint, and its command line: ring the help desk, check this computer, read your tickets.",
		File:  configFile(),
	}
	os.Exit(p.Run(&grammar{}, os.Args[1:]))
}

// frugal trades a little processor time for memory: the service is a guest on a
// machine that somebody works at, and has next to nothing to collect.
func frugal() {
	debug.SetGCPercent(40)
	debug.SetMemoryLimit(48 << 20)
	// One processor at a time: a second one would wake up only to find nothing to
	// do. What waits for the system does not count.
	runtime.GOMAXPROCS(1)
}

func configFile() string {
	if runtime.GOOS == "linux" {
		return "/etc/deskbell/agent.yaml"
	}
	return filepath.Join(string(state.Dir("").Or()), "agent.yaml")
}

// stateFlag is on every command: which agent it is about.
type stateFlag struct {
	State string `help:"The folder of a private agent. Without it, the installed one is meant." placeholder:"DIR" type:"path"`
}

func (f stateFlag) dir() state.Dir { return state.Dir(f.State) }

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s settings.Streams) error {
	_, err := s.Out.Write([]byte("deskbell-agent " + version.String() + "\n"))
	return err
}

// Help is an example.
func (versionCmd) Help() string { return "Example: deskbell-agent version" }
