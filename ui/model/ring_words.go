package model

import (
	"fmt"
)

// The fixed words of the window.
const (
	WordsRingTitle       = "Get help"
	WordsRingQuestion    = "What is going on?"
	WordsRingPlaceholder = "For example: the printer on floor 2 does not print"
	WordsRingDetails     = "More, if it helps: since when, what you tried"
	WordsRingBroken      = "Something is broken"
	WordsRingNeed        = "I need something"
	WordsRingFound       = "What this computer says about itself"
	WordsRingAlong       = "This will be sent"
	WordsRingAnother     = "Ring again"
	WordsRingOpen        = "Open this ticket"
	WordsRingEdit        = "Change it"
	WordsRingDrop        = "You can also drop files onto this window."

	wordsRingHint        = "Enter sends"
	wordsRingNoTitle     = "Write in one line what is going on, then send."
	wordsRingSending     = "Sending"
	wordsRingSendingSoon = "Sending as soon as the check-up is done"
	wordsRingNoCheckup   = "This computer could not be checked now. Your words are sent without it."
	wordsRingCalm        = "Nothing wrong found. Your help desk will look further."
	wordsRingPartlyCalm  = "Nothing wrong found in what could be read."
	wordsRingOnlyWords   = "Only your words"
	wordsRingLongTitle   = "This is long for a title. Its beginning becomes the title, and all of it goes into the text."
	wordsRingSaved       = "Saved. It will be sent when you are connected."
	wordsRingSavedMore   = "You can close this window and shut the computer down. Nothing is lost."
	wordsRingRefused     = "Your help desk’s server did not take it."
)

func wordsRingSent(number int64) string {
	if number == 0 {
		return "Sent. Answers come here and to the bell."
	}
	return fmt.Sprintf("Sent. Number %d. Answers come here and to the bell.", number)
}

func wordsRingTooLong(limit string) string {
	return fmt.Sprintf("The text is longer than the %s that can be sent. Shorten it, or attach it as a file.", limit)
}

func wordsRingNotSaved(why string) string { return fmt.Sprintf("Not sent. %s", why) }

func wordsRingChecking(read, all int) string {
	return fmt.Sprintf("Looking at this computer: %d of %d parts read", read, all)
}

func wordsMoreFindings(n int) string {
	return plural(n, "1 more", "%d more")
}

// wordsRingAlong says what goes with the words. The parts and the secrets are two
// sentences, each with its own plural.
func wordsRingAlong(ticked, all, redacted int) string {
	parts := fmt.Sprintf("Your words and %d of %d parts of the check-up.", ticked, all)
	if ticked == all {
		parts = "Your words and the check-up of this computer."
	}
	if redacted == 0 {
		return parts
	}
	return parts + " " + plural(redacted, "1 password or key was taken out.", "%d passwords or keys were taken out.")
}

func wordsFile(name, size string) string { return fmt.Sprintf("%s, %s", name, size) }

func wordsFileTooLarge(name, limit string) string {
	return fmt.Sprintf("“%s” is larger than %s and cannot be attached.", name, limit)
}

func wordsFileEmpty(name string) string {
	return fmt.Sprintf("“%s” is empty. Choose another file.", name)
}

// WordsFileGone says that a file cannot be read.
func WordsFileGone(f File) string {
	return fmt.Sprintf("“%s” cannot be read. Attach it again, or send without it.", clip(f.Name, 48))
}

// WordsFileNone says that it is no file.
func WordsFileNone(f File) string {
	return fmt.Sprintf("“%s” is not a file. Attach the files in it one by one.", clip(f.Name, 48))
}
