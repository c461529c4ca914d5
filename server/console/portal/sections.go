package portal

import (
	"slices"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/console/kit"
)

// sectionOf returns a section of a check-up; an empty one while nothing has come.
func sectionOf(c checkup, name diagnostics.SectionName) diagnostics.SectionInfo {
	if c.Part == nil {
		return diagnostics.SectionInfo{Name: name}
	}
	for _, i := range c.Part.Snapshot.Sections() {
		if i.Name == name {
			return i
		}
	}
	return diagnostics.SectionInfo{Name: name}
}

// sectionWords says what a section comes to, or what became of it.
func sectionWords(c checkup, i diagnostics.SectionInfo) string {
	pending := c.Part == nil || slices.Contains(c.Part.Pending, string(i.Name))
	switch {
	case i.Data != nil && i.State == diagnostics.StatePartial:
		return kit.SectionShort(i.Data) + " (incomplete)"
	case i.Data != nil:
		return kit.SectionShort(i.Data)
	case pending && c.Running:
		return "Being read"
	}
	return kit.SectionState(i.State)
}

func (c checkup) takenOut(name diagnostics.SectionName) bool { return slices.Contains(c.Without, name) }
