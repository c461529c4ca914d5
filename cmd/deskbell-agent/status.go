package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"text/tabwriter"

	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
)

type statusCmd struct {
	stateFlag
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is an example.
func (statusCmd) Help() string {
	return "Example: deskbell-agent status\n\nThe exit status is 0 when the service runs, and 1 when it does not."
}

// Run tells how the service is.
func (c *statusCmd) Run(ctx context.Context, s settings.Streams) error {
	client := local.NewClient(c.State)
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		st = c.withoutService()
		if fault.Is(err, fault.Unavailable) {
			err = fault.New(fault.NotFound, "The Deskbell service does not run on this computer. “deskbell-agent start” starts the installed one, “deskbell-agent run” one in the foreground.")
		}
	}
	if c.JSON {
		return errors.Join(s.Print(st), err)
	}
	if err != nil {
		return err
	}
	return tellStatus(s, st)
}

// withoutService is what can be known of an agent that does not run.
func (c *statusCmd) withoutService() local.Status {
	st := local.Status{Version: local.Version, Connection: local.NoAgent}
	id, err := enrol.Load(c.dir().Or())
	if err == nil {
		st.Enrolled, st.Endpoint, st.Server, st.Organisation, st.Site = true, id.Endpoint, id.URL, id.Organisation, id.Site
	} else if errors.Is(err, fs.ErrPermission) {
		st.Problem = "Whether this computer is enrolled, only an administrator can see while the service does not run."
	}
	return st
}

// connectionWords are the connections for people.
var connectionWords = map[local.Connection]string{
	local.Connected: "connected", local.Connecting: "connecting", local.Offline: "not connected",
	local.Held: "held by the administrator", local.NotEnrolled: "not enrolled", local.NoAgent: "not running",
}

func tellStatus(s settings.Streams, st local.Status) error {
	t := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	connection := connectionWords[st.Connection]
	if !st.Since.IsZero() {
		connection += ", since " + when(st.Since)
	}
	line("Connection", connection)
	line("", plain(st.Problem))
	line("Server", plain(st.Server))
	line("Computer", plain(st.Endpoint))
	line("Organisation", plain(st.Organisation))
	line("Site", plain(st.Site))
	if st.Enrolled {
		line("Waiting", count(st.Waiting, "message of yours to be sent", "messages of yours to be sent"))
		line("Unread", count(st.Unread, "message of the help desk", "messages of the help desk"))
	}
	for _, k := range st.Looking {
		line("Looking now", plain(k.Who)+": "+plain(k.What))
	}
	line("Version", plain(st.Agent))
	return t.Flush()
}
