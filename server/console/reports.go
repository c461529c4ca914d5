package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/rulebook"
)

type reportsView struct {
	Frame frame
	Form  reportForm
	// What can be chosen. Teams and categories that are not offered any more still have
	// figures.
	Teams, Sites, Categories, Staff []kit.Option
	Report                          report.Report
	Backlog                         report.BacklogReport
	Problem                         string
}

// reportForm is what is asked for, as the page's address has it.
type reportForm struct {
	From, To string // days; To is the last one
	By       report.By
	Zone     string
	Team     string
	Site     string
	Category string
	Who      string
}

// values is the form as an address has it.
func (f reportForm) values() url.Values {
	q := url.Values{}
	for k, v := range map[string]string{
		"from": f.From, "to": f.To, "by": string(f.By), "zone": f.Zone, "team": f.Team, "site": f.Site, "category": f.Category, "technician": f.Who,
	} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return q
}

func (f reportForm) at(path string) string { return path + "?" + f.values().Encode() }

// since is the form for the last days up to today.
func (f reportForm) since(days int, now time.Time) reportForm {
	f.From, f.To = now.AddDate(0, 0, 1-days).Format(time.DateOnly), now.Format(time.DateOnly)
	return f
}

// readReportForm reads what is asked for: the last 30 days, unless the address says
// otherwise.
func (c *Console) readReportForm(r *http.Request) (reportForm, report.Query, error) {
	q := r.URL.Query()
	f := reportForm{
		From: q.Get("from"), To: q.Get("to"), By: report.By(q.Get("by")), Zone: q.Get("zone"), Team: q.Get("team"), Site: q.Get("site"),
		Category: q.Get("category"), Who: q.Get("technician"),
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil || f.Zone == "Local" {
		f.Zone, zone = "", time.UTC
	}
	usual := f.since(30, c.Now().In(zone))
	if f.From == "" && f.To == "" {
		f = usual
	}
	from, errFrom := time.ParseInLocation(time.DateOnly, f.From, zone)
	to, errTo := time.ParseInLocation(time.DateOnly, f.To, zone)
	query := report.Query{From: from, To: to.AddDate(0, 0, 1), By: f.By, Team: f.Team, Site: f.Site, Category: f.Category, Technician: f.Who, Zone: zone}
	if errFrom != nil || errTo != nil {
		f.From, f.To = usual.From, usual.To
		return f, query, fault.Field("from", "Choose the first and the last day.")
	}
	return f, query, nil
}

// reportsPage shows the help desk's figures.
func (c *Console) reportsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	ctx := r.Context()
	form, q, err := c.readReportForm(r)
	v := reportsView{Form: form}
	if err == nil {
		v.Report, err = c.Reports.Figures(ctx, actor, q)
	}
	if err == nil {
		v.Backlog, err = c.Reports.Backlog(ctx, actor, q.To, q)
	}
	switch code := fault.CodeOf(err); code {
	case "":
	case fault.Invalid, fault.Unavailable:
		v.Problem = fault.Sentence(err)
	default:
		return err
	}
	if v.Sites, err = c.siteOptions(ctx, actor); err != nil {
		return err
	}
	if v.Staff, err = c.staffOptions(ctx, actor); err != nil {
		return err
	}
	book := c.Rulebook()
	for _, t := range rulebook.All[*rulebook.Team](book) {
		v.Teams = append(v.Teams, kit.Option{Value: t.ID, Word: t.Name})
	}
	for _, x := range rulebook.Tree(book) {
		v.Categories = append(v.Categories, kit.Option{Value: x.ID, Word: rulebook.PathOf(book, x.ID)})
	}
	if v.Frame, err = c.frame(r, actor, atReports, "Reports", ""); err != nil {
		return err
	}
	v.Frame.doc.Scripts = append(v.Frame.doc.Scripts, "report.js")
	return c.out.Show(w, r, http.StatusOK, reports(v))
}

// reportSeries is what the charts draw.
type reportSeries struct {
	Times  []int64    `json:"times"` // the beginnings, in seconds
	Zone   string     `json:"zone"`
	Charts [][]column `json:"charts"`
}

// column is a line of a chart; a null is a gap.
type column []*float64

// reportsSeries returns the figures over time.
func (c *Console) reportsSeries(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	_, q, err := c.readReportForm(r)
	if err != nil {
		return err
	}
	if q.By != report.ByWeek && q.By != report.ByMonth {
		if q.By = report.ByDay; q.To.Sub(q.From) > 100*24*time.Hour {
			q.By = report.ByWeek
		}
	}
	rep, err := c.Reports.Figures(r.Context(), actor, q)
	if err != nil {
		return err
	}
	trend, err := c.Reports.Trend(r.Context(), actor, q)
	if err != nil {
		return err
	}
	open := map[string]int{}
	for i, s := range trend.Starts {
		open[s] = trend.Open[i]
	}
	out := reportSeries{Zone: q.Zone.String(), Charts: [][]column{make([]column, 3), make([]column, 2), make([]column, 2)}}
	hours := func(t report.Times, d time.Duration) *float64 {
		if t.N == 0 {
			return nil
		}
		return new(d.Hours())
	}
	for _, g := range rep.Groups {
		at, err := time.ParseInLocation(time.DateOnly, g.Key, q.Zone)
		if err != nil {
			return err
		}
		out.Times = append(out.Times, at.Unix())
		var left *float64
		if n, ok := open[g.Key]; ok {
			left = new(float64(n))
		}
		for i, line := range [][]*float64{
			{new(float64(g.Created)), new(float64(g.Resolved)), left},
			{hours(g.Answer, g.Answer.Median), hours(g.Answer, g.Answer.P90)},
			{hours(g.First, g.First.Median), hours(g.First, g.First.P90)},
		} {
			for j, x := range line {
				out.Charts[i][j] = append(out.Charts[i][j], x)
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(out)
}

// shareWords writes a share with what it is of.
func shareWords(s report.Share) string {
	p, ok := s.Percent()
	if !ok {
		return "–"
	}
	return kit.Percent(p)
}

func timesWords(t report.Times, d time.Duration) string {
	if t.N == 0 {
		return "–"
	}
	return kit.Duration(d)
}

func byWord(by report.By) string {
	switch by {
	case report.ByTeam:
		return "By team"
	case report.BySite:
		return "By site"
	case report.ByCategory:
		return "By category"
	case report.ByTechnician:
		return "By technician"
	case report.ByDay:
		return "By day"
	case report.ByWeek:
		return "By week"
	case report.ByMonth:
		return "By month"
	}
	return "Only the total"
}

func groupName(by report.By, s report.Set) string {
	if by != report.ByDay && by != report.ByWeek && by != report.ByMonth {
		return s.Name
	}
	at, err := time.Parse(time.DateOnly, s.Key)
	if err != nil {
		return s.Key
	}
	if by == report.ByMonth {
		return at.Format("January 2006")
	}
	return at.Format("Mon 2 Jan 2006")
}

func definition(key string) report.Definition {
	for _, d := range report.Definitions() {
		if d.Key == key {
			return d
		}
	}
	return report.Definition{}
}
