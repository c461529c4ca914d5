package remote

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// An inventory comes section by section, without secrets; one that does not exist is
// refused before anything is read.
func TestInventoryIsAnsweredInSectionsAndRedacted(t *testing.T) {
	m := &machine{stock: inventory.Inventory{Version: inventory.Version, TakenAt: time.Now(), OS: "linux"}}
	m.stock.Startup = inventory.Section[inventory.Startup]{State: diagnostics.StateOK, Data: &inventory.Startup{Items: []inventory.StartupItem{{Name: "sync", Kind: "desktop", Command: "sync --password=hunter2hunter2 --to x"}}}}
	m.stock.Sockets = inventory.Section[inventory.Sockets]{State: diagnostics.StateTimeout, Note: "No answer in 5 s."}
	var told looks
	r := New(Options{Prober: m, OnLook: told.add})
	a := do(t, r, ask(t, wire.AskInventory, wire.InventoryParams{Sections: []inventory.Name{inventory.NameStartup, inventory.NameSockets}}))
	if len(a.parts) != 2 || a.last.Code != "" {
		t.Fatalf("%d parts, %+v", len(a.parts), a.last)
	}
	var whole inventory.Inventory
	for _, raw := range a.parts {
		var part inventory.Inventory
		if err := json.Unmarshal(raw, &part); err != nil {
			t.Fatal(err)
		}
		whole.Merge(part)
	}
	if whole.Startup.Data == nil || strings.Contains(whole.Startup.Data.Items[0].Command, "hunter2") || !strings.Contains(whole.Startup.Data.Items[0].Command, "--to x") {
		t.Errorf("%+v", whole.Startup)
	}
	if whole.Sockets.State != diagnostics.StateTimeout || whole.Software.State != diagnostics.StateMissing {
		t.Errorf("%+v %+v", whole.Sockets, whole.Software)
	}
	if told.all[0].What != "the inventory of this machine: start-up items, listening programs" {
		t.Errorf("the employee is told of %q", told.all[0].What)
	}
	if a := do(t, r, ask(t, wire.AskInventory, `{"sections":["secrets"]}`)); a.last.Code != fault.Invalid || len(a.parts) > 0 {
		t.Errorf("%+v", a.last)
	}
	for _, n := range inventory.Names() {
		if inventoryWords[n] == "" {
			t.Errorf("there are no words for %s", n)
		}
	}
}
