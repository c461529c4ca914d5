package siem

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/audit"
)

// TestLines holds the forms to the letter.
func TestLines(t *testing.T) {
	e := audit.Entry{
		Seq: 7, At: time.Date(2026, 3, 2, 9, 50, 1, 20e6, time.UTC), Action: audit.SignInFailed, Object: "person:01J",
		Actor: audit.Actor{Kind: "staff", ID: "01J", Name: `Eva "E" = \ | ] <1>`}, Detail: map[string]any{"from": "192.0.2.7\n<0>1 forged", "tries": 3.0},
	}
	if got, want := syslogLine("srv 1", "1.0", e), `<108>1 2026-03-02T09:50:01.020Z srv1 deskbell - session.refused [deskbell@32473 seq="7" class="sign-in" action="session.refused" object="person:01J" actorKind="staff" actorId="01J" actor="Eva \"E\" = \\ | \] <1>" detail.from="192.0.2.7 <0>1 forged" detail.tries="3"] `+"\uFEFF"+`Sign-in refused: person:01J by Eva "E" = \ | ] <1>`; got != want {
		t.Errorf("syslog:\n%s\nwant\n%s", got, want)
	}
	if got, want := cefLine("srv", "1|0", e), `<108>1 2026-03-02T09:50:01.020Z srv deskbell - session.refused - CEF:0|Deskbell|deskbell-server|1\|0|session.refused|Sign-in refused|7|rt=1772445001020 externalId=7 cat=sign-in act=session.refused cs1Label=object cs1=person:01J sourceServiceName=staff suid=01J suser=Eva "E" \= \\ | ] <1> deskbellFrom=192.0.2.7 <0>1 forged deskbellTries=3`; got != want {
		t.Errorf("CEF:\n%s\nwant\n%s", got, want)
	}
}

var structured = regexp.MustCompile(`^<\d{3}>1 \S+ \S+ deskbell - \S+ \[deskbell@32473( [A-Za-z.0-9_-]+="([^"\\\]]|\\["\\\]])*")*\] \x{FEFF}[^\x00-\x1f]*$`)

// TestHostileLines: whatever a name, an object or a detail says, a line stays one line of
// its form and of a bounded length.
func TestHostileLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"]\n<0>1 - - - - - -", `a" b="c`, `\`, "x\r\ny", "\u2028", "\u202e", strings.Repeat("ü", 2000), "\xff\xfe"}))
		e := audit.Entry{Seq: 1, At: time.Unix(0, 0), Action: audit.EndpointActed, Object: text.Draw(t, "object"), Actor: audit.Actor{Kind: "staff", Name: text.Draw(t, "name")}, Detail: map[string]any{text.Draw(t, "key"): text.Draw(t, "value")}}
		line := syslogLine(text.Draw(t, "host"), "1", e)
		if !structured.MatchString(line) {
			t.Fatalf("not in the form: %q", line)
		}
		for _, l := range []string{line, cefLine(text.Draw(t, "host"), text.Draw(t, "version"), e)} {
			if len(l) > 6000 || strings.ContainsFunc(l, unicode.IsControl) {
				t.Fatalf("%d bytes: %q", len(l), l)
			}
		}
	})
}
