package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/console/kit"
)

const (
	reportsPath      = "/reports"
	availabilityPath = "/reports/availability"
)

type availabilityView struct {
	Frame   frame
	Form    availabilityForm
	Zone    string // in which days begin
	Report  availability.Report
	Problem string
	May     bool // have it sent
}

// availabilityForm is what is asked for, as the page's address has it.
type availabilityForm struct {
	Kind     availability.Kind
	ID       string // of one thing
	From, To string // days; To is the last one
	Zone     string // as it was asked for; empty: the desk's
}

func (f availabilityForm) at(path string) string {
	q := url.Values{"kind": {string(f.Kind)}, "from": {f.From}, "to": {f.To}}
	for k, v := range map[string]string{"id": f.ID, "zone": f.Zone} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return path + "?" + q.Encode()
}

func (f availabilityForm) since(days int, now time.Time) availabilityForm {
	f.From, f.To = now.AddDate(0, 0, 1-days).Format(time.DateOnly), now.Format(time.DateOnly)
	return f
}

// of is the form for one thing, or for all.
func (f availabilityForm) of(id string) availabilityForm {
	f.ID = id
	return f
}

func (f availabilityForm) kind(k availability.Kind) availabilityForm {
	f.Kind, f.ID = k, ""
	return f
}

// readAvailabilityForm reads what is asked for: the sites in the last 30 days, unless the
// address says otherwise.
func (c *Console) readAvailabilityForm(r *http.Request) (availabilityForm, availability.Query, error) {
	q := r.URL.Query()
	f := availabilityForm{Kind: availability.Kind(q.Get("kind")), ID: q.Get("id"), From: q.Get("from"), To: q.Get("to"), Zone: q.Get("zone")}
	if f.Kind == "" {
		f.Kind = availability.Site
	}
	zone, err := time.LoadLocation(f.Zone)
	if f.Zone == "" || f.Zone == "Local" || err != nil {
		f.Zone, zone = "", c.Availability.Zone()
	}
	usual := f.since(30, c.Now().In(zone))
	if f.From == "" && f.To == "" {
		f = usual
	}
	from, errFrom := time.ParseInLocation(time.DateOnly, f.From, zone)
	to, errTo := time.ParseInLocation(time.DateOnly, f.To, zone)
	query := availability.Query{Kind: f.Kind, ID: f.ID, From: from, To: to.AddDate(0, 0, 1), Zone: zone}
	if errFrom != nil || errTo != nil {
		f.From, f.To = usual.From, usual.To
		return f, query, fault.Field("from", "Choose the first and the last day.")
	}
	return f, query, nil
}

// availabilityPage shows how sites and services did.
func (c *Console) availabilityPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	form, q, err := c.readAvailabilityForm(r)
	v := availabilityView{Form: form, Zone: q.Zone.String(), May: auth.May(actor, auth.ReportsSend)}
	if err == nil {
		v.Report, err = c.Availability.Report(r.Context(), actor, q)
	}
	status := http.StatusOK
	switch fault.CodeOf(err) {
	case "":
	case fault.Invalid, fault.Unavailable:
		v.Problem = fault.Sentence(err)
	case fault.NotFound:
		v.Problem, status = fault.Sentence(err), http.StatusNotFound
	default:
		return err
	}
	title := "Availability"
	if v.Report.ID != "" && len(v.Report.Lines) == 1 {
		title = v.Report.Lines[0].Name + " – " + title
	}
	if v.Frame, err = c.frame(r, actor, atReports, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, availabilityWhole(v))
}

// availabilityCSV is the same as a table for spreadsheets.
func (c *Console) availabilityCSV(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	f, q, err := c.readAvailabilityForm(r)
	if err != nil {
		return err
	}
	rep, err := c.Availability.Report(r.Context(), actor, q)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", availability.FileName(f.Kind, f.From, f.To)))
	return availability.CSV(w, rep)
}

func availKind(k availability.Kind) string {
	switch k {
	case availability.Check:
		return "Checks"
	case availability.Group:
		return "Groups"
	}
	return "Sites"
}

func percentWords(p float64, ok bool) string {
	if !ok {
		return "–"
	}
	return kit.Percent(p)
}

// longWords writes a length of time; nothing is a dash.
func longWords(d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	return kit.Duration(d)
}

func repairWords(t availability.Times) string {
	mean, ok := t.Repair()
	if !ok {
		return "–"
	}
	return kit.Duration(mean)
}

func scoreWords(n int, ok bool) string {
	if !ok {
		return "–"
	}
	return strconv.Itoa(n)
}

// ofTime is how much of the time of all it was that something was so.
func ofTime(t availability.Times, d time.Duration) string {
	all := t.Up + t.Down + t.Unknown + t.Out + t.Idle
	if all <= 0 || d <= 0 {
		return "–"
	}
	return kit.Percent(100 * float64(d) / float64(all))
}

// takenOut is how much of it was in maintenance: of a site of its machines' time.
func takenOut(kind availability.Kind, l *availability.Line) string {
	if kind == availability.Check {
		return ofTime(l.Times, l.Times.Out)
	}
	all := l.Count.All()
	if all == 0 || l.Count.Out == 0 {
		return "–"
	}
	return kit.Percent(100 * float64(l.Count.Out) / float64(all))
}

// totalOf is the heading of what is said of all, or of one.
func totalOf(v availabilityView) (availability.Line, string) {
	if v.Report.ID != "" && len(v.Report.Lines) == 1 {
		return v.Report.Lines[0], v.Report.Lines[0].Name
	}
	return v.Report.Total, "All " + kindsWord(v.Form.Kind)
}

func kindsWord(k availability.Kind) string {
	switch k {
	case availability.Check:
		return "checks"
	case availability.Group:
		return "groups"
	}
	return "sites"
}

func kindOne(k availability.Kind) string {
	switch k {
	case availability.Check:
		return "Check"
	case availability.Group:
		return "Group"
	}
	return "Site"
}

// zone is the one in which days begin.
func (v availabilityView) zone() *time.Location {
	if v.Report.Zone != nil {
		return v.Report.Zone
	}
	if zone, err := time.LoadLocation(v.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// availableOf says of what the percentage is.
func availableOf(k availability.Kind, l *availability.Line) string {
	if k == availability.Check {
		return "of " + kit.Duration(l.Times.Up+l.Times.Down) + " that are known"
	}
	return "of " + kit.Count((l.Count.Up+l.Count.Down+30)/60) + " hours of endpoints"
}

func outagesOf(t availability.Times) string {
	if len(t.Outages) == 0 {
		return "nothing was down"
	}
	return "down for " + kit.Duration(t.Down) + ", the longest " + kit.Duration(t.Longest())
}

func worstWords(l *availability.Line) string {
	if l.Worst.At.IsZero() {
		return "of the endpoints, on average"
	}
	return "of the endpoints on average, " + kit.Percent(l.Worst.Percent) + " in the worst hour"
}

func takenOutOf(k availability.Kind) string {
	if k == availability.Check {
		return "of the time: it was paused"
	}
	return "of the endpoints' time: in maintenance"
}

// latestOutages are the outages, the latest first.
func latestOutages(list []availability.Outage) []availability.Outage {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b availability.Outage) int { return b.From.Compare(a.From) })
	return out
}
