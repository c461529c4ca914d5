package server_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestForm: what machines tell of their form over their sessions is what they are searched
// for by, and what groups are made of; one of before, which does not tell it, is in none.
func TestForm(t *testing.T) {
	s := servertest.Start(t)
	ids := map[string]string{}
	for _, form := range []string{"laptop", "virtual", "", "<b>toaster</b>"} {
		m := s.Machine("PC " + form)
		facts := []stock.Fact{{Kind: stock.Read, Name: "hardware"}, {Kind: stock.Hardware, Name: "model", Value: "Example"}}
		if form != "" {
			facts = append(facts, stock.Fact{Kind: stock.Hardware, Name: stock.FormName, Value: form})
		}
		facts, _ = stock.Clean(facts)
		told := wire.Stock{Hash: stock.Hash(facts), TakenAt: time.Now(), Facts: stock.Pack(facts)}
		if a := servertest.Call[wire.Ack](t, m.Session(t), wire.TypeStock, told); !a.OK {
			t.Fatalf("%+v", a)
		}
		ids[form] = m.ID
	}
	for typed, want := range map[string]string{"form:laptop": "laptop", "-form:laptop": "virtual", "form:virtual,server": "virtual", "form:desktop": "none"} {
		in, ok := s.Asked(typed)
		for form, id := range ids {
			if !ok || in(id) != (form == want) {
				t.Errorf("%s finds %q: %t", typed, form, ok && in(id))
			}
		}
	}
	var made struct{ Endpoints int }
	rest(t, s, "POST", "/groups", map[string]any{"name": "Laptops", "condition": "form:laptop"}, &made)
	if made.Endpoints != 1 {
		t.Errorf("%d laptops", made.Endpoints)
	}
	var found struct{ Items []struct{ ID string } }
	rest(t, s, "GET", "/endpoints?q=form:laptop", nil, &found)
	if len(found.Items) != 1 || found.Items[0].ID != ids["laptop"] {
		t.Errorf("found were %v", found.Items)
	}
}
