package tongue

import (
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// TestPluralRulesAreThoseOfCLDR asks a library that has CLDR's rules compiled in.
func TestPluralRulesAreThoseOfCLDR(t *testing.T) {
	tags := map[Language]language.Tag{English: language.English, German: language.German, French: language.French, Spanish: language.Spanish}
	bundle := i18n.NewBundle(language.English)
	for l, tag := range tags {
		m := &i18n.Message{ID: "form", One: "one", Other: "other"}
		for _, f := range l.Forms() {
			if f == Many {
				m.Many = "many"
			}
		}
		bundle.MustAddMessages(tag, m)
	}
	numbers := []int64{999_999, 1_000_000, 1_000_001, 1_500_000, 2_000_000, 10_000_000, 1_000_000_000}
	for n := range int64(1200) {
		numbers = append(numbers, n)
	}
	for l, tag := range tags {
		say := i18n.NewLocalizer(bundle, tag.String())
		for _, n := range numbers {
			want, err := say.Localize(&i18n.LocalizeConfig{MessageID: "form", PluralCount: n})
			if err != nil {
				t.Fatal(l, n, err)
			}
			if got := l.Form(n); string(got) != want {
				t.Errorf("%s: %d takes %s, CLDR says %s", l, n, got, want)
			}
		}
	}
}
