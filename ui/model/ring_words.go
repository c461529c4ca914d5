package model

import (
	"strconv"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The fixed words of the window.
func WordsRingTitle() string       { return tongue.Say("ring.title") }
func WordsRingQuestion() string    { return tongue.Say("ring.question") }
func WordsRingPlaceholder() string { return tongue.Say("ring.placeholder") }
func WordsRingDetails() string     { return tongue.Say("ring.details") }
func WordsRingBroken() string      { return tongue.Say("ring.broken") }
func WordsRingNeed() string        { return tongue.Say("ring.need") }
func WordsRingFound() string       { return tongue.Say("ring.found") }
func WordsRingAlong() string       { return tongue.Say("ring.along") }
func WordsRingAnother() string     { return tongue.Say("ring.another") }
func WordsRingOpen() string        { return tongue.Say("ring.open") }
func WordsRingEdit() string        { return tongue.Say("ring.edit") }
func WordsRingDrop() string        { return tongue.Say("ring.drop") }

func wordsRingHint() string        { return tongue.Say("ring.hint") }
func wordsRingNoTitle() string     { return tongue.Say("ring.no_title") }
func wordsRingSending() string     { return tongue.Say("ring.sending") }
func wordsRingSendingSoon() string { return tongue.Say("ring.sending_soon") }
func wordsRingNoCheckup() string   { return tongue.Say("ring.no_checkup") }
func wordsRingCalm() string        { return tongue.Say("ring.calm") }
func wordsRingPartlyCalm() string  { return tongue.Say("ring.partly_calm") }
func wordsRingOnlyWords() string   { return tongue.Say("ring.only_words") }
func wordsRingLongTitle() string   { return tongue.Say("ring.long_title") }
func wordsRingSaved() string       { return tongue.Say("ring.saved") }
func wordsRingSavedMore() string   { return tongue.Say("ring.saved_more") }
func wordsRingRefused() string     { return tongue.Say("ring.refused") }

func wordsRingSent(number int64) string {
	if number == 0 {
		return tongue.Say("ring.sent")
	}
	return tongue.Say("ring.sent_number", tongue.Name("number", strconv.FormatInt(number, 10)))
}

func wordsRingTooLong(limit string) string {
	return tongue.Say("ring.too_long", tongue.Name("limit", limit))
}

func wordsRingNotSaved(why string) string {
	return tongue.Say("ring.not_saved", tongue.Name("why", why))
}

func wordsRingChecking(read, all int) string {
	return tongue.Say("ring.checking", tongue.Count("read", read), tongue.Count("all", all))
}

func wordsMoreFindings(n int) string { return tongue.Say("ring.more_findings", tongue.Count("n", n)) }

// wordsRingAlong says what goes with the words. The parts and the secrets are two
// sentences, each with its own plural.
func wordsRingAlong(ticked, all, redacted int) string {
	parts := tongue.Say("ring.along_parts", tongue.Count("ticked", ticked), tongue.Count("all", all))
	if ticked == all {
		parts = tongue.Say("ring.along_all")
	}
	if redacted == 0 {
		return parts
	}
	return parts + " " + tongue.Say("ring.redacted", tongue.Count("n", redacted))
}

func wordsFile(name, size string) string {
	return tongue.Say("file.label", tongue.Name("name", name), tongue.Name("size", size))
}

func wordsFileTooLarge(name, limit string) string {
	return tongue.Say("file.too_large", tongue.Name("name", name), tongue.Name("limit", limit))
}

func wordsFileEmpty(name string) string { return tongue.Say("file.empty", tongue.Name("name", name)) }

// WordsFileGone says that a file cannot be read.
func WordsFileGone(f File) string {
	return tongue.Say("file.gone", tongue.Name("name", clip(f.Name, 48)))
}

// WordsFileNone says that it is no file.
func WordsFileNone(f File) string {
	return tongue.Say("file.none", tongue.Name("name", clip(f.Name, 48)))
}
