package files

import (
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// form is how a file's bytes are to be read.
type form byte

const (
	narrow           form = iota // a byte a letter, or UTF-8
	wideLittleMarked             // UTF-16 with its mark, as Windows writes logs
	wideBigMarked
	wideLittle
	wideBig
	binary
)

func (f form) withoutMark() form {
	switch f {
	case wideLittleMarked:
		return wideLittle
	case wideBigMarked:
		return wideBig
	}
	return f
}

// formOf judges a file by its beginning. A text in an old code page has letters that
// are not UTF-8, but few characters that control something.
func formOf(b []byte) form {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return wideLittleMarked
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return wideBigMarked
	case bytes.IndexByte(b, 0) >= 0:
		return binary
	}
	odd := 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 && len(rest) >= utf8.UTFMax || r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != 0x1b {
			odd++
		}
		rest = rest[n:]
	}
	if odd*10 > len(b) {
		return binary
	}
	return narrow
}

// wide reads UTF-16 as UTF-8.
type wide struct {
	r              io.Reader
	little, marked bool
	out            []byte
	high           uint16 // the first half of a letter
	err            error
}

func (w *wide) Read(p []byte) (int, error) {
	for len(w.out) == 0 && w.err == nil {
		var b [8 << 10]byte
		n, err := io.ReadFull(w.r, b[:])
		w.err = err
		if err == io.ErrUnexpectedEOF {
			w.err = io.EOF
		}
		w.decode(b[:n&^1])
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	if n == 0 {
		return 0, w.err
	}
	return n, nil
}

func (w *wide) decode(b []byte) {
	for i := 0; i+1 < len(b); i += 2 {
		u := uint16(b[i])<<8 | uint16(b[i+1])
		if w.little {
			u = uint16(b[i+1])<<8 | uint16(b[i])
		}
		if w.marked {
			w.marked = false
			continue
		}
		switch {
		case w.high != 0:
			w.out = utf8.AppendRune(w.out, utf16.DecodeRune(rune(w.high), rune(u)))
			w.high = 0
		case utf16.IsSurrogate(rune(u)):
			w.high = u
		default:
			w.out = utf8.AppendRune(w.out, rune(u))
		}
	}
}
