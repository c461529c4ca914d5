package model

// WindowTitle is the title of a page's window, or "" for a page that is none.
func WindowTitle(page string) string {
	switch page {
	case "ring":
		return WordsRingTitle()
	case "tickets":
		return WordsTicketsTitle()
	case "checkup":
		return WordsCheckupTitle()
	case "guide":
		return WordsGuide()
	case "looks":
		return WordsLooksTitle()
	case "announcements":
		return WordsAnnouncements()
	case "settings":
		return WordsSettingsTitle()
	case "consent":
		return WordsConsentTitle()
	}
	return ""
}
