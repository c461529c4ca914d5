package people

import (
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
)

// WhatChanged tells what has changed on the machine. It is everybody's, as a list of
// installed software is.
func (d *Desk) WhatChanged() (inventory.Changes, error) {
	if d.History == nil {
		return inventory.Changes{}, fault.New(fault.NotFound, "This computer does not keep what has changed on it.")
	}
	return d.History.Changes(), nil
}
