package model

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
)

// CollectedRow is something that is read on this computer, in words.
type CollectedRow struct {
	Name string
	What string // what exactly
	How  string // how often, where it goes, how long it stays
	Off  bool
}

// CollectedOf returns what is collected, as the agent tells it.
func CollectedOf(a local.About) []CollectedRow {
	var out []CollectedRow
	for _, c := range a.Collected {
		words, known := collections[c.ID]
		if !known { // a newer agent's: better its own word than nothing
			out = append(out, CollectedRow{Name: clip(string(c.ID), 60), What: wordsCollected(c)})
			continue
		}
		how := slices.DeleteFunc([]string{wordsOften(c), tongue.Say(words.goes), wordsKept(c)}, func(s string) bool { return s == "" })
		if c.Off {
			how = []string{tongue.Say("collected.off")}
		}
		out = append(out, CollectedRow{Name: tongue.Say(words.name), What: wordsCollected(c), How: strings.Join(how, " "), Off: c.Off})
	}
	return out
}

// collections are the texts of what the agent's code calls so.
var collections = map[local.Collection]struct{ name, goes string }{
	local.CollectHealth:    {"collected.health", "collected.health_goes"},
	local.CollectMachine:   {"collected.machine", "collected.machine_goes"},
	local.CollectFindings:  {"collected.findings", "collected.findings_goes"},
	local.CollectCheckup:   {"collected.checkup", "collected.checkup_goes"},
	local.CollectRecorder:  {"collected.recorder", "collected.recorder_goes"},
	local.CollectInventory: {"collected.inventory", "collected.inventory_goes"},
	local.CollectFacts:     {"collected.facts", "collected.facts_goes"},
	local.CollectHistory:   {"collected.history", "collected.history_goes"},
}

func wordsOften(c local.Collected) string {
	switch {
	case c.Every == 0 && (c.ID == local.CollectMachine || c.ID == local.CollectFacts): // where it goes says how often
		return ""
	case c.Every == 0:
		return tongue.Say("collected.asked")
	case c.Rarely > c.Every:
		return tongue.Say("collected.every_rarely", tongue.Length("time", c.Every), tongue.Length("rarely", c.Rarely))
	}
	return tongue.Say("collected.every", tongue.Length("time", c.Every))
}

func wordsKept(c local.Collected) string {
	switch {
	case c.ID == local.CollectHealth || c.ID == local.CollectMachine || c.ID == local.CollectFacts:
		return tongue.Say("collected.there")
	case c.Kept == 0:
		return tongue.Say("collected.newest")
	case c.Coarse > c.Kept:
		return tongue.Say("collected.kept_coarse", tongue.Length("time", c.Kept), tongue.Length("coarse", c.Coarse))
	}
	return tongue.Say("collected.kept", tongue.Length("time", c.Kept))
}

// wordsCollected lists what exactly is read.
func wordsCollected(c local.Collected) string {
	var all []string
	for _, item := range c.Items {
		if id := CollectedText(c.ID, item); id != "" {
			all = append(all, tongue.Say(id))
		} else {
			all = append(all, clip(strings.ReplaceAll(item, "_", " "), 60))
		}
	}
	return tongue.Say("collected.what", tongue.Name("list", strings.Join(all, ", ")))
}

// CollectedText is the id of the text that names an item of a collection; "" there
// is none, and the code's own word is shown.
func CollectedText(c local.Collection, item string) string {
	switch c {
	case local.CollectFindings, local.CollectCheckup:
		return collectedSections[item]
	case local.CollectMachine:
		return collectedMachine[item]
	case local.CollectHealth, local.CollectRecorder:
		return collectedNumbers[item]
	}
	return collectedParts[item]
}

// CollectedView is the window's other half: what is collected. set is nil until the
// agent has told.
func CollectedView(set *local.About, err error) LooksView {
	switch {
	case set != nil:
		return LooksView{About: tongue.Say("collected.about"), Collected: CollectedOf(*set)}
	case err != nil:
		return LooksView{Problem: wordsLooksAway()}
	}
	return LooksView{Loading: true}
}

// WordsTabLooks and WordsTabCollected name the window's halves.
func WordsTabLooks() string     { return tongue.Say("collected.tab_looks") }
func WordsTabCollected() string { return tongue.Say("collected.tab") }
