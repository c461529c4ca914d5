package availability

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// CSV writes a report for spreadsheets: lengths of time in minutes, a percentage that
// nobody knows as an empty field.
func CSV(to io.Writer, r Report) error {
	out := csv.NewWriter(to)
	head := []string{"name", "id", "from", "to", "available %", "up min", "down min", "unknown min", "taken out min", "outages", "longest outage min", "mean time to repair min"}
	if r.Kind != Check {
		head = append(head, "endpoints available %", "endpoints up min", "endpoints down min", "endpoints unknown min", "endpoints taken out min",
			"with a problem %", "worst hour", "worst hour %", "median score", "worst tenth score")
	}
	rows := [][]string{head}
	for i := range r.Lines {
		rows = append(rows, line(r, &r.Lines[i]))
	}
	return out.WriteAll(rows)
}

func line(r Report, l *Line) []string {
	repair := ""
	if mean, ok := l.Times.Repair(); ok {
		repair = minutes(mean)
	}
	row := []string{
		inert(l.Name), inert(l.ID), moment(l.From, r.Zone), moment(l.To, r.Zone), number(l.Times.Percent()), minutes(l.Times.Up), minutes(l.Times.Down),
		minutes(l.Times.Unknown), minutes(l.Times.Out), strconv.Itoa(len(l.Times.Outages)), minutes(l.Times.Longest()), repair,
	}
	if r.Kind == Check {
		return row
	}
	row = append(row, number(l.Count.Percent()))
	for _, n := range []int64{l.Count.Up, l.Count.Down, l.Count.Unknown, l.Count.Out} {
		row = append(row, strconv.FormatInt(n, 10))
	}
	row = append(row, number(l.Scores.Ill()))
	if l.Worst.At.IsZero() {
		row = append(row, "", "")
	} else {
		row = append(row, moment(l.Worst.At, r.Zone), number(l.Worst.Percent, true))
	}
	return append(row, score(l.Scores.At(median)), score(l.Scores.At(decile)))
}

// The shares that a report tells the scores of.
const (
	median = 50
	decile = 10
)

func moment(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.RFC3339) }

func minutes(d time.Duration) string { return strconv.FormatFloat(d.Minutes(), 'f', 0, 64) }

func number(p float64, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

func score(n int, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.Itoa(n)
}

// inert keeps a spreadsheet from taking a name for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
