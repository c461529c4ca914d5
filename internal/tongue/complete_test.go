package tongue

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func catalogueOf(t *testing.T, l Language) map[string]message {
	t.Helper()
	m, err := load(files, l)
	if err != nil {
		t.Fatal(err)
	}
	if len(m) == 0 {
		t.Fatalf("there are no texts in %s", l)
	}
	return m
}

func (m message) gaps(f Form) []string {
	var gaps []string
	for _, p := range m.forms[f] {
		if p.gap {
			gaps = append(gaps, p.text)
		}
	}
	slices.Sort(gaps)
	return slices.Compact(gaps)
}

func (m message) words(f Form) string {
	var b strings.Builder
	for _, p := range m.forms[f] {
		if p.gap {
			b.WriteString("{" + p.text + "}")
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// TestEveryLanguageIsComplete holds all languages against English.
func TestEveryLanguageIsComplete(t *testing.T) {
	english := catalogueOf(t, English)
	for _, l := range Languages() {
		texts := catalogueOf(t, l)
		for id := range texts {
			if _, ok := english[id]; !ok {
				t.Errorf("%s has %s, and English has not", l, id)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(english)) {
			e := english[id]
			m, ok := texts[id]
			if !ok {
				t.Errorf("%s lacks %s", l, id)
				continue
			}
			if m.plural != e.plural {
				t.Errorf("%s: %s goes by a number in one language and not in the other", l, id)
				continue
			}
			want := []Form{Other}
			if m.plural {
				want = l.Forms()
			}
			if got := slices.Sorted(maps.Keys(m.forms)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Errorf("%s: %s has the forms %v, and needs %v", l, id, got, want)
			}
			gaps := e.gaps(Other)
			for f := range m.forms {
				got := m.gaps(f)
				if f == One && !slices.Contains(got, "n") && slices.Contains(gaps, "n") {
					got = slices.Sorted(slices.Values(append(got, "n"))) // “one thing” needs no figure
				}
				if !slices.Equal(got, gaps) {
					t.Errorf("%s: %s, %s has the gaps %v, English has %v", l, id, f, got, gaps)
				}
				if strings.TrimSpace(m.words(f)) == "" || strings.TrimSpace(m.words(f)) != m.words(f) {
					t.Errorf("%s: %s, %s is empty, or has spaces around it", l, id, f)
				}
			}
			if m.plural && !slices.Contains(gaps, "n") {
				t.Errorf("%s has forms and no gap {n}", id)
			}
		}
	}
}

// alike lists what is the same in English and in another language on purpose.
var alike = map[Language][]string{
	German: {
		"looks.who", "looks.foot", "tray.offline", "tray.tooltip", "month.april", "month.august", "month.september", "month.november",
		"evidence.code_in",
	},
	French:  {"section.services", "ticket.solution", "tray.tooltip", "evidence.zombies", "evidence.interface", "evidence.interfaces", "evidence.proxy", "evidence.service"},
	Spanish: {"common.no", "tray.tooltip", "evidence.interfaces", "evidence.proxy"},
}

// TestNothingIsLeftInEnglish finds texts that somebody has copied and not
// translated. What has no word of its own, such as a unit, is no text.
func TestNothingIsLeftInEnglish(t *testing.T) {
	english := catalogueOf(t, English)
	word := regexp.MustCompile(`\pL{2,}`)
	for _, l := range Languages()[1:] {
		used := map[string]bool{}
		texts := catalogueOf(t, l)
		for id, e := range english {
			bare := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(e.words(Other), "")
			if texts[id].words(Other) != e.words(Other) || strings.HasPrefix(id, "unit.") || !word.MatchString(bare) {
				continue
			}
			if used[id] = slices.Contains(alike[l], id); !used[id] {
				t.Errorf("%s: %s is the English %q", l, id, e.words(Other))
			}
		}
		for _, id := range alike[l] {
			if _, ok := english[id]; ok && texts[id].words(Other) != english[id].words(Other) {
				t.Errorf("%s: %s differs from English, and is listed as the same", l, id)
			}
		}
	}
}

// TestEveryLanguageHasItsOwnMarks looks at quotation marks and at the spaces that a
// line must not break at.
func TestEveryLanguageHasItsOwnMarks(t *testing.T) {
	all := []struct {
		bad *regexp.Regexp
		why string
		of  []Language
	}{
		{regexp.MustCompile(`["]|\.\.\.| '|' `), "has typewriter marks", Languages()},
		{regexp.MustCompile(`'`), "has a straight apostrophe", []Language{German, French, Spanish}},
		{regexp.MustCompile(`[«»]`), "has French quotation marks", []Language{English, German}},
		{regexp.MustCompile(`[„“”]`), "has German or English quotation marks", []Language{French, Spanish}},
		{regexp.MustCompile(`„[^“]*$|„[^“]*”|^[^„]*“`), "does not quote „so“", []Language{German}},
		{regexp.MustCompile(`“[^”]*$|„`), "does not quote “so”", []Language{English}},
		{regexp.MustCompile(`[^\x{a0}\x{202f}?!:][:;?!»]|«[^\x{a0}\x{202f}]`), "lacks a space that does not break", []Language{French}},
		{regexp.MustCompile(`[\s\x{a0}\x{202f}][:;?!»]|«[\s\x{a0}\x{202f}]`), "has a space before a mark", []Language{Spanish}},
		{regexp.MustCompile(`[\s\x{a0}\x{202f}][:;?!“]`), "has a space before a mark", []Language{German}},
		{regexp.MustCompile(`[\s\x{a0}\x{202f}][:;?!”]`), "has a space before a mark", []Language{English}},
		{regexp.MustCompile(`^[^¿]*\?|^[^¡]*!`), "opens no question or call", []Language{Spanish}},
		{regexp.MustCompile(`  | %|!`), "has two spaces, a percent sign that may fall to the next line, or an exclamation mark", []Language{German, French, Spanish}},
		{regexp.MustCompile(`(^|\PL)(du|dein|deine|dich|dir)(\PL|$)`), "calls its reader du", []Language{German}},
		{regexp.MustCompile(`(^|\PL)(tu|ton|toi|tes)(\PL|$)`), "calls its reader tu", []Language{French}},
		{regexp.MustCompile(`(?i)(^|\PL)(tú|tus|puedes|tienes|haz)(\PL|$)`), "calls its reader tú", []Language{Spanish}},
	}
	for _, rule := range all {
		for _, l := range rule.of {
			for id, m := range catalogueOf(t, l) {
				for f := range m.forms {
					if s := m.words(f); rule.bad.MatchString(s) {
						t.Errorf("%s: %s %s: %q", l, id, rule.why, s)
					}
				}
			}
		}
	}
}
