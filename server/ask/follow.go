package ask

import (
	"encoding/json"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// followed is the end of a log that is followed: of all that comes only the newest
// lines are kept, and what is sent to whoever looks is what was understood.
type followed struct {
	tail diagnostics.LogTail
	upto int // the newest part in it
	any  bool
}

// Followed is the end of a log as the answer that is kept has it.
type Followed struct {
	diagnostics.LogPart
	Upto int `json:"upto"` // the number of the newest part in it
}

// newFollowed returns the end of a log for a question that follows one, and else nil.
func newFollowed(q Ask) *followed {
	var p wire.LogParams
	if q.Kind != wire.AskLog || json.Unmarshal(q.Params, &p) != nil || !p.Follow {
		return nil
	}
	return &followed{}
}

// fold takes a part in and returns it as it was understood. One that is none is
// forgotten.
func (f *followed) fold(part int, data json.RawMessage) json.RawMessage {
	var p diagnostics.LogPart
	if json.Unmarshal(data, &p) != nil {
		return nil
	}
	clean, err := json.Marshal(f.tail.Fold(p))
	if err != nil {
		return nil
	}
	f.upto, f.any = part, true
	return clean
}

func (f *followed) answer() []json.RawMessage {
	if !f.any {
		return nil
	}
	raw, err := json.Marshal(Followed{LogPart: f.tail.Whole(), Upto: f.upto})
	if err != nil {
		return nil
	}
	return []json.RawMessage{raw}
}
