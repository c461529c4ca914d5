package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
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
	some := regexp.MustCompile(`^(cable pulled|no address|dead gateway|first dns fails|sign-in page|connection opened|clock wrong|disk full|too many open files|errors on the line|ordinary|proxy that works)$`)
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
			case s.want != "" && !o.first, len(o.false) > 0:
				t.Error(o.line())
			}
		})
	}
}
