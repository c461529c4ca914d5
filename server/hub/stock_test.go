package hub_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/servertest"
)

// What a machine tells of itself is asked for once, over a restart of the server as
// well; a change that fits nothing is asked for anew, and what is no telling is refused.
func TestAMachineTellsOnce(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-1")
	c := m.Session(t)
	if !c.Welcome.WantStock {
		t.Error("a machine that has told nothing is not asked to")
	}
	facts, _ := stock.Clean([]stock.Fact{{Kind: stock.Read, Name: "software"}, {Kind: stock.Software, Name: "browser", Value: "1"}})
	whole := wire.Stock{Hash: stock.Hash(facts), TakenAt: time.Now(), Facts: stock.Pack(facts)}
	if a := servertest.Call[wire.Ack](t, c, wire.TypeStock, whole); !a.OK {
		t.Fatalf("%+v", a)
	}
	for name, bad := range map[string]struct {
		m    wire.Stock
		code fault.Code
	}{
		"no hash":       {wire.Stock{Facts: whole.Facts}, fault.Invalid},
		"a wrong hash":  {wire.Stock{Hash: "0", Facts: whole.Facts}, fault.Invalid},
		"no text":       {wire.Stock{Hash: whole.Hash, Facts: []byte("x")}, fault.Invalid},
		"another base":  {wire.Stock{Hash: whole.Hash, Base: "0"}, fault.Conflict},
		"too long":      {wire.Stock{Hash: whole.Hash, Facts: make([]byte, wire.MaxStock)}, fault.Invalid},
		"a wrong delta": {wire.Stock{Hash: "0", Base: whole.Hash, Changes: []stock.Change{{At: time.Now(), Kind: stock.Software, Name: "x", Did: stock.Added}}}, fault.Conflict},
	} {
		if a := servertest.Call[wire.Ack](t, c, wire.TypeStock, bad.m); a.OK || a.Code != bad.code {
			t.Errorf("%s: %+v", name, a)
		}
	}
	c.Close(1000, "")
	s.Stop()
	s.Restart()
	m.Stock = whole.Hash
	servertest.Wait(t, "the server to know what the machine has told", func() bool {
		c := m.Session(t)
		defer c.Close(1000, "")
		again := wire.Stock{Hash: whole.Hash, Base: whole.Hash, TakenAt: time.Now()}
		return servertest.Call[wire.Ack](t, c, wire.TypeStock, again).OK && !c.Welcome.WantStock
	})
	m.Stock = "another"
	if c := m.Session(t); !c.Welcome.WantStock {
		t.Error("a machine that believes something else is not asked to tell")
	}
}
