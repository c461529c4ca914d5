package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
)

type ticketsCmd struct {
	stateFlag
	Number string `arg:"" optional:"" help:"The number of a ticket: show it with its messages."`
	JSON   bool   `help:"Print JSON." name:"json"`
}

// Help is an example.
func (ticketsCmd) Help() string {
	return "Example: deskbell-agent tickets 1042\n\nWithout a connection it shows what is known here."
}

// Run shows tickets.
func (c *ticketsCmd) Run(ctx context.Context, s settings.Streams) error {
	client := local.NewClient(c.State)
	defer client.Close()
	if c.Number != "" {
		t, err := find(ctx, client, c.Number)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.Print(t)
		}
		tellTicket(s.Out, t)
		if n := len(t.Messages); n > 0 && t.Unread > 0 {
			return client.Read(ctx, cmp.Or(t.ID, t.Ref), t.Messages[n-1].ID)
		}
		return nil
	}
	l, err := client.Tickets(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return s.Print(l)
	}
	return tellTickets(s.Out, l)
}

// find returns the caller's ticket with a number, an id or a reference.
func find(ctx context.Context, client *local.Client, name string) (local.Ticket, error) {
	l, err := client.Tickets(ctx)
	if err != nil {
		return local.Ticket{}, err
	}
	number, _ := strconv.ParseInt(strings.TrimPrefix(name, "#"), 10, 64)
	i := slices.IndexFunc(l.Items, func(t local.Ticket) bool {
		return number > 0 && t.Number == number || t.ID == name || t.Ref == name
	})
	if i < 0 {
		return local.Ticket{}, fault.New(fault.NotFound, "You have no ticket "+plain(name)+". “deskbell-agent tickets” lists yours.")
	}
	return l.Items[i], nil
}

func tellTickets(w io.Writer, l local.Tickets) error {
	if len(l.Items) == 0 {
		fmt.Fprintln(w, "You have no tickets. “deskbell-agent ring --title …” makes one.")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "NUMBER\tSTATE\tCHANGED\tTITLE")
	for _, x := range l.Items {
		news := ""
		if x.Unread > 0 {
			news = fmt.Sprintf("  (%s)", count(x.Unread, "new message", "new messages"))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s%s\n", numberOf(x), stateOf(x), when(x.UpdatedAt), clip(plain(x.Title), 72), news)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if !l.AsOf.IsZero() {
		_, err := fmt.Fprintf(w, "\nAs of %s.\n", when(l.AsOf))
		return err
	}
	return nil
}

func numberOf(t local.Ticket) string {
	if t.Number > 0 {
		return strconv.FormatInt(t.Number, 10)
	}
	return t.Ref
}

func stateOf(t local.Ticket) string {
	switch t.Delivery {
	case local.Saved:
		return "saved, not sent yet"
	case local.Refused:
		return "not accepted"
	}
	return strings.ReplaceAll(plain(t.State), "_", " ")
}

func tellTicket(w io.Writer, t local.Ticket) {
	fmt.Fprintf(w, "%s  %s\n%s, since %s", numberOf(t), plain(t.Title), stateOf(t), when(t.CreatedAt))
	if t.Assignee != "" {
		fmt.Fprintf(w, ", with %s", plain(t.Assignee))
	}
	fmt.Fprintln(w)
	if t.Problem != "" {
		fmt.Fprintln(w, plain(t.Problem))
	}
	if t.Body != "" {
		fmt.Fprintf(w, "\n%s\n", plainText(t.Body))
	}
	for _, m := range t.Messages {
		who := plain(m.Author)
		if m.Mine {
			who = "You"
		}
		fmt.Fprintf(w, "\n%s, %s\n%s\n", who, when(m.At), indent(plainText(m.Body)))
		for _, a := range m.Attachments {
			fmt.Fprintf(w, "  [%s]\n", plain(a.Name))
		}
	}
	for _, p := range t.Pending {
		what := indent(plainText(p.Body))
		if p.Act != "" {
			what = "  " + string(p.Act)
		}
		fmt.Fprintf(w, "\nYou, %s, not sent yet\n%s\n", when(p.At), what)
		if p.Problem != "" {
			fmt.Fprintf(w, "  %s\n", plain(p.Problem))
		}
	}
	if t.Solution != "" {
		fmt.Fprintf(w, "\nSolution\n%s\n", indent(plainText(t.Solution)))
	}
}

type replyCmd struct {
	stateFlag
	Number string   `arg:"" help:"The ticket's number."`
	Text   string   `arg:"" help:"What to write."`
	Attach []string `help:"Attach this file. May be given more than once." placeholder:"FILE" type:"path" sep:"none"`
	JSON   bool     `help:"Print JSON." name:"json"`
}

// Help is an example.
func (replyCmd) Help() string {
	return "Example: deskbell-agent reply 1042 \"It works now, thank you.\""
}

// Run writes on a ticket.
func (c *replyCmd) Run(ctx context.Context, s settings.Streams) error {
	client := local.NewClient(c.State)
	defer client.Close()
	t, err := find(ctx, client, c.Number)
	if err != nil {
		return err
	}
	in := local.Reply{Ref: ulid.Make().String(), Body: c.Text}
	for _, name := range c.Attach {
		a, err := attach(ctx, client, name)
		if err != nil {
			return err
		}
		in.Attachments = append(in.Attachments, a)
	}
	r, err := persist(ctx, func() (local.Receipt, error) { return client.Reply(ctx, cmp.Or(t.ID, t.Ref), in) })
	if err != nil {
		return err
	}
	return tellReceipt(s, c.JSON, r)
}

type portalCmd struct {
	stateFlag
	Open bool `help:"Open it in the browser."`
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is an example.
func (portalCmd) Help() string { return "Example: deskbell-agent portal --open" }

// Run prints or opens a link.
func (c *portalCmd) Run(ctx context.Context, s settings.Streams) error {
	client := local.NewClient(c.State)
	defer client.Close()
	p, err := client.Portal(ctx, "")
	if err != nil {
		return err
	}
	if c.Open {
		return open(ctx, p.URL)
	}
	if c.JSON {
		return s.Print(p)
	}
	fmt.Fprintln(s.Out, plain(p.URL))
	return nil
}

// open opens a web address, and nothing else, in the person's browser.
func open(ctx context.Context, url string) error {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return fault.New(fault.Internal, "The server sent a link that is not a web address. Tell your help desk.")
	}
	command := map[string][]string{
		"windows": {"rundll32", "url.dll,FileProtocolHandler"}, "darwin": {"/usr/bin/open"},
	}[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open"}
	}
	if err := exec.CommandContext(ctx, command[0], append(command[1:], url)...).Run(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "No browser could be opened. Run it without --open and open the link yourself")
	}
	return nil
}

type looksCmd struct {
	stateFlag
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is an example.
func (looksCmd) Help() string { return "Example: deskbell-agent looks" }

// Run shows looks.
func (c *looksCmd) Run(ctx context.Context, s settings.Streams) error {
	client := local.NewClient(c.State)
	defer client.Close()
	ledger, err := client.Ledger(ctx)
	if err != nil {
		return err
	}
	looks := ledger.Looks
	if c.JSON {
		return s.Print(ledger)
	}
	if !ledger.Whole() {
		fmt.Fprintf(s.Out, "This list is not whole: %d entries were removed and %d changed by somebody other than the agent.\n", ledger.Removed, ledger.Changed)
	}
	if len(looks) == 0 {
		fmt.Fprintln(s.Out, "Nobody has looked at this computer from afar.")
		return nil
	}
	t := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "WHEN\tWHO\tWHAT\tTICKET\tRESULT")
	for _, k := range looks {
		who := plain(k.Who)
		if k.Role != "" {
			who += " (" + plain(k.Role) + ")"
		}
		ticket := ""
		if k.Ticket > 0 {
			ticket = strconv.FormatInt(k.Ticket, 10)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", when(k.At), who, plain(k.What), ticket, cmp.Or(plain(k.Result), "under way"))
	}
	return t.Flush()
}
