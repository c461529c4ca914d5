package agent

import (
	"context"

	"github.com/deskbell/deskbell/agent/stock"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// stock tells the server the facts by which machines are compared. Who forbids the
// machine's inventory forbids that too.
func (a *Agent) stock(dir string) *stock.Keeper {
	return stock.New(stock.Options{
		Dir: dir, Log: a.options.Log, Off: !a.options.Policy.Allows(wire.AskInventory),
		System: func() diagnostics.System { return a.prober.Inventory(context.Background()).System },
		Subnet: func() string {
			if to := a.reaches.Load(); to != nil {
				return stock.Subnet(uplink.Outgoing(*to))
			}
			return ""
		},
	})
}
