package model

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/tongue"
)

// SectionChanges is the place of what has changed among the parts of what is sent.
// It is none of the check-up's.
const SectionChanges diagnostics.SectionName = "what_changed"

// How much of what has changed goes along.
const (
	changesSince = 30 * 24 * time.Hour
	changesMost  = 200
)

// ChangesOf is what goes along of what has changed: the newest of the last thirty
// days. It is nil when there is nothing to tell.
func ChangesOf(c inventory.Changes) *inventory.Changes {
	from := c.MadeAt.Add(-changesSince)
	c.Changes = slices.DeleteFunc(slices.Clone(c.Changes), func(x inventory.Change) bool { return x.At.Before(from) })
	c.Changes = c.Changes[:min(len(c.Changes), changesMost)]
	if len(c.Changes)+len(c.Differs) == 0 {
		return nil
	}
	return &c
}

// ChangesToSend returns what goes along as a file, or nil.
func (r Ring) ChangesToSend() *inventory.Changes {
	if r.Failed != nil || slices.Contains(r.Draft.Without, SectionChanges) {
		return nil
	}
	return r.Changes
}

func sectionOfChanges(c *inventory.Changes, without []diagnostics.SectionName) Section {
	return Section{
		Name: SectionChanges, Label: SectionLabel(SectionChanges), HasData: true, Ticked: !slices.Contains(without, SectionChanges),
		Summary: tongue.Say("changes.summary", tongue.Count("n", len(c.Changes))),
	}
}

// ChangesText is what has changed, line by line, newest first, and which readings
// differ from the last healthy moment.
func ChangesText(c *inventory.Changes, zone *time.Location) []string {
	if c == nil {
		return nil
	}
	var lines []string
	for _, x := range c.Changes {
		value := x.From + x.To
		switch x.Did {
		case "changed":
			value = x.From + " → " + x.To
		case "removed":
			value = x.From + " → –"
		case "added":
			value = "– → " + x.To
		}
		lines = append(lines, x.At.In(zone).Format("2006-01-02 15:04")+"  "+clip(strings.TrimSpace(x.What+": "+value), 200))
	}
	if len(c.Differs) > 0 {
		lines = append(lines, tongue.Say("changes.healthy", tongue.Name("at", c.Healthy.In(zone).Format("2006-01-02 15:04"))))
		for _, d := range c.Differs {
			lines = append(lines, clip(d.What+": "+d.Then+" → "+d.Now, 200))
		}
	}
	return lines
}
