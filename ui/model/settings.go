package model

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// SettingsOf says how this machine is set up: what the window of settings shows and
// nobody can change there. set is nil until the agent has told.
func SettingsOf(s local.Status, set *local.About, now time.Time) []string {
	var said []string
	if s.Agent != "" {
		said = append(said, tongue.Say("settings.version", tongue.Name("version", clip(s.Agent, 40)), tongue.Name("line", trayStatus(s, now))))
	}
	if set == nil {
		return append(said, tongue.Say("settings.unknown"))
	}
	said = append(said, tongue.Say("settings.set_by"))
	if set.Recorder {
		said = append(said, tongue.Say("settings.recorder_on"))
	} else {
		said = append(said, tongue.Say("settings.recorder_off"))
	}
	if len(set.Acts) == 0 {
		said = append(said, tongue.Say("settings.acts_none"))
	} else {
		said = append(said, tongue.Say("settings.acts", tongue.Name("list", wordsKinds(set.Acts, set.AskFirst))))
	}
	if len(set.Forbidden) > 0 {
		said = append(said, tongue.Say("settings.forbidden", tongue.Name("list", wordsKinds(set.Forbidden, nil))))
	}
	return said
}

// wordsKinds lists kinds, each of its words once.
func wordsKinds(kinds, askFirst []wire.AskKind) string {
	var all []string
	for _, k := range kinds {
		words := clip(string(k), 60)
		if id := KindText(k); id != "" {
			words = tongue.Say(id)
		}
		if slices.Contains(askFirst, k) {
			words = tongue.Say("settings.act_first", tongue.Name("act", words))
		}
		if !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return strings.Join(all, ", ")
}

// KindText is the id of the text that names what may be asked of a machine; "" for
// what only a newer agent knows.
func KindText(k wire.AskKind) string {
	switch {
	case k == wire.AskSpeed:
		return "settings.kind_speed"
	case strings.HasPrefix(string(k), "probe."):
		return "settings.kind_network"
	case strings.HasPrefix(string(k), "has."):
		return "settings.kind_has"
	}
	return map[wire.AskKind]string{
		wire.ActEndProcess: "settings.kind_process_end", wire.ActStartService: "settings.kind_service_start", wire.ActStopService: "settings.kind_service_stop",
		wire.ActRestartService: "settings.kind_service_restart", wire.ActTerminal: "settings.kind_terminal", wire.ActRootTerminal: "settings.kind_root",
		wire.ActListFiles: "settings.kind_file_list", wire.ActFetchFile: "settings.kind_file_fetch", wire.ActScreen: "settings.kind_screen",
		wire.ActRunScript: "settings.kind_script", wire.ActRunRootScript: "settings.kind_script_root",
		wire.AskSnapshot: "settings.kind_snapshot", wire.AskProcesses: "settings.kind_processes", wire.AskServices: "settings.kind_services",
		wire.AskLog: "settings.kind_log", wire.AskDisk: "settings.kind_disk", wire.AskInventory: "settings.kind_inventory", wire.AskChanges: "settings.kind_changes",
	}[k]
}

// QuietSpan names quiet hours, in minutes of the day.
func QuietSpan(from, to int) string {
	if from == to {
		return tongue.Say("settings.quiet_none")
	}
	clock := func(minutes int) string {
		return tongue.Clock(time.Date(2000, 1, 1, minutes/60, minutes%60, 0, 0, time.UTC))
	}
	return tongue.Say("settings.quiet_span", tongue.Name("from", clock(from)), tongue.Name("to", clock(to)))
}

// LanguageName is a language's own name for itself, whatever is spoken now; "" is
// the session's.
func LanguageName(l tongue.Language) string {
	return map[tongue.Language]string{
		"": tongue.Say("settings.as_session"), tongue.English: "English", tongue.German: "Deutsch", tongue.French: "Français", tongue.Spanish: "Español",
	}[l]
}

// TextSize names how large text is.
func TextSize(percent int) string {
	return tongue.Say("settings.percent", tongue.Count("n", percent))
}

// The fixed words of the window.
func WordsSettingsTitle() string { return tongue.Say("settings.title") }
func WordsSettingsMenu() string  { return tongue.Say("settings.menu") }
func WordsLanguage() string      { return tongue.Say("settings.language") }
func WordsShade() string         { return tongue.Say("settings.shade") }
func WordsAsDesktop() string     { return tongue.Say("settings.as_desktop") }
func WordsLight() string         { return tongue.Say("settings.light") }
func WordsDark() string          { return tongue.Say("settings.dark") }
func WordsTextSize() string      { return tongue.Say("settings.text_size") }
func WordsNotes() string         { return tongue.Say("settings.notes") }
func WordsAnswers() string       { return tongue.Say("settings.answers") }
func WordsDecisions() string     { return tongue.Say("settings.decisions") }
func WordsQuiet() string         { return tongue.Say("settings.quiet") }
func WordsQuietIs() string       { return tongue.Say("settings.quiet_is") }
func WordsStart() string         { return tongue.Say("settings.start") }
func WordsUnsaved() string       { return tongue.Say("settings.unsaved") }
func WordsStartFailed() string   { return tongue.Say("settings.start_failed") }
func WordsMachine() string       { return tongue.Say("settings.machine") }
