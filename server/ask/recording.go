package ask

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A recording is what a terminal showed and what was typed, in the form of
// asciicast v2: a line of JSON with the size, then one for each event. The lines
// are kept as the answer's parts.
type recording struct {
	began time.Time
	bytes int
	lines []json.RawMessage
	cut   bool
	half  map[string][]byte // by the kind of event: a character that is not whole yet
}

// cutNote ends a recording that has become too large.
const cutNote = "The recording ends here: it is larger than is kept. The terminal went on."

// maxRecording leaves room for the last line below what is kept of an answer.
const maxRecording = maxAnswer - 1<<10

func newRecording(at time.Time, cols, rows int) *recording {
	r := &recording{began: at, half: map[string][]byte{}}
	head, err := json.Marshal(map[string]any{"version": 2, "width": cols, "height": rows, "timestamp": at.Unix()})
	if err == nil {
		r.lines, r.bytes = []json.RawMessage{head}, len(head)
	}
	return r
}

// add notes an event: "o" what was shown, "i" what was typed, "r" a new size.
func (r *recording) add(at time.Time, kind string, data []byte) {
	data = append(r.half[kind], data...)
	whole := len(data)
	if kind != "r" {
		whole = wholeRunes(data)
	}
	r.half[kind] = append([]byte(nil), data[whole:]...)
	if whole > 0 {
		r.event(at, kind, strings.ToValidUTF8(string(data[:whole]), "\uFFFD"))
	}
}

func (r *recording) event(at time.Time, kind, text string) {
	if r.cut {
		return
	}
	line, err := json.Marshal([]any{json.RawMessage(fmt.Sprintf("%.6f", max(at.Sub(r.began).Seconds(), 0))), kind, text})
	if err != nil {
		return // text always marshals
	}
	if r.bytes+len(line) > maxRecording {
		r.event(at, "m", cutNote)
		r.cut = true
		return
	}
	r.lines, r.bytes = append(r.lines, line), r.bytes+len(line)
}

// wholeRunes is how much of b ends with a whole character. What can never become
// one counts as whole.
func wholeRunes(b []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(b)); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-back:]) {
				return len(b) - back
			}
			break
		}
	}
	return len(b)
}
