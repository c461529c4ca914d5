package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"

	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const piece = 256 << 10 // of text that secrets are taken out of at once

var (
	errBinary = fault.New(fault.Forbidden, "That is not a text, so secrets cannot be taken out of it. This machine's own settings allow texts only (deskbell-agent run --fetch-binary).")
	errEnds   = fault.New(fault.TooLarge, "The file is too long and no text, so its beginning and its end would be of no use. It is not fetched.")
)

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// Copy reads a file and hands on what may leave the machine, in chunks of at most
// wire.FileChunk, in order. It reads what the file held when it was opened: of one
// that grows no more, of one that shrinks what is there. A chunk is the callee's.
func (s *Shelf) Copy(ctx context.Context, f *File, ends bool, emit func(chunk []byte) error) (wire.Fetched, error) {
	c := &copier{ctx: ctx, emit: emit, sum: sha256.New()}
	first := make([]byte, min(f.Size, 64<<10))
	n, err := f.f.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return c.told, said(err)
	}
	form := formOf(first[:n])
	switch {
	case form == binary && !s.p.Binary:
		return c.told, errBinary
	case f.Size > s.p.Most && !ends:
		return c.told, s.errLong(f.Size)
	case f.Size > s.p.Most && form == binary:
		return c.told, errEnds
	}
	c.told.Text = form != binary
	if f.Size <= s.p.Most {
		err = c.part(io.NewSectionReader(f.f, 0, f.Size), form, false, s.p.Binary)
	} else {
		head, tail, size := s.p.Most/4, s.p.Most-s.p.Most/4, f.Size
		if form != narrow { // no letter is cut in half
			head, tail, size = head&^1, tail&^1, size&^1
		}
		c.told.LeftOut = size - head - tail
		err = c.part(io.NewSectionReader(f.f, 0, head), form, false, s.p.Binary)
		if err == nil {
			err = c.write(fmt.Appendf(nil, "\n\n[%d bytes are left out here]\n\n", c.told.LeftOut))
		}
		if err == nil {
			err = c.part(io.NewSectionReader(f.f, size-tail, tail), form.withoutMark(), true, s.p.Binary)
		}
	}
	if err == nil {
		err = c.flush()
	}
	c.told.SHA256 = hex.EncodeToString(c.sum.Sum(nil))
	return c.told, said2(err)
}

func said2(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return said(err)
}

type copier struct {
	ctx  context.Context
	emit func([]byte) error
	sum  hash.Hash
	out  []byte
	told wire.Fetched
}

// part hands on a stretch of the file. torn says that it begins somewhere within.
func (c *copier) part(r io.Reader, form form, torn, binaryToo bool) error {
	if form == binary {
		return c.raw(r)
	}
	if form != narrow {
		r = &wide{r: r, little: form == wideLittle || form == wideLittleMarked, marked: form == wideLittleMarked || form == wideBigMarked}
	}
	var text []byte
	for {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		at := len(text)
		text = append(text, make([]byte, piece)...)
		n, err := io.ReadFull(r, text[at:])
		text = text[:at+n]
		over := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !over {
			return err
		}
		if !binaryToo && bytes.IndexByte(text[at:], 0) >= 0 {
			return errBinary
		}
		if torn && (over || len(text) >= 2*piece) {
			text, torn = c.mend(text), false
		}
		cut := len(text)
		if !over {
			if cut = SafeCut(text); cut == 0 || torn {
				continue
			}
		}
		clean, n := redact.Text(string(text[:cut]))
		c.told.Redacted += n
		if err := c.write([]byte(clean)); err != nil {
			return err
		}
		if over {
			return nil
		}
		text = append([]byte(nil), text[cut:]...)
	}
}

var (
	keyBegins = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`)
	keyEnds   = regexp.MustCompile(`-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----`)
)

// mend takes from a text that was torn off what belongs to a line, or to a key, that
// began before it.
func (c *copier) mend(text []byte) []byte {
	end := keyEnds.FindIndex(text)
	if begin := keyBegins.FindIndex(text); end != nil && (begin == nil || begin[0] > end[0]) {
		c.told.Redacted++
		return append([]byte(redact.Mark), text[end[1]:]...)
	}
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[i+1:]
	}
	return text
}

// SafeCut is where a text can be cut so that no secret is in both halves: after a line,
// and not within a key.
func SafeCut(text []byte) int {
	cut := bytes.LastIndexByte(text, '\n') + 1
	begins := keyBegins.FindAllIndex(text[:cut], -1)
	if len(begins) == 0 {
		return cut
	}
	last := begins[len(begins)-1][0]
	if keyEnds.Match(text[last:cut]) {
		return cut
	}
	return bytes.LastIndexByte(text[:last], '\n') + 1
}

func (c *copier) raw(r io.Reader) error {
	b := make([]byte, wire.FileChunk)
	for {
		n, err := r.Read(b)
		if err := c.write(b[:n]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (c *copier) write(b []byte) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	c.sum.Write(b)
	c.told.Bytes += int64(len(b))
	c.out = append(c.out, b...)
	for len(c.out) >= wire.FileChunk {
		if err := c.emit(bytes.Clone(c.out[:wire.FileChunk])); err != nil {
			return err
		}
		c.out = append([]byte(nil), c.out[wire.FileChunk:]...)
	}
	return nil
}

func (c *copier) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	return c.emit(c.out)
}
