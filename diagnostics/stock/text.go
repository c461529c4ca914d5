package stock

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
)

// Hash names facts: the first half of the SHA-256 of their text form, in hex.
func Hash(facts []Fact) string {
	h := sha256.New()
	for _, f := range facts {
		io.WriteString(h, f.text()) //nolint:errcheck // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (f Fact) text() string { return string(f.Kind) + "\t" + f.Name + "\t" + f.Value + "\n" }

// Pack is the text form of facts, compressed (RFC 1951): a line each, kind, name and
// value with a tab between them.
func Pack(facts []Fact) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	for _, f := range facts {
		io.WriteString(w, f.text()) //nolint:errcheck // into memory
	}
	w.Close() //nolint:errcheck // into memory
	return b.Bytes()
}

// Unpack reads what Pack has made. It is hostile: what is more than a machine may
// tell, or has not the form, is an error.
func Unpack(b []byte) ([]Fact, error) {
	r := flate.NewReader(bytes.NewReader(b))
	text, err := io.ReadAll(io.LimitReader(r, MaxText+1))
	if err != nil {
		return nil, errors.New("the facts cannot be unpacked")
	}
	if len(text) > MaxText {
		return nil, errors.New("the facts are more than 256 KiB")
	}
	all := string(text)
	facts := make([]Fact, 0, strings.Count(all, "\n"))
	for line := range strings.Lines(all) {
		line, ended := strings.CutSuffix(line, "\n")
		kind, rest, ok := strings.Cut(line, "\t")
		name, value, ok2 := strings.Cut(rest, "\t")
		if !ended || !ok || !ok2 || len(facts) == MaxFacts {
			return nil, errors.New("the facts have not the form that they should have")
		}
		facts = append(facts, Fact{Kind(kind), name, value})
	}
	return facts, nil
}
