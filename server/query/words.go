package query

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWord bounds a word of the index, in bytes: what is longer was not written by a
// person, and is found by its begin.
const maxWord = 60

// Words cuts text into the words that are looked for: runs of letters and digits, in
// lower case, without accents (ü is u, é is e), ß as ss. Chinese and Japanese
// characters are words of their own, since nothing stands between words there. Both
// databases are given these words and search for these words, so that they answer alike.
func Words(s string) []string {
	var out []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			out = append(out, cut(b.String()))
			b.Reset()
		}
	}
	for _, r := range fold(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			out = append(out, string(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r):
			b.WriteRune(r)
		default:
			end()
		}
	}
	end()
	return out
}

// Fold is how names are compared: as Words, with single spaces between.
func Fold(s string) string { return strings.Join(Words(s), " ") }

// letters that Unicode does not take apart.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ŋ", "n", "ŧ", "t")

func fold(s string) string {
	ascii := true
	for i := 0; i < len(s) && ascii; i++ {
		ascii = s[i] < 0x80
	}
	if ascii {
		return strings.ToLower(s)
	}
	return letters.Replace(strings.ToLower(norm.NFKD.String(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", " "), " "))))
}

func cut(w string) string {
	if len(w) <= maxWord {
		return w
	}
	n := maxWord
	for n > 0 && w[n]&0xC0 == 0x80 {
		n--
	}
	return w[:n]
}
