package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// TestMain makes the test program the parts of its machines, as the laboratory is.
func TestMain(m *testing.M) {
	if code, ours := inner(os.Args[1:]); ours {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// The page lists every finding as the rules describe it.
func TestPageListsEveryFinding(t *testing.T) {
	b, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := between(string(b), findingsTop, findingsEnd, findings())
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != want {
		t.Errorf("%s is out of date: run make lab, or go run ./internal/lab -findings", page)
	}
}

func TestScenariosAreWhole(t *testing.T) {
	faults, healthy := 0, 0
	seen := map[string]bool{}
	for _, s := range scenarios() {
		if seen[s.name] || s.how == "" || strings.ContainsAny(s.name+s.how+s.played, "|\n") {
			t.Errorf("%q: %q", s.name, s.how)
		}
		seen[s.name] = true
		if s.want == "" {
			healthy++
		} else {
			faults++
		}
	}
	if faults < 30 || healthy < 20 {
		t.Errorf("%d faults and %d healthy machines", faults, healthy)
	}
}

// Some machines of the laboratory, the quick and sturdy ones, in every test run.
func TestLaboratory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("the laboratory needs root")
	}
	some := regexp.MustCompile(`^(cable pulled|no address|dead gateway|first dns fails|sign-in page|connection opened|clock wrong|disk full|too many open files|errors on the line|address taken twice|address of IPv6 taken twice|ordinary|proxy that works)$`)
	for _, s := range scenarios() {
		if !some.MatchString(s.name) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			b, err := put(context.Background(), &s)
			if err != nil {
				t.Fatal(err)
			}
			defer b.clear()
			o := b.examine(context.Background(), true)
			switch {
			case o.problem != "":
				t.Fatal(o.problem)
			case s.want != "" && !(o.first && o.named), len(o.false) > 0:
				t.Error(o.line())
			}
		})
	}
}

// What a laboratory says of itself has to be able to be bad.
func TestOutcomes(t *testing.T) {
	offline := diagnostics.Snapshot{Network: diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: &diagnostics.Network{RoutesRead: true,
		Interfaces: []diagnostics.Interface{{Name: "eth0", Up: true, Carrier: true, Addresses: []string{"192.0.2.10/24"}}},
		Gateways:   []diagnostics.Gateway{{Address: "192.0.2.1", Interface: "eth0", Asked: true}},
		Resolvers:  []diagnostics.Resolver{{Address: "198.51.100.53", Problem: "no answer in 1.5 s"}},
	}}}
	judge := func(s scenario, l looked) outcome {
		o := outcome{scenario: &s}
		o.judge(l)
		return o
	}
	if o := judge(scenario{want: diagnostics.GatewaySilent, with: []diagnostics.Code{diagnostics.NamesDown}}, looked{Full: offline}); !o.first || !o.named || len(o.false) != 0 {
		t.Errorf("the cause: %s", o.line())
	}
	if o := judge(scenario{want: diagnostics.GatewaySilent, with: []diagnostics.Code{diagnostics.ProxyGone}}, looked{Full: offline}); o.named {
		t.Errorf("what must follow is missing: %s", o.line())
	}
	if o := judge(scenario{want: diagnostics.NamesDown}, looked{Full: offline}); o.first || !o.named || len(o.false) != 1 {
		t.Errorf("a symptom taken for the cause: %s", o.line())
	}
	if o := judge(scenario{want: diagnostics.DiskFull}, looked{Full: offline}); o.first || o.named || len(o.false) != 2 {
		t.Errorf("another cause: %s", o.line())
	}
	for _, l := range []looked{{Full: offline}, {Quick: offline}} {
		if o := judge(scenario{}, l); len(o.false) != 2 {
			t.Errorf("a healthy machine with findings: %s", o.line())
		}
	}
	bad := []outcome{{scenario: &scenario{want: diagnostics.DiskFull}}, {scenario: &scenario{}, false: []diagnostics.Code{diagnostics.DiskFull}}, {scenario: &scenario{}, quick: 2 * time.Second}, {scenario: &scenario{}, problem: "no root"}}
	for _, o := range bad {
		if verdict([]outcome{o}) == nil {
			t.Errorf("that is well: %+v", o)
		}
	}
	if err := verdict([]outcome{{scenario: &scenario{want: diagnostics.DiskFull}, first: true, named: true}, {scenario: &scenario{}}}); err != nil {
		t.Error(err)
	}
}
