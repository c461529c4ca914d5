package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
)

type checkupCmd struct {
	stateFlag
	Quick bool `help:"Look for less than a second, and leave out what takes its time."`
	JSON  bool `help:"Print JSON: the findings and all that was read, with secrets taken out." name:"json"`
}

// Help is an example.
func (checkupCmd) Help() string {
	return "Example: deskbell-agent checkup --quick\n\nWithout --quick it takes a second or two, and sees more. It needs neither a server nor the service; the service sees a little more."
}

// Run checks the computer.
func (c *checkupCmd) Run(ctx context.Context, s settings.Streams) error {
	x, err := c.check(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.Print(x)
	}
	tellCheckup(s.Out, x)
	return nil
}

// check asks the service, or looks itself when there is none.
func (c *checkupCmd) check(ctx context.Context) (local.Checkup, error) {
	client := local.NewClient(c.State)
	defer client.Close()
	var last local.Checkup
	err := client.Checkup(ctx, local.CheckupRequest{Quick: c.Quick}, func(x local.Checkup) { last = x })
	if err == nil && last.Done || err != nil && !fault.Is(err, fault.Unavailable) {
		return last, err
	}
	raw := probe.New(probe.Options{Child: childOf()}).Collect(ctx, probe.Request{Quick: c.Quick}, nil)
	if ctx.Err() != nil {
		return last, ctx.Err()
	}
	last = checkups.Present("", raw, nil)
	last.Done = true
	return last, nil
}

// glyphs stand before findings: severity is never colour alone.
var glyphs = map[diagnostics.Severity]string{diagnostics.Critical: "◆", diagnostics.Warning: "▲", diagnostics.Info: "●"}

// tellCheckup tells in plain words what was found.
func tellCheckup(w io.Writer, x local.Checkup) {
	for _, f := range x.Findings {
		fmt.Fprintf(w, "%s %s\n", glyphs[f.Severity], plain(f.Sentence))
		if f.Advice != "" {
			fmt.Fprintf(w, "  %s\n", plain(f.Advice))
		}
		if f.Detail != "" {
			fmt.Fprintf(w, "  (%s)\n", plain(f.Detail))
		}
	}
	if len(x.Findings) == 0 {
		fmt.Fprintln(w, "✓ Nothing is wrong that a check-up can see.")
	}
	var read []string
	for _, section := range x.Snapshot.Sections() {
		switch section.State {
		case diagnostics.StateOK, diagnostics.StatePartial:
			read = append(read, sectionWords[section.Name])
		case diagnostics.StateTimeout, diagnostics.StateFailed:
			fmt.Fprintf(w, "? The %s could not be read: %s\n", sectionWords[section.Name], plain(section.Note))
		}
	}
	took := time.Duration(x.Snapshot.TookMS) * time.Millisecond
	fmt.Fprintf(w, "\nChecked in %.1f s: %s.\n", took.Seconds(), strings.Join(read, ", "))
}

// sectionWords are the sections' names for people.
var sectionWords = map[diagnostics.SectionName]string{
	diagnostics.SectionSystem: "system", diagnostics.SectionCPU: "processor", diagnostics.SectionMemory: "memory",
	diagnostics.SectionDisks: "disks", diagnostics.SectionNetwork: "network", diagnostics.SectionProcesses: "running programs",
	diagnostics.SectionServices: "services", diagnostics.SectionLog: "system log",
}
