package triage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Text is what is learned from and compared: of a ticket, what does not change by
// being worked on.
type Text struct {
	Title, Body string
	Findings    []string // codes
	Kind        string
	OS          string
}

// The bounds of a text, so that nobody can make the desk slow by pasting: what is
// beyond them is not read.
const (
	MaxText     = 2 << 10 // bytes of a body
	maxTokens   = 400
	maxToken    = 32 // characters
	maxFindings = 32
)

// tokens returns the words of a text in lower case and without accents, in order.
// Numbers stay when they are short (an error 0x80070005 says much, a serial number
// nothing).
func tokens(s string) []string {
	if len(s) > MaxText {
		s = s[:MaxText]
	}
	s = fold(s)
	var out []string
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(out) == maxTokens {
			break
		}
		n := utf8.RuneCountInString(word)
		switch {
		case n < 2, n > maxToken && !unicode.IsLetter(firstRune(word)):
			continue
		case n > maxToken:
			word = string([]rune(word)[:maxToken])
		}
		out = append(out, word)
	}
	return out
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// fold returns the text in lower case, without the marks over letters, so that
// “Störung” and “Storung” are one word.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	s = strings.ReplaceAll(strings.ToLower(strings.ToValidUTF8(s, " ")), "ß", "ss")
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

// hashOf names a feature (FNV-1a). Who makes two words collide has made a suggestion
// worse, and nothing else.
func hashOf(kind byte, s string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (uint64(offset) ^ uint64(kind)) * prime
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}

// The kinds of features.
const (
	word    = 'w'
	pair    = 'b'
	piece   = 'c'
	finding = 'f'
	trait   = 'k'
)

// traits is how many features every text has at the end of its list.
const traits = 2

// features returns what a text shows, each once: its words, pairs of words, pieces
// of words (so that a typing mistake or a compound still says something), the
// findings, the kind and the system.
func features(t Text) []uint64 {
	out := make([]uint64, 0, 256)
	seen := make(map[uint64]struct{}, 256)
	add := func(kind byte, s string) {
		h := hashOf(kind, s)
		if _, twice := seen[h]; !twice {
			seen[h] = struct{}{}
			out = append(out, h)
		}
	}
	before := ""
	for _, w := range append(tokens(t.Title), tokens(t.Body)...) {
		add(word, w)
		if before != "" {
			add(pair, before+" "+w)
		}
		before = w
		for _, p := range pieces(w) {
			add(piece, p)
		}
	}
	for _, f := range t.Findings[:min(len(t.Findings), maxFindings)] {
		add(finding, f)
		if area, _, ok := strings.Cut(f, "."); ok {
			add(finding, area)
		}
	}
	add(trait, "kind "+t.Kind)
	add(trait, "os "+t.OS)
	return out
}

// pieces are a word's runs of four characters, with its ends marked.
func pieces(w string) []string {
	const n = 4
	r := []rune("<" + w + ">")
	if len(r) <= n {
		return nil
	}
	out := make([]string, 0, len(r)-n+1)
	for i := 0; i+n <= len(r); i++ {
		out = append(out, string(r[i:i+n]))
	}
	return out
}
