package people

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/deskbell/deskbell/internal/fault"
)

// The bounds of a list.
const (
	MaxLines = 20_000
	MaxBytes = 8 << 20
	maxCells = 64
)

// Table is a list as it was read: its columns' names and its lines.
type Table struct {
	Encoding  string // as people call it
	Separator rune
	Header    []string
	Lines     []Line
	Wrong     []Wrong // of what could not be read as a line
}

// Line is one line of a list. Number is the line of the file that it begins in,
// the header being line 1; cells with line breaks take more lines than one.
type Line struct {
	Number int
	Cells  []string
}

// Wrong is a line that cannot be taken, and what to do about it.
type Wrong struct {
	Line     int    `json:"line" doc:"The line of the file; the header is line 1."`
	Column   string `json:"column,omitempty" doc:"The column's name in the file."`
	Sentence string `json:"sentence" doc:"What is wrong and what to do."`
}

// ReadTable reads a list as spreadsheets write it. How the text is encoded and
// what stands between the cells is found out. What cannot be read at all is an
// error; a line that cannot is in Wrong.
func ReadTable(file []byte) (Table, error) {
	if len(file) > MaxBytes {
		return Table{}, fault.New(fault.TooLarge, "The file is larger than 8 MiB. Split it; nothing was imported.")
	}
	text, encoding, err := decode(file)
	if err != nil {
		return Table{}, err
	}
	if strings.TrimSpace(text) == "" {
		return Table{}, fault.Field("file", "The file is empty. Export the list again, with a first line that names the columns.")
	}
	t := Table{Encoding: encoding, Separator: separator(text)}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = t.Separator, -1, false
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			t.Wrong = append(t.Wrong, Wrong{Line: parse.StartLine, Sentence: quoteTrouble(parse)})
			break // where a quotation mark is missing, nobody knows where the next line begins
		}
		if err != nil {
			return Table{}, err
		}
		number, _ := r.FieldPos(0)
		if t.Header == nil {
			if err := t.header(cells); err != nil {
				return Table{}, err
			}
			continue
		}
		if empty(cells) {
			continue
		}
		if len(t.Lines) == MaxLines {
			return Table{}, fault.New(fault.TooLarge, "The file has more than 20 000 lines. Split it; nothing was imported.")
		}
		if len(cells) != len(t.Header) {
			t.Wrong = append(t.Wrong, Wrong{Line: number, Sentence: "It has " + cellsWord(len(cells)) + ", and the header has " + itoa(len(t.Header)) + ". Put a cell that holds a separator into quotation marks."})
			continue
		}
		t.Lines = append(t.Lines, Line{Number: number, Cells: cells})
	}
	if len(t.Lines) == 0 && len(t.Wrong) == 0 {
		return Table{}, fault.Field("file", "The file has a header and no lines below it. Export the list again.")
	}
	return t, nil
}

func (t *Table) header(cells []string) error {
	if len(cells) > maxCells {
		return fault.Field("file", "The file has more than 64 columns. Export only those that Deskbell keeps.")
	}
	for _, c := range cells {
		t.Header = append(t.Header, strings.TrimSpace(c))
	}
	if empty(t.Header) {
		return fault.Field("file", "The first line names no columns. It has to: name, email, site and so on.")
	}
	return nil
}

func empty(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

func cellsWord(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return itoa(n) + " cells"
}

func quoteTrouble(e *csv.ParseError) string {
	if errors.Is(e.Err, csv.ErrBareQuote) {
		return "It has a quotation mark in the middle of a cell. Double it, and put the whole cell into quotation marks. What follows was not read."
	}
	return "A quotation mark is missing: the cell that begins here has no end. What follows was not read."
}

// decode makes UTF-8 out of what spreadsheets write. Text that is not UTF-8 and
// has no mark at its beginning is taken for Windows-1252, which German and French
// Excel write; every byte means something there, so that nothing is lost.
func decode(file []byte) (text, encoding string, err error) {
	switch {
	case bytes.HasPrefix(file, []byte{0xEF, 0xBB, 0xBF}):
		file, encoding = file[3:], "UTF-8"
	case bytes.HasPrefix(file, []byte{0xFF, 0xFE}):
		return utf16Text(file[2:], false), "UTF-16", nil
	case bytes.HasPrefix(file, []byte{0xFE, 0xFF}):
		return utf16Text(file[2:], true), "UTF-16", nil
	}
	if bytes.IndexByte(file, 0) >= 0 {
		return "", "", fault.Field("file", "This is not a text file. Save the list as CSV, and choose that file.")
	}
	if utf8.Valid(file) {
		return string(file), "UTF-8", nil
	}
	if encoding != "" {
		return "", "", fault.Field("file", "The file says that it is UTF-8 and is not. Save it as CSV again.")
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(file)
	if err != nil {
		return "", "", fault.Wrap(err, fault.Invalid, "The file's characters cannot be read. Save it as CSV in UTF-8.")
	}
	return string(out), "Windows-1252", nil
}

func utf16Text(b []byte, big bool) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		lo, hi := b[i], b[i+1]
		if big {
			lo, hi = hi, lo
		}
		units = append(units, uint16(lo)|uint16(hi)<<8)
	}
	return string(utf16.Decode(units))
}

// separator finds what stands between the cells: of the four that are used, the one
// that cuts the first lines into the most cells, and all of them into as many.
func separator(text string) rune {
	best, most := ',', 0
	for _, sep := range []rune{',', ';', '\t', '|'} {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.LazyQuotes = sep, -1, true
		score, first := 0, 0
		for i := range 20 {
			cells, err := r.Read()
			if err != nil {
				break
			}
			if i == 0 {
				first = len(cells)
			}
			if len(cells) == first && first > 1 {
				score += first
			}
		}
		if first > 1 && score > most {
			best, most = sep, score
		}
	}
	return best
}
