package model

import "github.com/deskbell/deskbell/internal/tongue"

// Words around the question whether an outage is over for somebody.
func WordsFixedAsk() string { return tongue.Say("fixed.ask") }
func WordsFixedYes() string { return tongue.Say("fixed.yes") }
func WordsFixedNo() string  { return tongue.Say("fixed.no") }

func wordsFixedAskBody() string  { return tongue.Say("fixed.ask_body") }
func wordsFixedManyBody() string { return tongue.Say("fixed.many_body") }
func wordsFixedSending() string  { return tongue.Say("fixed.sending") }
func wordsFixedYesDone() string  { return tongue.Say("fixed.yes_done") }
func wordsFixedNoDone() string   { return tongue.Say("fixed.no_done") }
func wordsFixedNoDoneIs() string { return tongue.Say("fixed.no_done_is") }

func wordsFixedAskOf(title string) string {
	return tongue.Say("fixed.ask_of", tongue.Name("title", title))
}

func wordsFixedMany(n int) string { return tongue.Say("fixed.many", tongue.Count("n", n)) }
