package fix

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/ipp"
	"github.com/deskbell/deskbell/internal/tongue"
)

// printWait is how long the printing system has for one answer.
const printWait = 10 * time.Second

// socket is where CUPS listens; tests have one of their own.
var socket = ipp.Socket

func (c ClearQueue) call(ctx context.Context, operation uint16, more ...[]byte) ([]ipp.Group, error) {
	path := socket()
	if path == "" {
		return nil, fault.Say(fault.Unavailable, "error.fix_no_cups")
	}
	ctx, cancel := context.WithTimeout(ctx, printWait)
	defer cancel()
	b := ipp.Attributes("printer-uri", ipp.TagURI, "ipp://localhost/printers/"+url.PathEscape(c.Printer))
	for _, m := range more {
		b = append(b, m...)
	}
	return ipp.Call(ctx, path, "root", operation, b)
}

// waiting lists the documents, and whose they are. What its owner holds back does
// not wait, and is nobody's to delete.
func (c ClearQueue) waiting(ctx context.Context) (jobs []int, whose []string, err error) {
	groups, err := c.call(ctx, ipp.GetJobs,
		ipp.Attributes("requested-attributes", ipp.TagKeyword, "job-id", "job-state", "job-originating-user-name"), ipp.Attributes("which-jobs", ipp.TagKeyword, "not-completed"))
	if err != nil {
		return nil, nil, cannot(err, "error.fix_printer_silent", tongue.Name("printer", c.Printer))
	}
	for _, g := range groups {
		if g.Tag != ipp.TagJob || g.Number("job-id") == 0 || g.Number("job-state") == ipp.JobHeld {
			continue
		}
		jobs = append(jobs, g.Number("job-id"))
		if name := line(g.Text("job-originating-user-name"), 40); name != "" && !slices.Contains(whose, name) && len(whose) < 5 {
			whose = append(whose, name)
		}
	}
	return jobs, whose, nil
}

// Plan counts the documents.
func (c ClearQueue) Plan(ctx context.Context) (Plan, error) {
	jobs, whose, err := c.waiting(ctx)
	if err != nil {
		return Plan{}, err
	}
	n := len(jobs)
	plan := plans("fix.queue_plan", tongue.Count("n", n), tongue.Name("printer", c.Printer))
	if n == 0 {
		plan = plans("fix.queue_empty", tongue.Name("printer", c.Printer))
	} else if len(whose) > 0 {
		plan = plan.and("fix.queue_whose", tongue.Name("people", strings.Join(whose, ", ")))
	}
	return plan.of(n, ""), nil
}

// Do deletes the documents and lets the printer go on.
func (c ClearQueue) Do(ctx context.Context, _ Plan) (Done, error) {
	jobs, _, err := c.waiting(ctx)
	if err != nil {
		return Done{}, err
	}
	n := len(jobs)
	if n > 0 {
		if _, err := c.call(ctx, ipp.CancelJobs, ipp.Numbers("job-ids", ipp.TagInteger, jobs...)); err != nil {
			return Done{}, cannot(err, "error.fix_queue_kept", tongue.Name("printer", c.Printer))
		}
	}
	if _, err := c.call(ctx, ipp.ResumePrinter); err != nil {
		return Done{}, cannot(err, "error.fix_queue_stopped", tongue.Name("printer", c.Printer))
	}
	return did("fix.queue_done", tongue.Count("n", n), tongue.Name("printer", c.Printer)).of(n, ""), nil
}
