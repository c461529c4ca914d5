package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestPeers is a comparison over REST: not known, too few, with differences and dates;
// and a machine whose identity was withdrawn is nobody's peer.
func TestPeers(t *testing.T) {
	w := newWorld(t, auth.Admin)
	tell := func(c *uplink.Session, version string, changes ...stock.Change) {
		facts, _ := stock.Clean([]stock.Fact{{Kind: stock.Read, Name: "system"}, {Kind: stock.Read, Name: "software"}, {Kind: stock.System, Name: "system", Value: "Debian 12"}, {Kind: stock.Software, Name: "tool", Value: version}})
		m := wire.Stock{Hash: stock.Hash(facts), TakenAt: time.Now(), Facts: stock.Pack(facts), Changes: changes}
		servertest.Wait(t, "the server to take it", func() bool { return servertest.Call[wire.Ack](t, c, wire.TypeStock, m).OK })
	}
	m := w.Machine("PC-17")
	c := m.Session(t)
	path := "/endpoints/" + m.ID + "/peers"
	if got := w.get(path).want(200).object(); got["known"] != false || got["enough"] != false {
		t.Errorf("%v", got)
	}
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	tell(c, "1.9", stock.Change{At: at, Kind: stock.Software, Name: "tool", Did: stock.Changed, From: "1.8", To: "1.9"})
	var last *servertest.Machine
	for i := range 5 {
		if got := w.get(path).want(200).object(); got["known"] != true || got["enough"] != false || got["peers"] != float64(i) {
			t.Errorf("%v", got)
		}
		last = w.Machine(fmt.Sprint("PC-2", i))
		tell(last.Session(t), "1.10")
	}
	got := w.get(path).want(200).object()
	list := got["differences"].([]any)
	if got["enough"] != true || got["peers"] != 5.0 || len(list) != 1 || len(got["changes"].([]any)) != 1 {
		t.Fatalf("%v", got)
	}
	if d := list[0].(object); d["how"] != "older" || d["mine"] != "1.9" || d["usual"] != "1.10" || d["count"] != 5.0 || d["of"] != 5.0 || d["since"] != at.Format(time.RFC3339) || d["from"] != "1.8" {
		t.Errorf("%v", d)
	}
	w.get("/endpoints/nobody/peers").want(404)
	w.post("/endpoints/"+last.ID+"/actions", object{"action": "withdraw"}).want(200)
	if got := w.get(path).want(200).object(); got["peers"] != 4.0 {
		t.Errorf("%v", got)
	}
	w.get("/endpoints/" + last.ID + "/peers").want(404)
}
