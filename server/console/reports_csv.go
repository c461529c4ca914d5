package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/report"
)

// reportsCSV is the table of the reports' page for spreadsheets: lengths of time in
// minutes, shares as two numbers each.
func (c *Console) reportsCSV(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	f, q, err := c.readReportForm(r)
	if err != nil {
		return err
	}
	rep, err := c.Reports.Figures(r.Context(), actor, q)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "deskbell-figures-"+f.From+"-to-"+f.To+".csv"))
	out := csv.NewWriter(w)
	times := []string{"answer", "answer open hours", "first solution", "first solution open hours", "final solution", "final solution open hours"}
	head := []string{"group", "key", "new", "resolved"}
	for _, t := range times {
		head = append(head, t+" n", t+" mean min", t+" median min", t+" p90 min")
	}
	head = append(head, "first contact", "of", "reopened", "of", "promises kept", "of", "ratings", "mean rating", "good ratings", "solved without a ticket", "of", "mended without a ticket", "of")
	rows := [][]string{head}
	for _, s := range append([]report.Set{rep.Total}, rep.Groups...) {
		rows = append(rows, csvRow(f.By, s))
	}
	rows[1][0] = "All"
	return out.WriteAll(rows)
}

func csvRow(by report.By, s report.Set) []string {
	row := []string{inert(groupName(by, s)), s.Key, strconv.Itoa(s.Created), strconv.Itoa(s.Resolved)}
	for _, t := range []report.Times{s.Answer, s.AnswerOpen, s.First, s.FirstOpen, s.Final, s.FinalOpen} {
		row = append(row, strconv.Itoa(t.N), minutes(t.Mean), minutes(t.Median), minutes(t.P90))
	}
	for _, x := range []report.Share{s.FirstContact, s.Reopened, s.Kept} {
		row = append(row, strconv.Itoa(x.Part), strconv.Itoa(x.Of))
	}
	mean := ""
	if s.Satisfaction.N > 0 {
		mean = strconv.FormatFloat(s.Satisfaction.Mean, 'f', 3, 64)
	}
	return append(row, strconv.Itoa(s.Satisfaction.N), mean, strconv.Itoa(s.Satisfaction.Good.Part), strconv.Itoa(s.Deflection.Part), strconv.Itoa(s.Deflection.Of), strconv.Itoa(s.Mended.Part), strconv.Itoa(s.Mended.Of))
}

func minutes(d time.Duration) string { return strconv.FormatFloat(d.Minutes(), 'f', 4, 64) }

// inert keeps a spreadsheet from taking a name for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
