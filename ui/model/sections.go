package model

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// Section is one part of what would be sent about the computer.
type Section struct {
	Name    diagnostics.SectionName
	Label   string
	Summary string // one line: the data in short, or why there is none
	Ticked  bool   // it will be sent
	Pending bool   // still being read
	HasData bool
}

// SectionsOf returns the parts of a check-up in reading order. without are those
// that the employee took out; c may be nil while nothing has been read.
func SectionsOf(c *local.Checkup, without []diagnostics.SectionName) []Section {
	var out []Section
	var snapshot diagnostics.Snapshot
	if c != nil {
		snapshot = c.Snapshot
	}
	for _, s := range snapshot.Sections() {
		v := Section{Name: s.Name, Label: SectionLabel(s.Name), HasData: s.Data != nil, Ticked: !slices.Contains(without, s.Name)}
		v.Pending = c == nil || !c.Done && s.State == diagnostics.StateMissing
		v.Summary = sectionSummary(s, v.Pending)
		out = append(out, v)
	}
	return out
}

func sectionSummary(s diagnostics.SectionInfo, pending bool) string {
	switch {
	case pending:
		return wordsSectionPending()
	case s.Data != nil:
		short := wordsInShort(s.Data)
		if s.State == diagnostics.StatePartial {
			return wordsSectionPartial(short)
		}
		return short
	case s.State == diagnostics.StateUnsupported:
		return wordsSectionUnsupported()
	case s.State == diagnostics.StateTimeout:
		return wordsSectionTimeout()
	case s.State == diagnostics.StateMissing:
		return wordsSectionMissing()
	}
	return wordsSectionFailed()
}

// SectionText returns exactly what would be sent of a section.
func SectionText(c *local.Checkup, name diagnostics.SectionName) []string {
	if c == nil {
		return []string{wordsSectionPending()}
	}
	for _, s := range c.Snapshot.Sections() {
		if s.Name != name {
			continue
		}
		var lines []string
		if s.Note != "" {
			lines = append(lines, strings.Split(Plain(s.Note), "\n")...)
		}
		if s.Data != nil {
			lines = append(lines, Exact(s.Data)...)
		}
		if len(lines) == 0 {
			lines = []string{sectionSummary(s, !c.Done && s.State == diagnostics.StateMissing)}
		}
		return lines
	}
	return nil
}

// Progress tells how far a check-up is: parts read, and all parts.
func Progress(c *local.Checkup) (read, all int) {
	all = len(diagnostics.SectionNames())
	if c == nil {
		return 0, all
	}
	for _, s := range c.Snapshot.Sections() {
		if s.State != diagnostics.StateMissing {
			read++
		}
	}
	return read, all
}
