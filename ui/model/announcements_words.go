package model

import "github.com/deskbell/deskbell/internal/tongue"

// Words around known outages.
func WordsAnnouncements() string { return tongue.Say("announcements.title") }
func WordsOutageHit() string     { return tongue.Say("announcements.hit") }
func WordsOutageKnown() string   { return tongue.Say("announcements.known") }
func WordsOutagesAll() string    { return tongue.Say("announcements.all") }
func WordsOutagesOver() string   { return tongue.Say("announcements.over") }

func wordsOutagesEmpty() string     { return tongue.Say("announcements.empty") }
func wordsOutagesAway() string      { return tongue.Say("announcements.away") }
func wordsOutagesNone() string      { return tongue.Say("announcements.none") }
func wordsOutageHitDone() string    { return tongue.Say("announcements.hit_done") }
func wordsOutageHitSending() string { return tongue.Say("announcements.hit_sending") }
func wordsNoteHitDone() string      { return tongue.Say("note.hit_done") }
func wordsNoteHitDoneIs() string    { return tongue.Say("note.hit_done_is") }
func wordsNoteOutagesBody() string  { return tongue.Say("note.outages_body") }

func wordsTrayAnnouncements(n int) string {
	if n == 0 {
		return WordsAnnouncements()
	}
	return tongue.Say("announcements.menu", tongue.Count("n", n))
}

func wordsOutagesLive(n int) string { return tongue.Say("announcements.live", tongue.Count("n", n)) }

func wordsOutageSince(at string) string {
	return tongue.Say("announcements.since", tongue.Name("at", at))
}

func wordsOutageNext(at string) string {
	return tongue.Say("announcements.next", tongue.Name("at", at))
}

func wordsOutageEnded(at string) string {
	return tongue.Say("announcements.ended", tongue.Name("at", at))
}

func wordsOutageDo(advice string) string {
	return tongue.Say("announcements.do", tongue.Name("advice", advice))
}

func wordsOutageUpdate(at, text string) string {
	return tongue.Say("announcements.update", tongue.Name("at", at), tongue.Name("text", text))
}

func wordsNoteOutageUpdate(title string) string {
	return tongue.Say("note.outage_update", tongue.Name("title", title))
}

func wordsNoteOutageOver(title string) string {
	return tongue.Say("note.outage_over", tongue.Name("title", title))
}

func wordsNoteOutages(n int) string { return tongue.Say("note.outages", tongue.Count("n", n)) }

func wordsGuidedKnown(title string) string {
	return tongue.Say("guided.known", tongue.Name("title", title))
}
