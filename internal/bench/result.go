//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Result is what one row of the benchmark came to. Its JSON form is kept beside
// the report.
type Result struct {
	Name    string         `json:"name"`
	At      time.Time      `json:"at"`
	Took    string         `json:"took"`
	Command string         `json:"command"`
	Quick   bool           `json:"quick,omitempty"` // the figures mean nothing
	Machine Machine        `json:"machine"`
	Scale   scale          `json:"scale"`
	Lines   []Line         `json:"lines"`
	How     string         `json:"how"`             // how it was measured
	Notes   []string       `json:"notes,omitempty"` // what the figures say beside the table
	Raw     map[string]any `json:"raw"`
}

// Line is one figure of a row, beside its baseline.
type Line struct {
	What     string  `json:"what"`
	Unit     string  `json:"unit"`
	Bare     float64 `json:"bare,omitempty"` // 0: there is none
	BareIs   string  `json:"bare_is,omitempty"`
	Deskbell float64 `json:"deskbell"`
	Target   float64 `json:"target"` // of Deskbell
	Sense    Sense   `json:"sense"`
	Why      string  `json:"why,omitempty"` // what it is made of, where the target is not reached
}

// Sense says how the figure stands to its target.
type Sense string

// The senses.
const (
	AtMost  Sense = "≤"
	AtLeast Sense = "≥"
	NoGoal  Sense = ""
)

// Reached reports whether the target is.
func (l Line) Reached() bool {
	switch l.Sense {
	case AtMost:
		return l.Deskbell <= l.Target
	case AtLeast:
		return l.Deskbell >= l.Target
	}
	return true
}

// Ratio is Deskbell's figure over the bare one, "" without one.
func (l Line) Ratio() string {
	if l.Bare == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", l.Deskbell/l.Bare)
}

// Verdict is the last column.
func (l Line) Verdict() string {
	switch {
	case l.Sense == NoGoal:
		return ""
	case l.Reached():
		return "reached"
	case l.Why != "":
		return "not reached: " + l.Why
	}
	return "not reached"
}

// figure writes a number with three digits that count, and thousands apart.
func figure(v float64) string {
	switch {
	case v == 0:
		return "0"
	case math.Abs(v) >= 1000:
		s := fmt.Sprintf("%.0f", v)
		for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
			s = s[:i] + " " + s[i:]
		}
		return s
	case math.Abs(v) >= 100:
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 10:
		return fmt.Sprintf("%.1f", v)
	case math.Abs(v) >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return strings.TrimRight(fmt.Sprintf("%.4f", v), "0")
}

func withUnit(v float64, unit string) string {
	return strings.TrimSpace(figure(v) + " " + unit)
}

// String is the result for a terminal.
func (r *Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n", r.Name, r.Took)
	for _, l := range r.Lines {
		bare := ""
		if l.Bare != 0 {
			bare = fmt.Sprintf(", bare %s, ratio %s", withUnit(l.Bare, l.Unit), l.Ratio())
		}
		goal := ""
		if l.Sense != NoGoal {
			goal = fmt.Sprintf(" (%s %s)", l.Sense, withUnit(l.Target, l.Unit))
		}
		fmt.Fprintf(&b, "  %s: %s%s%s. %s\n", l.What, withUnit(l.Deskbell, l.Unit), goal, bare, l.Verdict())
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	return b.String()
}
