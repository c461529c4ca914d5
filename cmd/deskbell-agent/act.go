package main

import (
	"cmp"
	"context"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
)

// actOn is what the commands that act on a ticket have in common.
type actOn struct {
	stateFlag
	Number string `arg:"" help:"The ticket's number."`
	JSON   bool   `help:"Print JSON." name:"json"`
}

func (c *actOn) act(ctx context.Context, s settings.Streams, a local.Act) error {
	client := local.NewClient(c.State)
	defer client.Close()
	t, err := find(ctx, client, c.Number)
	if err != nil {
		return err
	}
	a.Ref = ulid.Make().String()
	r, err := persist(ctx, func() (local.Receipt, error) { return client.Act(ctx, cmp.Or(t.ID, t.Ref), a) })
	if err != nil {
		return err
	}
	return tellReceipt(s, c.JSON, r)
}

type confirmCmd struct{ actOn }

// Help is an example.
func (confirmCmd) Help() string { return "Example: deskbell-agent confirm 1042" }

// Run says that the solution holds.
func (c *confirmCmd) Run(ctx context.Context, s settings.Streams) error {
	return c.act(ctx, s, local.Act{Act: wire.ActConfirm})
}

type reopenCmd struct {
	actOn
	Comment string `help:"What is still wrong."`
}

// Help is an example.
func (reopenCmd) Help() string {
	return "Example: deskbell-agent reopen 1042 --comment \"It is grey again.\""
}

// Run says that it is not solved after all.
func (c *reopenCmd) Run(ctx context.Context, s settings.Streams) error {
	return c.act(ctx, s, local.Act{Act: wire.ActReopen, Comment: c.Comment})
}

type rateCmd struct {
	actOn
	Rating  int    `arg:"" help:"From 1 (bad) to 5 (good)."`
	Comment string `help:"Why."`
}

// Help is an example.
func (rateCmd) Help() string { return "Example: deskbell-agent rate 1042 5 --comment \"Quick.\"" }

// Run rates the help.
func (c *rateCmd) Run(ctx context.Context, s settings.Streams) error {
	return c.act(ctx, s, local.Act{Act: wire.ActRate, Rating: c.Rating, Comment: c.Comment})
}

type cancelCmd struct {
	actOn
	Comment string `help:"Why it is not needed any more."`
}

// Help is an example.
func (cancelCmd) Help() string { return "Example: deskbell-agent cancel 1042" }

// Run takes the ticket back.
func (c *cancelCmd) Run(ctx context.Context, s settings.Streams) error {
	return c.act(ctx, s, local.Act{Act: wire.ActCancel, Comment: c.Comment})
}
