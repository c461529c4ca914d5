//go:build linux

// Command lab breaks machines and looks whether a check-up says what is wrong with
// them. Each machine is a set of Linux namespaces of its own (network, mounts,
// processes, host name, boot time), joined by a cable to a small world with a
// gateway, name services, a time server and a help desk's server. What is broken
// is broken for real, and read by the very collectors of the agent; what had to be
// played is said in the table.
//
//	go run ./internal/lab                 all machines, the table on standard output
//	go run ./internal/lab -run 'dns|disk' some of them
//	go run ./internal/lab -findings       the findings into docs/diagnosis.md, without any machine
//	go run ./internal/lab -write          the table and the findings into docs/diagnosis.md
//
// It needs Linux and root, and harms nothing outside its namespaces.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/deskbell/deskbell/diagnostics/probe"
)

func main() {
	if code, ours := inner(os.Args[1:]); ours {
		os.Exit(code)
	}
	run := flag.String("run", "", "only machines whose name matches this regular expression")
	write := flag.Bool("write", false, "write docs/diagnosis.md; with all machines only")
	hurry := flag.Bool("hurry", false, "do not wait for other programs of the host: what they do may be found too")
	list := flag.Bool("findings", false, "write the findings into docs/diagnosis.md, and nothing else")
	flag.Parse()
	if *list {
		if err := writeLab(""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	which, err := regexp.Compile(*run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "The expression is not one:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := laboratory(ctx, which, *write && *run == "", *hurry); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inner runs what the laboratory starts itself as: the parts of a machine.
func inner(args []string) (code int, ours bool) {
	if len(args) == 0 {
		return 0, false
	}
	parts := map[string]func([]string) error{"machine": stage, "world": world, "look": look, "actor": actor}
	if args[0] == "collect" {
		return probe.RunChild(context.Background(), args[1:], os.Stdin, os.Stdout, os.Stderr), true
	}
	part, ok := parts[args[0]]
	if !ok {
		return 0, false
	}
	if err := part(args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", args[0], err)
		return 1, true
	}
	return 0, true
}

// look is one check-up, inside of a machine: the collectors as the agent runs them.
func look(args []string) error {
	s, err := scenarioNamed(args[0])
	if err != nil {
		return err
	}
	request := probe.Request{Server: s.server(), Quick: args[1] == "quick"}
	snapshot := probe.New(probe.Options{Child: []string{self(), "collect"}}).Collect(context.Background(), request, nil)
	return json.NewEncoder(os.Stdout).Encode(snapshot)
}

// self is this program, by a name that holds in every namespace.
func self() string {
	path, err := os.Executable()
	if err != nil {
		panic(err) // /proc is there wherever a machine is
	}
	return path
}
