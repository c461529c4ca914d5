package kit

import (
	"encoding/json"
	"fmt"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// logAnswer reads an answer about a log: its end, or the end so far of one that is followed.
func logAnswer(q ask.Ask, raw json.RawMessage) (*diagnostics.Log, *ask.Followed, error) {
	f, err := one[ask.Followed](raw)
	if err != nil {
		return nil, nil, err
	}
	if !logParams(q).Follow {
		return &f.Log, nil, nil
	}
	return nil, f, nil
}

// Follows reports whether a question follows a log.
func Follows(q ask.Ask) bool { return q.Kind == wire.AskLog && logParams(q).Follow }

func logParams(q ask.Ask) (p wire.LogParams) {
	if len(q.Params) == 0 || json.Unmarshal(q.Params, &p) != nil {
		return wire.LogParams{}
	}
	return p
}

// lines is the field “lines” of a form that asks the same again.
func lines(p wire.LogParams) string {
	if p.Lines == 0 {
		return ""
	}
	return fmt.Sprint(p.Lines)
}
