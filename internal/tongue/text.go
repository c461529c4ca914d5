package tongue

import "time"

// Text is something to be said in whatever language its reader has: the id of a
// text in the catalogue, and what stands in its gaps. It travels as JSON.
type Text struct {
	ID   string `json:"id"`
	Args []Arg  `json:"args,omitempty"`
}

// Of returns a Text.
func Of(id string, args ...Arg) Text { return Text{ID: id, Args: args} }

// Verbatim is what no language changes, in a text's place: a name, a figure with its
// unit.
func Verbatim(s string) Text { return Text{Args: []Arg{{Name: s}}} }

// IsZero reports whether there is no text.
func (t Text) IsZero() bool { return t.ID == "" && len(t.Args) == 0 }

// Size is about how many bytes the text and all that is in it take. Texts come over
// wires, and whoever takes one in bounds it.
func (t Text) Size() int {
	n := len(t.ID)
	for _, a := range t.Args {
		n += len(a.Gap) + len(a.Kind) + len(a.Name) + 16
		for _, w := range a.Words {
			n += len(w)
		}
		if a.Text != nil {
			n += a.Text.Size()
		}
	}
	return n
}

// Kind says what an argument is, and so how a language writes it. It is written
// out on the wire; an unknown one cannot be rendered.
type Kind string

// The kinds.
const (
	isName     Kind = ""          // stands as it is, in every language
	isCount    Kind = "count"     // a whole number, by which a text chooses its form
	isNumber   Kind = "number"    // one decimal below ten
	isPercent  Kind = "percent"   // a number with its sign
	isPercent1 Kind = "percent1"  // always with one decimal
	isBytes    Kind = "bytes"     // a size, in decimal units, as disks are sold
	isBytesOf  Kind = "bytes_of"  // a part of a whole, both in the whole's unit
	isMemory   Kind = "memory"    // a size in powers of two, as memory is sold
	isMemoryOf Kind = "memory_of" //
	isDuration Kind = "duration"  // in its two largest units
	isSize     Kind = "size"      // a size with one decimal where that helps
	isLength   Kind = "length"    // a duration in whole units, never rounded up
	isText     Kind = "text"      // a text of the catalogue
	isList     Kind = "list"      // words with commas, and how many more there are
)

// Arg is what stands in a gap of a text. Only the constructors below make one.
type Arg struct {
	Gap   string   `json:"gap"`
	Kind  Kind     `json:"kind,omitempty"`
	Name  string   `json:"name,omitempty"`
	N     float64  `json:"n,omitempty"`
	Whole float64  `json:"whole,omitempty"`
	Words []string `json:"words,omitempty"`
	Text  *Text    `json:"text,omitempty"`
}

func (a Arg) whole() int64 {
	if a.Kind == isCount {
		return int64(a.N)
	}
	return -1
}

// Name is a word that no language changes: a name, an address, a date.
func Name(gap, s string) Arg { return Arg{Gap: gap, Name: s} }

// Count is a whole number.
func Count[I int | int32 | int64 | uint32 | uint64](gap string, n I) Arg {
	return Arg{Gap: gap, Kind: isCount, N: float64(n)}
}

// finite makes a measured number one that JSON can write, whatever was measured.
func finite(v float64) float64 {
	if v != v {
		return 0
	}
	return min(max(v, -1e18), 1e18)
}

// Number is a number with one decimal below ten.
func Number(gap string, v float64) Arg { return Arg{Gap: gap, Kind: isNumber, N: finite(v)} }

// Percent is a percentage.
func Percent(gap string, v float64) Arg { return Arg{Gap: gap, Kind: isPercent, N: finite(v)} }

// PercentExact is a percentage that keeps a decimal: 99.7 and 100 are not the same.
func PercentExact(gap string, v float64) Arg { return Arg{Gap: gap, Kind: isPercent1, N: finite(v)} }

// Bytes is an amount on a disk, "3.1 GB".
func Bytes(gap string, n uint64) Arg { return Arg{Gap: gap, Kind: isBytes, N: float64(n)} }

// BytesOf is "0.3 of 256 GB".
func BytesOf(gap string, part, whole uint64) Arg {
	return Arg{Gap: gap, Kind: isBytesOf, N: float64(part), Whole: float64(whole)}
}

// Memory is an amount of memory: a machine with 16 GiB has "16 GB".
func Memory(gap string, n uint64) Arg { return Arg{Gap: gap, Kind: isMemory, N: float64(n)} }

// MemoryOf is "1.2 of 16 GB".
func MemoryOf(gap string, part, whole uint64) Arg {
	return Arg{Gap: gap, Kind: isMemoryOf, N: float64(part), Whole: float64(whole)}
}

// Size is the size of a file: "812 B", "1.4 MB".
func Size(gap string, n uint64) Arg { return Arg{Gap: gap, Kind: isSize, N: float64(n)} }

// Duration is a length of time, rounded: "3 h 12 min".
func Duration(gap string, d time.Duration) Arg {
	return Arg{Gap: gap, Kind: isDuration, N: d.Abs().Seconds()}
}

// Length is a length of time that has passed: what has not been completed does not
// count.
func Length(gap string, d time.Duration) Arg {
	return Arg{Gap: gap, Kind: isLength, N: max(d, 0).Seconds()}
}

// Sub is another text.
func Sub(gap string, t Text) Arg { return Arg{Gap: gap, Kind: isText, Text: &t} }

// List is at most limit of the words, and how many more there are.
func List(gap string, words []string, limit int) Arg {
	return Arg{Gap: gap, Kind: isList, Words: words[:min(limit, len(words))], N: float64(max(len(words)-limit, 0))}
}
