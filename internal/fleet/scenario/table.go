package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Row is what came of all days of a kind.
type Row struct {
	Kind            Kind
	Days            int
	Detected        float64 // share
	Minutes         float64 // median, of those that were detected
	MinutesP90      float64
	Tickets         float64 // median
	CellFirst       float64 // shares of those that were detected
	CellOfThree     float64
	CauseFirst      float64
	CauseOfThree    float64
	FalseAlarms     int
	FalseAlarmsADay float64
}

// Table sums days up, a row a kind.
func Table(days []Day) []Row {
	var rows []Row
	for _, k := range append([]Kind{Normal}, Kinds()...) {
		of := slices.DeleteFunc(slices.Clone(days), func(d Day) bool { return d.Kind != k })
		if len(of) > 0 {
			rows = append(rows, sum(k, of))
		}
	}
	if of := slices.DeleteFunc(slices.Clone(days), func(d Day) bool { return d.Kind == Normal }); len(of) > 0 && len(rows) > 1 {
		rows = append(rows, sum("all outages", of))
	}
	return rows
}

func sum(k Kind, days []Day) Row {
	r := Row{Kind: k, Days: len(days)}
	var minutes, tickets []float64
	var cell1, cell3, cause1, cause3, hours float64
	for _, d := range days {
		r.FalseAlarms += d.False
		hours += d.Hours
		if !d.Detected {
			continue
		}
		minutes, tickets = append(minutes, d.After.Minutes()), append(tickets, float64(d.Tickets))
		cell1 += among(d.Cell, 1)
		cell3 += among(d.Cell, 3)
		cause1 += among(d.Cause, 1)
		cause3 += among(d.Cause, 3)
	}
	n := float64(max(len(minutes), 1))
	r.Detected = float64(len(minutes)) / float64(len(days))
	r.CellFirst, r.CellOfThree, r.CauseFirst, r.CauseOfThree = cell1/n, cell3/n, cause1/n, cause3/n
	r.Minutes, r.MinutesP90, r.Tickets = quantile(minutes, 0.5), quantile(minutes, 0.9), quantile(tickets, 0.5)
	r.FalseAlarmsADay = float64(r.FalseAlarms) / (hours / 12)
	return r
}

func among(place, of int) float64 {
	if place >= 1 && place <= of {
		return 1
	}
	return 0
}

func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(int(q*float64(len(list))), len(list)-1)]
}

// Markdown writes rows as a table.
func Markdown(rows []Row) string {
	var b strings.Builder
	b.WriteString("| what fails | days | detected | minutes, median | minutes, 90 % | tickets, median | true cell first | of the first three | true cause first | of the first three | false alarms | a day |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	percent := func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }
	for _, r := range rows {
		cells := []string{string(r.Kind), fmt.Sprint(r.Days), "–", "–", "–", "–", "–", "–", "–", "–", fmt.Sprint(r.FalseAlarms), fmt.Sprintf("%.3f", r.FalseAlarmsADay)}
		if r.Kind != Normal {
			copy(cells[2:], []string{percent(r.Detected), fmt.Sprintf("%.1f", r.Minutes), fmt.Sprintf("%.1f", r.MinutesP90), fmt.Sprintf("%.0f", r.Tickets),
				percent(r.CellFirst), percent(r.CellOfThree), percent(r.CauseFirst), percent(r.CauseOfThree)})
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// begin and end stand around the table in a page.
const (
	begin = "<!-- deskbell-fleet scenario -->\n"
	end   = "<!-- end of what deskbell-fleet scenario writes -->\n"
)

// Into puts the table into a page, in place of the one between the marks.
func Into(page []byte, rows []Row, seed uint64, people int) ([]byte, error) {
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return nil, fmt.Errorf("the page has no place for the table: the lines %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	said := fmt.Sprintf("`deskbell-fleet scenario --days %d --people %d --seed %d`\n\n", rows[0].Days, people, seed)
	return []byte(before + begin + said + Markdown(rows) + end + after), nil
}
