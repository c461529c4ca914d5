package model

import "fmt"

const (
	wordsTrayHelp        = "Get help…"
	wordsTrayConnecting  = "Connecting"
	wordsTrayOffline     = "Offline"
	wordsTrayHeld        = "Paused by your administrator"
	wordsTrayNotEnrolled = "Not connected to a help desk yet"
	wordsTrayNoAgent     = "The Deskbell service does not answer"
)

func wordsTrayTickets(unread int) string {
	if unread == 0 {
		return WordsTickets
	}
	return plural(unread, "My tickets (1 new)", "My tickets (%d new)")
}

func wordsTrayConnected(organisation string) string {
	if organisation == "" {
		return "Connected"
	}
	return "Connected to " + organisation
}

func wordsTrayOfflineSince(at string) string { return "Offline since " + at }

func wordsTrayOfflineWaiting(n int) string {
	return plural(n, "Offline, 1 message is saved", "Offline, %d messages are saved")
}

func wordsTraySending(n int) string {
	return plural(n, "Sending 1 message", "Sending %d messages")
}

func wordsTrayLooking(who string) string {
	if who == "" {
		return "Somebody is looking at this computer"
	}
	return who + " is looking at this computer"
}

func wordsTrayLookingMany(n int) string {
	return plural(n, "1 person is looking at this computer", "%d people are looking at this computer")
}

func wordsTrayUnread(n int) string {
	return plural(n, "Deskbell: 1 new answer", "Deskbell: %d new answers")
}

func wordsTrayTooltip(line string) string { return fmt.Sprintf("Deskbell. %s", line) }

// Notifications.
const (
	wordsNoteOpen       = "Open"
	wordsNoteWorks      = "It works"
	wordsNoteNotYet     = "Not yet"
	wordsNoteThanks     = "Good to hear"
	wordsNoteNotDone    = "That had no effect"
	wordsNoteNoWindow   = "Deskbell opened in your browser"
	wordsNoteNoWindowIs = "This computer cannot draw the Deskbell window, so the same pages are in your browser."
	wordsNoteNoHelp     = "Deskbell cannot open"
	wordsNoteNoHelpIs   = "This computer cannot draw the Deskbell window, and its web page cannot be reached now. Call your help desk by phone."
)

func wordsNoteReply(author, title string) string {
	return author + " answered “" + title + "”"
}

func wordsNoteSolved(author, title string) string {
	return author + " solved “" + title + "”"
}

// wordsNoteRate asks how it was. saved says that the word of it is not sent yet.
func wordsNoteRate(saved bool) string {
	if saved {
		return "Saved, and sent when you are connected. How was it?"
	}
	return "Your ticket is closed. How was it?"
}

func wordsNoteSummary(n int) string {
	return plural(n, "1 new answer from your help desk", "%d new answers from your help desk")
}

const wordsNoteSummaryBody = "They are in My tickets."
