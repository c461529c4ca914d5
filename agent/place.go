package agent

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/agent/stock"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe"
	vocabulary "github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
)

// When it is looked at which access point the machine is. A machine without Wi-Fi may
// get some.
const (
	placePause  = 5 * time.Minute
	placeRarely = time.Hour
	placeLost   = 3 // readings that failed in a row: then nobody knows any more
)

// place keeps up to date at which access point the machine is. key is the server's, by
// which their names are made. Who forbids the machine's inventory forbids that too.
func (a *Agent) place(ctx context.Context, told *stock.Keeper, key []byte) {
	if !a.options.Policy.Allows(wire.AskInventory) {
		return
	}
	look := func() inventory.Section[inventory.Wireless] {
		return a.prober.TakeStock(probe.Unhurried(ctx), []inventory.Name{inventory.NameWireless}, nil).Wireless
	}
	followPlace(ctx, look, key, told.At)
}

func followPlace(ctx context.Context, look func() inventory.Section[inventory.Wireless], key []byte, at func(names []string, known bool)) {
	failed := 0
	for ctx.Err() == nil {
		s := look()
		if ctx.Err() != nil {
			return // half of it says nothing
		}
		wait := placePause
		switch s.State {
		case diagnostics.StateOK, diagnostics.StatePartial:
			failed = 0
			at(placeNames(s.Data, key), true)
		case diagnostics.StateUnsupported:
			failed, wait = 0, placeRarely
			at(nil, false)
		default:
			if failed++; failed == placeLost {
				at(nil, false)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// placeNames are the opaque names of the access points that may be told.
func placeNames(w *inventory.Wireless, key []byte) (names []string) {
	if w == nil {
		return nil
	}
	for _, r := range w.Radios {
		if n := vocabulary.AccessPointName(key, r.AccessPoint); n != "" {
			names = append(names, n)
		}
	}
	return names
}
