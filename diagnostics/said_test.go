package diagnostics

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/tongue"
)

// tester is what a test and rapid's check have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
}

// saidInEveryLanguage holds a finding's words: its English is that of its texts, and
// every text can be said in every language, as something else than the English.
func saidInEveryLanguage(t tester, f Finding) {
	t.Helper()
	if f.Said.Sentence.English() != f.Sentence {
		t.Errorf("%s: the sentence %q is not what is said: %q", f.Code, f.Sentence, f.Said.Sentence.English())
	}
	texts := append([]tongue.Text{f.Said.Sentence}, f.Said.Advice...)
	for _, e := range f.Evidence {
		for _, said := range []struct {
			text    *tongue.Text
			english string
		}{{e.SaidWhat, e.What}, {e.SaidValue, e.Value}} {
			if said.text == nil {
				continue
			}
			texts = append(texts, *said.text)
			if got := said.text.English(); got != said.english {
				t.Errorf("%s: the evidence %q is not what is said: %q", f.Code, said.english, got)
			}
		}
	}
	for _, l := range tongue.Languages() {
		for _, text := range texts {
			s, ok := l.Render(text)
			if !ok || s == "" {
				t.Errorf("%s: %s cannot be said in %s: %+v", f.Code, text.ID, l, text)
			}
		}
	}
}

// translated finds what is said in English to readers of another language.
func translated(t *testing.T, f Finding) {
	t.Helper()
	for _, l := range tongue.Languages() {
		for _, text := range append([]tongue.Text{f.Said.Sentence, Title(f.Code)}, f.Said.Advice...) {
			s, _ := l.Render(text)
			if l != tongue.English && s == text.English() {
				t.Errorf("%s: %s is English in %s: %q", f.Code, text.ID, l, s)
			}
			if strings.ContainsAny(s, "{}") || strings.Contains(s, text.ID) {
				t.Errorf("%s: a gap is left in %s: %q", f.Code, l, s)
			}
		}
	}
}

func TestTitlesAreInTheCatalogue(t *testing.T) {
	for _, r := range Rules() {
		if got := Title(r.Code).English(); got != r.Title {
			t.Errorf("%s is called %q, and %q in the catalogue", r.Code, r.Title, got)
		}
	}
}
