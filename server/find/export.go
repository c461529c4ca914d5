package find

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
)

// maxExport bounds one export.
const maxExport = 1_000_000

// Export writes what a query selects as CSV (RFC 4180) while it reads it: a heading,
// and a line a ticket. begin is called before the first byte, once nothing can be
// refused any more.
func (f *Finder) Export(ctx context.Context, actor auth.Actor, q Query, w io.Writer, begin func()) error {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return err
	}
	numbers, err := f.Numbers(ctx, actor, q, maxExport)
	if err != nil {
		return err
	}
	begin()
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write([]string{"number", "title", "kind", "state", "waiting", "priority", "major", "category", "team", "tags", "requester", "site", "endpoint",
		"assignee", "findings", "solution code", "reopened", "rating", "created", "updated", "due", "first resolved", "resolved", "closed"}); err != nil {
		return err
	}
	teams, categories := namesOf(f.book.Teams()), namesOf(f.book.Categories())
	for len(numbers) > 0 {
		n := min(len(numbers), maxPage)
		rows, err := f.store.Rows(ctx, numbers[:n], true)
		if err != nil {
			return err
		}
		numbers = numbers[n:]
		for _, r := range rows {
			if err := out.Write(f.line(r, teams, categories)); err != nil {
				return err
			}
		}
		if out.Flush(); out.Error() != nil {
			return out.Error()
		}
	}
	out.Flush()
	return out.Error()
}

func namesOf(list []Choice) func(id string) string {
	by := make(map[string]string, len(list))
	for _, c := range list {
		by[c.ID] = c.Full()
	}
	return func(id string) string {
		if name, ok := by[id]; ok {
			return name
		}
		return id
	}
}

func (f *Finder) line(r desk.Row, team, category func(string) string) []string {
	var codes []string
	for _, x := range r.Findings {
		codes = append(codes, string(x.Code))
	}
	major := ""
	if r.Major {
		major = "yes"
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	out := []string{
		strconv.FormatInt(r.Number, 10), r.Title, string(r.Kind), string(r.State), string(r.Waiting), strconv.Itoa(int(r.Priority)), major,
		category(r.Category), team(r.Team), strings.Join(r.Tags, " "), r.Requester.Name, r.SiteName, r.EndpointName, r.Assignee.Name, strings.Join(codes, " "),
		string(r.Code), number(r.Reopened), number(r.Rating),
		moment(r.CreatedAt), moment(r.UpdatedAt), moment(f.board.Due(r.Number)), moment(r.FirstResolvedAt), moment(r.ResolvedAt), moment(r.ClosedAt),
	}
	for i, s := range out {
		out[i] = harmless(s)
	}
	return out
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a spreadsheet from taking a text that somebody wrote for a formula
// to carry out.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
		return "'" + s
	}
	return s
}
