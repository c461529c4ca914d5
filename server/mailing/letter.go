package mailing

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/notify"
)

const (
	// named is how many lines stand in the mail itself, the least available first.
	named = 15
	// maxTable bounds what is attached.
	maxTable = 4 << 20
)

// letter is a report as a mail: as text, as a page, and with its table.
type letter struct {
	subject, text, page string
	table               notify.File
}

func (l letter) note(to string) notify.Note {
	return notify.Note{
		Event: notify.Report, Labels: map[string]string{}, Alerts: []notify.Line{}, Letter: true, To: []string{to},
		Subject: l.subject, Text: l.text, Page: l.page, Files: []notify.File{l.table},
	}
}

// shown is a report as the mail shows it.
type shown struct {
	Title, About, Days string
	Figures            []figure
	Rows               []rowShown
	Worst              string // the heading above the rows
	More               string
	Empty              string
	Link, Settings     string
	Why                string
}

type figure struct{ Name, Value, Words string }

type rowShown struct {
	Name, Available, Outages, Down string
	Bad                            bool
}

//go:embed letter.html
var pageText string

var page = template.Must(template.New("letter").Parse(pageText))

// compose writes the mail. Names are of others: each is one line, and plain text.
func compose(m *Mailing, p Period, r availability.Report, table []byte, base string) (letter, error) {
	if len(table) > maxTable {
		return letter{}, fault.New(fault.Invalid, "The table is too long for a mail. Choose one site, group or check.")
	}
	s := shown{
		Title: line(m.Name), About: "Availability of " + about(m, r) + ", " + p.Words(m.Every), Days: "Days begin in " + m.Zone + ".",
		Link:     base + "/reports/availability?" + address(m, p),
		Settings: base + "/reports/schedules/" + url.PathEscape(m.ID),
		Why:      "You get this mail " + m.When.Words() + ". It was set up by " + line(m.Owner.Name) + ".",
	}
	total := r.Total
	if m.Of != "" && len(r.Lines) == 1 {
		total = r.Lines[0]
	}
	if len(r.Lines) == 0 {
		s.Empty = "Nothing is known of this time."
	} else {
		s.Figures = figures(m.Kind, &total)
	}
	if m.Of == "" && len(r.Lines) > 0 {
		s.rows(r)
	}
	var out strings.Builder
	if err := page.Execute(&out, s); err != nil {
		return letter{}, err
	}
	return letter{
		subject: s.Title + ", " + p.Words(m.Every), text: s.plain(), page: out.String(),
		table: notify.File{Name: availability.FileName(m.Kind, p.First, p.Last), Type: "text/csv; charset=utf-8", Data: table},
	}, nil
}

// address is what the page of the same report is asked for.
func address(m *Mailing, p Period) string {
	q := url.Values{"kind": {string(m.Kind)}, "from": {p.First}, "to": {p.Last}, "zone": {m.Zone}}
	if m.Of != "" {
		q.Set("id", m.Of)
	}
	return q.Encode()
}

func about(m *Mailing, r availability.Report) string {
	kinds := map[availability.Kind]string{availability.Site: "site", availability.Group: "group", availability.Check: "check"}
	switch {
	case m.Of == "":
		return "all " + kinds[m.Kind] + "s"
	case len(r.Lines) == 1:
		return "the " + kinds[m.Kind] + " " + line(r.Lines[0].Name)
	}
	return "one " + kinds[m.Kind]
}

func figures(kind availability.Kind, l *availability.Line) []figure {
	out := []figure{{"Available", availability.Words(l.Percent(kind)), ""}}
	outages := figure{"Outages", strconv.Itoa(len(l.Times.Outages)), ""}
	if len(l.Times.Outages) > 0 {
		outages.Words = "down for " + span(l.Times.Down) + ", the longest " + span(l.Times.Longest())
	}
	repair := figure{"Mean time to repair", "–", ""}
	if mean, ok := l.Times.Repair(); ok {
		repair.Value = span(mean)
	}
	out = append(out, outages, repair)
	if kind != availability.Check {
		ill := figure{"With a problem", share(l.Scores.Ill()), "of the endpoints, on average"}
		if !l.Worst.At.IsZero() {
			ill.Words += "; " + share(l.Worst.Percent, true) + " in the worst hour"
		}
		out = append(out, ill)
	}
	all := l.Times.Up + l.Times.Down + l.Times.Unknown + l.Times.Out + l.Times.Idle
	part := func(d time.Duration) string { return share(100*float64(d)/float64(max(all, 1)), all > 0) }
	taken := part(l.Times.Out)
	if kind != availability.Check {
		taken = share(100*float64(l.Count.Out)/float64(max(l.Count.All(), 1)), l.Count.All() > 0)
	}
	return append(out, figure{"Taken out", taken, "maintenance and pauses"}, figure{"Unknown", part(l.Times.Unknown), "nobody looked"})
}

func (s *shown) rows(r availability.Report) {
	s.Worst = "The least available first"
	for i := range r.Lines {
		if i == named {
			s.More = fmt.Sprintf("And %d more, in the attached table.", len(r.Lines)-named)
			break
		}
		l := &r.Lines[i]
		n := len(l.Times.Outages)
		row := rowShown{Name: line(l.Name), Available: availability.Words(l.Percent(r.Kind)), Outages: strconv.Itoa(n), Down: "–", Bad: n > 0}
		if l.Times.Down > 0 {
			row.Down = span(l.Times.Down)
		}
		s.Rows = append(s.Rows, row)
	}
}

// plain is the same as text.
func (s *shown) plain() string {
	var b strings.Builder
	b.WriteString(s.Title + "\n" + s.About + "\n" + s.Days + "\n\n")
	if s.Empty != "" {
		b.WriteString(s.Empty + "\n\n")
	}
	for _, f := range s.Figures {
		b.WriteString(f.Name + ": " + f.Value)
		if f.Words != "" {
			b.WriteString(" (" + f.Words + ")")
		}
		b.WriteString("\n")
	}
	if len(s.Rows) > 0 {
		b.WriteString("\n" + s.Worst + ":\n")
	}
	for _, r := range s.Rows {
		b.WriteString("- " + r.Name + ": " + r.Available + ", outages: " + r.Outages + ", down: " + r.Down + "\n")
	}
	if s.More != "" {
		b.WriteString(s.More + "\n")
	}
	b.WriteString("\nThe whole report: " + s.Link + "\n\n-- \n" + s.Why + "\nChange or end it: " + s.Settings + "\n")
	return b.String()
}

// line is a text of others as one line that cannot turn what stands around it.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
	return clip(strings.Join(strings.Fields(s), " "), 120)
}

func share(p float64, ok bool) string {
	if !ok {
		return "–"
	}
	digits := 0
	if p > 0 && p < 9.95 || p > 99 && p < 100 {
		digits = 1
	}
	return strings.TrimSuffix(strconv.FormatFloat(p, 'f', digits, 64), ".0") + " %"
}

// span is a length of time by its two largest units, as the console writes it.
func span(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case days > 0:
		return fmt.Sprintf("%d d", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d min", minutes)
}
