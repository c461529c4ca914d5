package console_test

import (
	"fmt"
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestPresenceOnTheWall: who sleeps, was switched off or went without a word is told
// apart on the wall and in the list, and many who fall silent at once are one sentence
// and nobody's fault yet.
func TestPresenceOnTheWall(t *testing.T) {
	s := servertest.Start(t)
	var there []*browsertest.Machine
	join := func(name string) *browsertest.Machine {
		m := browsertest.NewMachine(t, s, "Berlin", name)
		m.Join()
		m.Health(5, 40, 50)
		there = append(there, m)
		return m
	}
	asleep, off, stopped, silent := join("PC-01"), join("PC-02"), join("PC-03"), join("PC-04")
	browsertest.NewMachine(t, s, "Berlin", "PC-05") // enrolled, and never there
	for i := range 6 {
		join(fmt.Sprintf("PC-1%d", i))
	}
	p := open(t, s, auth.Operator)
	p.Go("/noc")
	p.Live()
	asleep.Leave()
	off.Go(wire.ByeShutdown)
	stopped.Go(wire.ByeStop)
	silent.Go("")
	p.Shows(".figure-offline", "5")
	p.Shows("#noc-lists", "gone without a goodbye")
	p.Accessible("the wall with machines that are away")
	p.Picture("wall-away")
	list := open(t, s, auth.Operator)
	list.Go("/endpoints?show=offline")
	for id, word := range map[string]string{asleep.ID: "Asleep", off.ID: "Switched off", stopped.ID: "Agent stopped", silent.ID: "Silent"} {
		list.Shows("#e-"+id, word)
	}
	list.Shows("#endpoint-list", "Awaited")
	list.Accessible("machines that are away")
	list.Go("/endpoints?show=silent")
	list.Until("only the silent one is listed", "document.querySelectorAll('[data-endpoint-row]').length === 1")
	list.Picture("endpoints-silent")

	for _, m := range there[4:] {
		m.Go("")
	}
	p.Shows("#noc-lists .notice", "7 machines fell silent at once")
	p.Shows(".figure-unknown", "7")
	p.Accessible("the wall with a loss")
	p.Picture("wall-loss")
	there[4].Join()
	p.Shows("#noc-lists .notice", "1 came back")
	p.Clean()
}
