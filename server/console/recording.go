package console

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// recordingView is what a flight recorder's file tells, in figures and lines.
type recordingView struct {
	Frame     frame
	Ticket    ticket.Ticket
	File      ticket.Attachment
	Recording *diagnostics.Recording
	Problem   string // why it cannot be shown
	Lines     []recordingLine
	Told      []string // what stands out around the mark, the worst first
	Busiest   []busyProgram
	Rows      []tenSeconds
}

// recordingPath is the page of one recording.
func recordingPath(number int64, sha string) string {
	return ticketPath(number) + "/recordings/" + sha
}

// recordingPanel shows beside the ticket what the machine did around the moment that
// the employee has marked.
func (c *Console) recordingPanel(ctx context.Context, actor auth.Actor, v *ticketView) (templ.Component, error) {
	i := slices.IndexFunc(v.Ticket.Attachments, func(a ticket.Attachment) bool { return a.Name == diagnostics.RecordingName })
	if i < 0 {
		return nil, nil
	}
	r := recordingView{Ticket: v.Ticket.Ticket, File: v.Ticket.Attachments[i]}
	if err := c.readRecording(ctx, actor, &r); err != nil {
		return nil, err
	}
	return recordingPart(r), nil
}

// recordingPage shows a recording second by second.
func (c *Console) recordingPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.recordingOf(r, actor)
	if err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atQueue, "", ""); err != nil {
		return err
	}
	v.Frame.doc.Title = "What the machine did, ticket " + ticketNumber(v.Ticket.Number)
	v.Frame.doc.Scripts = []string{"recording.js"}
	return c.out.Show(w, r, http.StatusOK, recordingWhole(v))
}

// recordingSeries sends what the page's lines are drawn from.
func (c *Console) recordingSeries(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.recordingOf(r, actor)
	if err != nil {
		return err
	}
	if v.Recording == nil {
		return fault.New(fault.Invalid, v.Problem)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(seriesOf(v.Recording)); err != nil && r.Context().Err() == nil {
		c.Log.Error("a recording was not sent", "ticket", v.Ticket.Number, "err", err)
	}
	return nil
}

func (c *Console) recordingOf(r *http.Request, actor auth.Actor) (recordingView, error) {
	var v recordingView
	n, err := number(r)
	if err != nil {
		return v, err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return v, err
	}
	v.Ticket = d.Ticket
	for _, a := range filesOf(d) {
		if a.SHA256 == r.PathValue("sha") && a.Name == diagnostics.RecordingName {
			v.File = a
			return v, c.readRecording(r.Context(), actor, &v)
		}
	}
	return v, fault.New(fault.NotFound, "The ticket has no such recording.")
}

func filesOf(d desk.Detail) []ticket.Attachment {
	list := slices.Clone(d.Attachments)
	for _, e := range d.History {
		list = append(list, e.Attachments...)
	}
	return list
}

// readRecording reads the file and works out what the page says of it. A file that
// cannot be shown is a Problem and no error: anybody can attach one of that name.
func (c *Console) readRecording(ctx context.Context, actor auth.Actor, v *recordingView) error {
	_, body, err := c.Desk.Attachment(ctx, actor, v.Ticket.ID, v.File.SHA256)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(body, diagnostics.MaxRecording+1))
	if err != nil {
		return err
	}
	r, wrong := diagnostics.ReadRecording(b)
	if wrong != nil {
		v.Problem = "The flight recorder's file cannot be shown: " + wrong.Error() + ". It can be saved from the conversation."
	}
	if r == nil {
		return nil
	}
	v.Recording = r
	v.Lines, v.Told, v.Busiest, v.Rows = linesOf(v.Recording), told(v.Recording), busiest(v.Recording), rowsOf(v.Recording)
	return nil
}

// recordedNumber is how a column is shown: under which title, with what at the top of
// its scale, and from where on it is bad.
type recordedNumber struct {
	Name  string
	Label string
	Top   float64 // of the scale; 0: as the values need
	Bad   float64 // from here on it is said aloud; 0: never
	Low   bool    // the less the worse
	Key   bool    // one of the few beside the ticket
}

// recordedNumbers are the columns that this server has words for. Another one is
// shown by the name that it came with.
var recordedNumbers = []recordedNumber{
	{Name: "cpu_busy_percent", Label: "Processor busy", Top: 100, Bad: 90, Key: true},
	{Name: "memory_available_mebibytes", Label: "Memory available", Bad: 300, Low: true, Key: true},
	{Name: "stalled_for_memory_percent", Label: "Held up by memory", Top: 100, Bad: 10},
	{Name: "stalled_for_disk_percent", Label: "Held up by disks", Top: 100, Bad: 40, Key: true},
	{Name: "stalled_for_cpu_percent", Label: "Held up by the processor", Top: 100, Bad: 60},
	{Name: "disk_latency_milliseconds", Label: "Slowest disk's answer", Bad: 100, Key: true},
	{Name: "disk_busy_percent", Label: "Busiest disk", Top: 100, Bad: 95},
	{Name: "io_wait_percent", Label: "Waiting for disks", Top: 100, Bad: 50},
	{Name: "swap_used_mebibytes", Label: "Swap used"},
	{Name: "net_received_kibibytes_per_second", Label: "Received"},
	{Name: "net_sent_kibibytes_per_second", Label: "Sent"},
}

func numberOf(c diagnostics.RecordColumn) recordedNumber {
	if i := slices.IndexFunc(recordedNumbers, func(n recordedNumber) bool { return n.Name == c.Name }); i >= 0 {
		return recordedNumbers[i]
	}
	return recordedNumber{Name: c.Name, Label: c.Name}
}

// inOrder lists the columns' places in the order in which they are shown.
func inOrder(columns []diagnostics.RecordColumn) []int {
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	rank := func(c diagnostics.RecordColumn) int {
		if i := slices.IndexFunc(recordedNumbers, func(n recordedNumber) bool { return n.Name == c.Name }); i >= 0 {
			return i
		}
		return len(recordedNumbers)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(columns[a]), rank(columns[b])) })
	return order
}

// amount is a number with its unit, for people.
func amount(v float64, unit string) string {
	if unit == "MiB" && v >= 1024 {
		return strconv.FormatFloat(v/1024, 'f', 1, 64) + " GiB"
	}
	return withUnit(v, unit)
}

// breakWord says what stands between two stretches.
func breakWord(why string) string {
	switch why {
	case "restarted":
		return "The machine was started anew."
	case "clock_set":
		return "The machine's clock was set: the times before and after cannot be compared."
	}
	return "Nothing was recorded in between."
}
