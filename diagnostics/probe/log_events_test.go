package probe

import (
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

// The form is that of "wevtutil qe System /f:RenderedXml /uni:true".
func TestWindowsEvents(t *testing.T) {
	text := `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='disk'/><EventID Qualifiers='49156'>7</EventID><Version>0</Version><Level>2</Level><Task>0</Task><TimeCreated SystemTime='2026-11-21T09:12:13.1234567Z'/><Computer>PC-17</Computer></System><EventData><Data>\Device\Harddisk0\DR0</Data><Binary>0300</Binary></EventData><RenderingInfo Culture='de-DE'><Message>Fehlerhafter Block bei
Gerät \Device\Harddisk0\DR0.</Message><Level>Fehler</Level></RenderingInfo></Event>
<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Gone Provider' Guid='{1}'/><EventID>1000</EventID><Level>3</Level><TimeCreated SystemTime='2026-11-21T09:10:00Z'/></System><EventData><Data Name='a'>app.exe</Data><Data>0xc0000005 &amp; more</Data></EventData></Event>
<Event xmlns='x'><System><Provider Name='cut`
	want := []diagnostics.LogEntry{
		{At: time.Date(2026, 11, 21, 9, 12, 13, 123456700, time.UTC), Level: "error", Unit: "disk", Message: `event 7: Fehlerhafter Block bei Gerät \Device\Harddisk0\DR0.`},
		{At: time.Date(2026, 11, 21, 9, 10, 0, 0, time.UTC), Level: "warning", Unit: "Gone Provider", Message: "event 1000: app.exe 0xc0000005 & more"},
	}
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, b := range map[string][]byte{"UTF-16 with a mark": wide, "UTF-16": wide[2:], "UTF-8": []byte(text)} {
		if d := cmp.Diff(want, parseEvents(b)); d != "" {
			t.Error(name, d)
		}
	}
	if got := parseEvents(nil); got != nil {
		t.Errorf("%+v", got)
	}
}
