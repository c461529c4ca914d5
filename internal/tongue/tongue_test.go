package tongue

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestLanguageIsChosenFromWhatSomebodyPrefers(t *testing.T) {
	for _, c := range []struct {
		preferred string
		want      Language
	}{
		{"", English}, {"C", English}, {"POSIX", English}, {"de", German}, {"de_AT.UTF-8@euro", German}, {"fr-CA", French},
		{"es_MX", Spanish}, {"ES", Spanish}, {"nl_NL fr_FR", French}, {"C.UTF-8", English}, {"desolate", English}, {"en-GB de-DE", English},
	} {
		if got := Choose(strings.Fields(c.preferred)...); got != c.want {
			t.Errorf("Choose(%q) = %s, want %s", c.preferred, got, c.want)
		}
	}
}

func TestTextsAreSaid(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{English.Say("ring.redacted", Count("n", 1)), "1 password or key was taken out."},
		{English.Say("ring.redacted", Count("n", 0)), "0 passwords or keys were taken out."},
		{French.Say("ring.redacted", Count("n", 0)), "0 mot de passe ou clé a été retiré."},
		{Spanish.Say("tray.sending", Count("n", 2_000_000)), "Enviando 2.000.000 de mensajes"},
		{German.Say("section.memory_free", Size("free", 1_400_000_000), Size("total", 16e9)), "1,4 GB von 16,0 GB frei"},
		{French.Say("section.memory_free", Size("free", 812), Size("total", 16e9)), "812 o libres sur 16,0 Go"},
		{German.Say("ticket.rated", Name("word", "a\x1b[31m\u202eb")), "Sie sagten: a[31mb."},
		{German.Say("ring.recorder", Name("at", "{n} {why}")), "Und was dieser Computer um {n} {why} getan hat."},
	} {
		if c.got != c.want {
			t.Errorf("got  %q\nwant %q", c.got, c.want)
		}
	}
}

func TestNumbersAreWrittenInTheLanguage(t *testing.T) {
	for _, c := range []struct {
		arg                Arg
		en, de, french, es string
	}{
		{Number("v", 0.3), "0.3", "0,3", "0,3", "0,3"},
		{Number("v", 3), "3", "3", "3", "3"},
		{Number("v", 31.4), "31", "31", "31", "31"},
		{Count("v", 9999), "9999", "9999", "9999", "9999"},
		{Count("v", 1234567), "1,234,567", "1.234.567", "1\u202f234\u202f567", "1.234.567"},
		{Count("v", -12345), "-12,345", "-12.345", "-12\u202f345", "-12.345"},
		{Percent("v", 4.25), "4.2 %", "4,2\u00a0%", "4,2\u00a0%", "4,2\u00a0%"},
		{PercentExact("v", 99.72), "99.7 %", "99,7\u00a0%", "99,7\u00a0%", "99,7\u00a0%"},
		{BytesOf("v", 300e6, 256e9), "0.3 of 256 GB", "0,3 von 256 GB", "0,3 sur 256 Go", "0,3 de 256 GB"},
		{Bytes("v", 3_100_000_000), "3.1 GB", "3,1 GB", "3,1 Go", "3,1 GB"},
		{Memory("v", 16<<30), "16 GB", "16 GB", "16 Go", "16 GB"},
		{MemoryOf("v", 1<<29, 16<<30), "0.5 of 16 GB", "0,5 von 16 GB", "0,5 sur 16 Go", "0,5 de 16 GB"},
		{Size("v", 1_400_000), "1.4 MB", "1,4 MB", "1,4 Mo", "1,4 MB"},
		{Duration("v", -192*time.Minute), "3 h 12 min", "3 h 12 min", "3 h 12 min", "3 h 12 min"},
		{Duration("v", 40600*time.Millisecond), "41 s", "41 s", "41 s", "41 s"},
		{Length("v", 40600*time.Millisecond), "40 s", "40 s", "40 s", "40 s"},
		{Duration("v", 52*time.Hour), "2 d 4 h", "2 T 4 h", "2 j 4 h", "2 d 4 h"},
		{List("v", []string{"a", "b", "c"}, 2), "a, b and 1 more", "a, b und 1 weiterer Eintrag", "a, b et 1 autre", "a, b y 1 más"},
		{Sub("v", Of("common.yes")), "yes", "ja", "oui", "sí"},
	} {
		for l, want := range map[Language]string{English: c.en, German: c.de, French: c.french, Spanish: c.es} {
			if got, ok := l.value(c.arg, 0); got != want || !ok {
				t.Errorf("%s: %+v is %q, want %q", l, c.arg, got, want)
			}
		}
	}
}

func TestDatesAreWrittenInTheLanguage(t *testing.T) {
	at := time.Date(2026, time.March, 4, 15, 4, 5, 0, time.UTC)
	for l, want := range map[Language]string{
		English: "Wednesday, 4 March 2026, 15:04:05", German: "Mittwoch, 4. März 2026, 15:04:05",
		French: "mercredi 4 mars 2026, 15:04:05", Spanish: "miércoles, 4 de marzo de 2026, 15:04:05",
	} {
		if got := l.Moment(at); got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
	if got := German.ClockOn(at); got != "Mi 15:04" {
		t.Error(got)
	}
}

// TestTextTravels sends a text over a wire and says it on the other side.
func TestTextTravels(t *testing.T) {
	sent := Of("section.disk_free", Size("free", 1e9), Size("total", 2e9), Name("mount", "/home"))
	b, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var got Text
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if s, ok := French.Render(got); !ok || s != "1,0 Go libres sur 2,0 Go dans /home" {
		t.Errorf("%q, %v", s, ok)
	}
}

// TestWhatCannotBeSaidIsEnglish takes in what a newer or a hostile program sends.
func TestWhatCannotBeSaidIsEnglish(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	Use(German)
	deep := Of("list.more", Name("words", "a"), Count("n", 2))
	for range 50 {
		deep = Of("ring.not_saved", Sub("why", deep))
	}
	for name, text := range map[string]Text{
		"none":            {},
		"unknown":         Of("a.text_of_tomorrow"),
		"no gap":          Of("ring.not_saved"),
		"an unknown kind": {ID: "ring.not_saved", Args: []Arg{{Gap: "why", Kind: "colour"}}},
		"no text inside":  {ID: "ring.not_saved", Args: []Arg{{Gap: "why", Kind: isText}}},
		"without end":     deep,
	} {
		if got := text.Or("As it came."); got != "As it came." {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := Of("common.yes").Or("yes"); got != "ja" {
		t.Errorf("%q", got)
	}
}
