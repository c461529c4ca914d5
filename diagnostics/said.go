package diagnostics

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// Said is what an employee reads of a finding, in a form that can be said in every
// language. Sentence and Advice of the finding are its English.
type Said struct {
	Sentence tongue.Text   `json:"sentence"`
	Advice   []tongue.Text `json:"advice,omitempty"` // sentences, one after the other
}

// says begins what a finding says; advice are ids of texts without gaps.
func says(sentence tongue.Text, advice ...string) Said {
	s := Said{Sentence: sentence}
	for _, id := range advice {
		s.advise(tongue.Of(id))
	}
	return s
}

func (s *Said) advise(t tongue.Text) { s.Advice = append(s.Advice, t) }

// inEnglish fills in what the finding says to who reads no other language.
func (f *Finding) inEnglish() {
	f.Sentence = f.Said.Sentence.English()
	var advice []string
	for _, a := range f.Said.Advice {
		advice = append(advice, a.English())
	}
	f.Advice = strings.Join(advice, " ")
}

// Size is about how many bytes the texts of a finding take.
func (f *Finding) Size() int {
	n := f.Said.Sentence.Size()
	for _, a := range f.Said.Advice {
		n += a.Size()
	}
	for _, e := range f.Evidence {
		n += len(e.What) + len(e.Value)
		if e.SaidWhat != nil {
			n += e.SaidWhat.Size()
		}
		if e.SaidValue != nil {
			n += e.SaidValue.Size()
		}
	}
	return n
}

// Title is the finding's two or three words, to be said in every language.
func Title(c Code) tongue.Text { return tongue.Of("title." + string(c)) }

// reading is a reading that a finding rests on. A name and a value that are the same
// in every language are verbatim.
func reading(section SectionName, what, value tongue.Text) Evidence {
	e := Evidence{Section: section, What: what.English(), Value: value.English()}
	if what.ID != "" {
		e.SaidWhat = &what
	}
	if value.ID != "" {
		e.SaidValue = &value
	}
	return e
}

// Reading is a reading that others take, to be shown beside those of findings.
func Reading(section SectionName, what, value tongue.Text) Evidence {
	return reading(section, what, value)
}

// verbatim is what no language changes.
func verbatim(s string) tongue.Text { return tongue.Verbatim(s) }

// process names a process and its number.
func (p *Process) text() tongue.Text {
	return tongue.Of("evidence.process", tongue.Name("name", clean(p.Name, 40)), pid(p.PID))
}

func percentText(v float64) tongue.Text {
	return tongue.Of("evidence.value", tongue.Percent("value", v))
}

func exactText(v float64) tongue.Text {
	return tongue.Of("evidence.value", tongue.PercentExact("value", v))
}

func spaceText(part, whole uint64) tongue.Text {
	return tongue.Of("evidence.value", tongue.BytesOf("value", part, whole))
}

func memoryOfText(part, whole uint64) tongue.Text {
	return tongue.Of("evidence.value", tongue.MemoryOf("value", part, whole))
}

func lengthText(d time.Duration) tongue.Text {
	return tongue.Of("evidence.value", tongue.Duration("value", d))
}

func perSecond(v float64) tongue.Text {
	return tongue.Of("evidence.per_second", tongue.Bytes("size", rate(v)))
}

func ofACore(v float64) tongue.Text {
	return tongue.Of("evidence.of_a_core", tongue.Percent("share", v))
}

func pid(n int32) tongue.Arg { return tongue.Name("pid", strconv.Itoa(int(n))) }

func milliseconds(v float64) tongue.Arg { return tongue.Name("ms", fmt.Sprintf("%.0f ms", v)) }

// cleaned makes each of the words fit to stand in a sentence.
func cleaned(words []string, n int) []string {
	var all []string
	for _, w := range words {
		all = append(all, clean(w, n))
	}
	return all
}
