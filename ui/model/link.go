package model

import (
	"github.com/deskbell/deskbell/agent/local"
)

// Away is the status that stands in for an agent that does not answer.
func Away() local.Status { return local.Status{Connection: local.NoAgent} }

// Notice is a line above a window's content that says what does not work now and
// what still does. The zero Notice is no line.
type Notice struct {
	Text   string
	Urgent bool // something that the employee will want to do something about
}

// NoticeOf returns what the state of the connection means for somebody who wants
// to send.
func NoticeOf(s local.Status) Notice {
	switch s.Connection {
	case local.Offline:
		return Notice{Text: wordsOffline()}
	case local.Connecting:
		return Notice{Text: wordsConnecting()}
	case local.Held:
		return Notice{Text: wordsHeld(), Urgent: true}
	case local.NotEnrolled:
		return Notice{Text: wordsNotEnrolled(), Urgent: true}
	case local.NoAgent:
		return Notice{Text: wordsNoAgent(), Urgent: true}
	}
	return Notice{}
}
