package session

import (
	"testing"

	"github.com/deskbell/deskbell/internal/tongue"
)

func TestLanguageComesFromTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		all, messages, lang, language string
		want                          tongue.Language
	}{
		{want: tongue.English},
		{lang: "de_DE.UTF-8", want: tongue.German},
		{lang: "de_DE.UTF-8", messages: "fr_FR.UTF-8", want: tongue.French},
		{lang: "de_DE.UTF-8", messages: "fr_FR.UTF-8", all: "es_ES", want: tongue.Spanish},
		{lang: "de_DE.UTF-8", all: "C", want: tongue.English},
		{lang: "de_DE.UTF-8", all: "C.UTF-8", language: "fr", want: tongue.English},
		{lang: "nl_BE.UTF-8", language: "nl:fr:de", want: tongue.French},
		{lang: "de_DE.UTF-8", language: "sv", want: tongue.German},
	} {
		set := map[string]string{"LC_ALL": c.all, "LC_MESSAGES": c.messages, "LANG": c.lang, "LANGUAGE": c.language}
		if got := tongue.Choose(fromEnvironment(func(name string) string { return set[name] })...); got != c.want {
			t.Errorf("%v: %s, want %s", set, got, c.want)
		}
	}
}

func TestLanguageComesFromWhatMacOSPrints(t *testing.T) {
	if got := tongue.Choose(fromDefaults("(\n    \"nl-NL\",\n    \"es-419\",\n    de\n)\n")...); got != tongue.Spanish {
		t.Error(got)
	}
	if got := fromDefaults("(\n)\n"); len(got) != 0 {
		t.Error(got)
	}
}

func TestLanguageThatWasAskedForComesFirst(t *testing.T) {
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	if got := Language("fr"); got != tongue.French {
		t.Error(got)
	}
}
