package model

import (
	"github.com/deskbell/deskbell/internal/tongue"
)

func wordsTrayHelp() string        { return tongue.Say("tray.help") }
func wordsTrayConnecting() string  { return tongue.Say("tray.connecting") }
func wordsTrayOffline() string     { return tongue.Say("tray.offline") }
func wordsTrayHeld() string        { return tongue.Say("tray.held") }
func wordsTrayNotEnrolled() string { return tongue.Say("tray.not_enrolled") }
func wordsTrayNoAgent() string     { return tongue.Say("tray.no_agent") }

func wordsTrayTickets(unread int) string {
	if unread == 0 {
		return WordsTickets()
	}
	return tongue.Say("tray.tickets_new", tongue.Count("n", unread))
}

func wordsTrayConnected(organisation string) string {
	if organisation == "" {
		return tongue.Say("tray.connected")
	}
	return tongue.Say("tray.connected_to", tongue.Name("organisation", organisation))
}

func wordsTrayOfflineSince(at string) string {
	return tongue.Say("tray.offline_since", tongue.Name("at", at))
}

func wordsTrayOfflineWaiting(n int) string {
	return tongue.Say("tray.offline_waiting", tongue.Count("n", n))
}

func wordsTraySending(n int) string { return tongue.Say("tray.sending", tongue.Count("n", n)) }

func wordsTrayLooking(who string) string {
	if who == "" {
		return tongue.Say("tray.looking")
	}
	return tongue.Say("tray.looking_who", tongue.Name("who", who))
}

func wordsTrayLookingMany(n int) string { return tongue.Say("tray.looking_many", tongue.Count("n", n)) }

func wordsTrayUnread(n int) string { return tongue.Say("tray.unread", tongue.Count("n", n)) }

func wordsTrayTooltip(line string) string {
	return tongue.Say("tray.tooltip", tongue.Name("line", line))
}

// Notifications.
func wordsNoteOpen() string       { return tongue.Say("note.open") }
func wordsNoteWorks() string      { return tongue.Say("note.works") }
func wordsNoteNotYet() string     { return tongue.Say("note.not_yet") }
func wordsNoteThanks() string     { return tongue.Say("note.thanks") }
func wordsNoteNotDone() string    { return tongue.Say("note.not_done") }
func wordsNoteNoWindow() string   { return tongue.Say("note.no_window") }
func wordsNoteNoWindowIs() string { return tongue.Say("note.no_window_is") }
func wordsNoteNoHelp() string     { return tongue.Say("note.no_help") }
func wordsNoteNoHelpIs() string   { return tongue.Say("note.no_help_is") }

func wordsNoteReply(author, title string) string {
	return tongue.Say("note.reply", tongue.Name("author", author), tongue.Name("title", title))
}

func wordsNoteSolved(author, title string) string {
	return tongue.Say("note.solved", tongue.Name("author", author), tongue.Name("title", title))
}

// wordsNoteRate asks how it was. saved says that the word of it is not sent yet.
func wordsNoteRate(saved bool) string {
	if saved {
		return tongue.Say("note.rate_saved")
	}
	return tongue.Say("note.rate")
}

func wordsNoteSummary(n int) string { return tongue.Say("note.summary", tongue.Count("n", n)) }

func wordsNoteSummaryBody() string { return tongue.Say("note.summary_body") }
