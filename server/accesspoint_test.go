package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestAccessPoint: what machines tell over their sessions is what they hang on, what is
// searched for by name and by hardware address, and the cell in which an outage is found.
func TestAccessPoint(t *testing.T) {
	const address = "54:05:db:aa:bb:cc"
	s := servertest.Start(t)
	name := stock.AccessPointName(s.Enrolment("Berlin", 1).Key, address)
	if name == "" {
		t.Fatal("the server's key makes no name")
	}
	var ids []string
	for i := range 10 { // the first three are at one access point, the others by cable
		m := s.Machine(fmt.Sprintf("PC-%d", i))
		var at []string
		if i < 3 {
			at = []string{name}
		}
		facts := stock.AtAccessPoints([]stock.Fact{{Kind: stock.Read, Name: "gateway"}, {Kind: stock.Gateway, Name: "10.0.1.1"}}, at, true)
		told := wire.Stock{Hash: stock.Hash(facts), TakenAt: time.Now(), Facts: stock.Pack(facts)}
		if a := servertest.Call[wire.Ack](t, m.Session(t), wire.TypeStock, told); !a.OK {
			t.Fatalf("%+v", a)
		}
		ids = append(ids, m.ID)
	}
	point := alert.Parent{Kind: "accesspoint", Name: name, Site: "Berlin"}
	if on := s.HangsOn(ids[0], "Berlin"); len(on) == 0 || on[0] != point {
		t.Errorf("it hangs on %v", on)
	}
	if on := s.HangsOn(ids[9], "Berlin"); slices.ContainsFunc(on, func(p alert.Parent) bool { return p.Kind == point.Kind }) {
		t.Errorf("by cable it hangs on %v", on)
	}
	for _, typed := range []string{"ap:" + name, "ap:" + address, `ap:"54-05-DB-AA-BB-CC" site:berlin`} {
		if in, ok := s.Asked(typed); !ok || !in(ids[0]) || in(ids[9]) {
			t.Errorf("%s does not find it", typed)
		}
	}
	for _, typed := range []string{"", "PC-1", "berlin pc", "app:x", "10.0.0.1"} {
		if _, ok := s.Asked(typed); ok {
			t.Errorf("%q is taken for a condition", typed)
		}
	}

	// Two tickets a week are usual; then the three at the access point ring.
	now := time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC)
	var past, today []correlate.Ticket
	for day := range 28 {
		id := ids[day%len(ids)]
		past = append(past, correlate.Ticket{ID: fmt.Sprint("p", day), At: now.AddDate(0, 0, day-29), Person: id, Machine: id, Site: "Berlin", About: "network"})
	}
	var failing []correlate.Failure
	for i, id := range ids[:3] {
		since := now.Add(time.Duration(i-6) * time.Minute)
		today = append(today, correlate.Ticket{ID: fmt.Sprint("t", i), At: since, Person: id, Machine: id, Site: "Berlin", About: "network"})
		failing = append(failing, correlate.Failure{Machine: id, Code: "network.unreachable", Since: since})
	}
	d := correlate.New(s.Fleet(), past, now.AddDate(0, 0, -29), now.Truncate(24*time.Hour), correlate.Options{Watch: 1e-9})
	cells := d.Look(now, today, failing, nil)
	if len(cells) == 0 || !slices.ContainsFunc(append([]correlate.Cell{cells[0].Cell}, cells[0].Also...), func(c correlate.Cell) bool {
		return c.Part.Kind == stock.AccessPoint && c.Part.Name == name
	}) {
		t.Errorf("the access point is no cell of %+v", cells)
	}
}
