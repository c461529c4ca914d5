package siem

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/server/audit"
)

// facility is “log audit” of RFC 5424.
const facility = 13

// maxText bounds each value: a line stays below what receivers take.
const maxText = 512

// plain is a text without anything that could end a line or hide in it.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, s)
	for len(s) > maxText {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// ascii is a field of the header: what is no visible ASCII is left out; empty is “-”.
func ascii(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}

func header(host string, e audit.Entry, k kind) string {
	return fmt.Sprintf("<%d>1 %s %s deskbell - %s", facility*8+k.severity, e.At.UTC().Format("2006-01-02T15:04:05.000Z"), ascii(host, 255), ascii(string(e.Action), 32))
}

// field is one value of an entry; names are ours.
type field struct{ name, value string }

func fields(e audit.Entry) []field {
	k := kinds[e.Action]
	out := []field{
		{"seq", strconv.FormatInt(e.Seq, 10)}, {"class", k.class}, {"action", string(e.Action)}, {"object", e.Object},
		{"actorKind", e.Actor.Kind}, {"actorId", e.Actor.ID}, {"actor", e.Actor.Name},
	}
	if len(e.Detail) > 0 {
		for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
			text, ok := e.Detail[name].(string)
			if !ok {
				doc, err := json.Marshal(e.Detail[name])
				if err != nil {
					continue
				}
				text = string(doc)
			}
			out = append(out, field{"detail." + ascii(strings.Map(letters, name), 24), text})
		}
	}
	return slices.DeleteFunc(out, func(f field) bool { return f.value == "" })
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
		return r
	}
	return -1
}

// syslogLine is an entry in the form of RFC 5424.
func syslogLine(host, _ string, e audit.Entry) string {
	k := kinds[e.Action]
	var b strings.Builder
	b.WriteString(header(host, e, k))
	b.WriteString(" [deskbell@32473")
	for _, f := range fields(e) {
		fmt.Fprintf(&b, ` %s="%s"`, f.name, strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`).Replace(plain(f.value)))
	}
	b.WriteString("] \uFEFF")
	b.WriteString(plain(k.name + ": " + e.Object))
	if e.Actor.Name != "" {
		b.WriteString(plain(" by " + e.Actor.Name))
	}
	return b.String()
}

// cefLine is an entry as ArcSight's Common Event Format, within syslog.
func cefLine(host, version string, e audit.Entry) string {
	k := kinds[e.Action]
	head := strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	var b strings.Builder
	severity := map[int]int{4: 7, 5: 4, 6: 2}[k.severity]
	fmt.Fprintf(&b, "%s - CEF:0|Deskbell|deskbell-server|%s|%s|%s|%d|", header(host, e, k), head.Replace(plain(version)), head.Replace(plain(string(e.Action))), head.Replace(plain(k.name)), severity)
	names := map[string]string{"seq": "externalId", "class": "cat", "action": "act", "actorId": "suid", "actor": "suser", "actorKind": "sourceServiceName", "object": "cs1"}
	value := strings.NewReplacer(`\`, `\\`, `=`, `\=`)
	fmt.Fprintf(&b, "rt=%d", e.At.UnixMilli())
	for _, f := range fields(e) {
		name, ok := names[f.name]
		if !ok {
			name = "deskbell" + strings.ToUpper(f.name[7:8]) + f.name[8:]
		}
		if name == "cs1" {
			b.WriteString(" cs1Label=object")
		}
		fmt.Fprintf(&b, " %s=%s", name, value.Replace(plain(f.value)))
	}
	return b.String()
}

// event is an entry in a webhook's JSON.
type event struct {
	Seq      int64          `json:"seq"`
	At       time.Time      `json:"at"`
	Class    string         `json:"class"`
	Severity int            `json:"severity"`
	Action   string         `json:"action"`
	Name     string         `json:"name"`
	Object   string         `json:"object"`
	Actor    audit.Actor    `json:"actor"`
	Detail   map[string]any `json:"detail,omitempty"`
}
