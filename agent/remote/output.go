package remote

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	maxAnswer = 4 << 20                       // all parts of an answer together
	maxPart   = wire.MaxMessage - (128 << 10) // one part, with room for its envelope
)

var errTooLarge = fault.New(fault.TooLarge, "The answer is larger than 4 MiB. What came before is kept; ask for less.")

// output numbers and bounds the parts of one answer.
type output struct {
	id   string          // the ask's
	uid  string          // who has agreed to it
	held context.Context // while the yes holds; nil: it holds for this one
	emit func(wire.Answer)
	part int
	size int
	most int // bytes of all parts; 0 means maxAnswer
}

// send redacts a value and emits it as one part. An error says that the answer
// has become too large; nothing more may be sent then.
func send[T any](out *output, v T) error {
	clean, _ := redact.Value(v)
	b, err := json.Marshal(clean)
	if err != nil {
		return err
	}
	if len(b) > maxPart || out.size+len(b) > cmp.Or(out.most, maxAnswer) {
		return errTooLarge
	}
	out.size += len(b)
	out.emit(wire.Answer{Part: out.part, Data: b})
	out.part++
	return nil
}

// done emits the last part.
func (out *output) done(err error) {
	a := wire.Answer{Part: out.part, Done: true}
	if err != nil {
		a.Code = fault.CodeOf(err)
		a.Sentence, _ = redact.Text(fault.Sentence(err))
	}
	out.emit(a)
}
