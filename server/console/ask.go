package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/noc"
)

// toolbox is the row of live tools for one machine.
type toolbox struct {
	Action  string // where a question is sent
	Machine *noc.View
	Reach   kit.Reach
}

func toolsOf(v ticketView) toolbox {
	t := toolbox{Action: ticketPath(v.Ticket.Number) + "/asks"}
	if v.Machine != nil {
		t.Machine = &v.Machine.View
		t.Reach = reachOf(v.Frame.actor, *v.Machine, ticketPath(v.Ticket.Number)+"/acts")
	}
	return t
}

// offered are the tools that the machine does not refuse.
func (t toolbox) offered() []wire.AskKind {
	return slices.DeleteFunc(wire.ToolKinds(), t.Reach.Forbids)
}

// away reports whether a question has to wait for the machine.
func (t toolbox) away() bool { return t.Machine != nil && !t.Machine.Presence.Connected() }

// waits are how long a question may wait for a machine that is away.
func waits() []time.Duration { return []time.Duration{time.Hour, 8 * time.Hour, 24 * time.Hour} }

func waitWord(d time.Duration) string {
	switch d {
	case time.Hour:
		return "within 1 h"
	case 8 * time.Hour:
		return "within 8 h"
	}
	return "within 1 day"
}

// askAboutTicket asks the machine of a ticket something.
func (c *Console) askAboutTicket(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	return c.ask(w, r, actor, ask.Request{Endpoint: d.Endpoint, Ticket: d.ID}, ticketPath(n))
}

// askEndpoint asks an endpoint something that belongs to no ticket.
func (c *Console) askEndpoint(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	return c.ask(w, r, actor, ask.Request{Endpoint: id}, "/endpoints/"+id)
}

func (c *Console) ask(w http.ResponseWriter, r *http.Request, actor auth.Actor, q ask.Request, page string) error {
	var err error
	if q.Kind, q.Params, err = question(r); err != nil {
		return err
	}
	if s := small(r, "wait"); s > 0 {
		q.Wait = time.Duration(s) * time.Second
		if !slices.Contains(waits(), q.Wait) {
			q.Wait = waits()[1]
		}
	}
	asked, err := c.Asks.Ask(r.Context(), actor, q)
	if err != nil {
		return err
	}
	if !kit.Partial(r) {
		http.Redirect(w, r, "/asks/"+asked.ID, http.StatusSeeOther)
		return nil
	}
	if aloneWith(w, r, asked.ID) {
		return nil
	}
	return c.out.Show(w, r, http.StatusOK, askedNow(kit.AnswerOf(asked)))
}

// question reads a tool's form: every kind has its own typed parameters.
func question(r *http.Request) (wire.AskKind, json.RawMessage, error) {
	if err := r.ParseForm(); err != nil {
		return "", nil, fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	kind := wire.AskKind(r.PostFormValue("kind"))
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	need := func(name, sentence string) error {
		if get(name) == "" {
			return fault.Field(name, sentence)
		}
		return nil
	}
	port := func(fallback int) (int, error) {
		if get("port") == "" && fallback > 0 {
			return fallback, nil
		}
		n, err := strconv.Atoi(get("port"))
		if err != nil || n < 1 || n > 65535 {
			return 0, fault.Field("port", "A port is a number from 1 to 65535.")
		}
		return n, nil
	}
	var params any
	var err error
	switch kind {
	case wire.AskSnapshot:
		params = wire.SnapshotParams{}
	case wire.AskServices, wire.AskChanges:
	case wire.AskProcesses:
		params = wire.ProcessesParams{Seconds: watchFor, All: true}
	case wire.AskLog:
		params = wire.LogParams{Lines: min(max(small(r, "lines"), 0), 1000), Unit: get("unit"), Level: get("level"), Filter: get("filter"), File: get("file"), Follow: get("follow") != ""}
	case wire.AskDisk:
		params = wire.DiskParams{Path: get("path")}
	case wire.AskInventory:
		sections, ok := kit.InventoryAbout(get("about"))
		if !ok {
			return "", nil, fault.Field("about", "There is no such part of an inventory.")
		}
		params = wire.InventoryParams{Sections: sections}
	case wire.AskPing:
		params, err = wire.PingParams{Host: get("host"), Count: min(max(small(r, "count"), 0), 20)}, need("host", "Say which host to ping.")
	case wire.AskPath:
		params, err = wire.PathParams{Host: get("host"), Rounds: min(max(small(r, "rounds"), 0), 60), Family: small(r, "family")}, need("host", "Say which host the way leads to.")
	case wire.AskPortal:
		params = wire.PortalParams{URL: get("url")}
	case wire.AskProxy:
		params, err = wire.ProxyParams{URL: get("url")}, need("url", "Say which address the proxy is to lead to.")
	case wire.AskSpeed:
		params = wire.SpeedParams{Seconds: min(max(small(r, "seconds"), 0), 10)}
	case wire.AskDNS:
		params, err = wire.DNSParams{Name: get("name"), Type: get("type"), Server: get("server")}, need("name", "Say which name to ask for.")
	case wire.AskTCP:
		p := wire.TCPParams{Host: get("host")}
		if err = need("host", "Say which host to connect to."); err == nil {
			p.Port, err = port(0)
		}
		params = p
	case wire.AskHTTP:
		params, err = wire.HTTPParams{URL: get("url")}, need("url", "Say which address to fetch.")
	case wire.AskTLS:
		p := wire.TLSParams{Host: get("host"), Name: get("name")}
		if err = need("host", "Say whose certificate to look at."); err == nil {
			p.Port, err = port(443)
		}
		params = p
	default:
		return "", nil, fault.Field("kind", "There is no diagnostic of that name.")
	}
	if err != nil || params == nil {
		return kind, nil, err
	}
	raw, err := json.Marshal(params)
	return kind, raw, err
}

// askPage shows a question and its answer: as a page, as the body of its card, or
// as what has come since.
func (c *Console) askPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := c.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	a, err := c.answer(r.Context(), actor, q)
	if err != nil {
		return err
	}
	switch {
	case !kit.Partial(r):
	case r.URL.Query().Get("part") == "body":
		return c.out.Show(w, r, http.StatusOK, askBody(a))
	default:
		return c.out.Show(w, r, http.StatusOK, askAgain(a))
	}
	f, err := c.frame(r, actor, atEndpoints, kit.AskWord(q.Kind), "ticket")
	if err != nil {
		return err
	}
	if q.Kind.Terminal() {
		f.doc.Scripts = []string{"terminal.js"}
	}
	m, err := c.machine(r.Context(), actor, q.Endpoint)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, askWhole(f, a, m))
}

// cancelAsk ends a question that nobody waits for any more.
func (c *Console) cancelAsk(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	if err := c.Asks.Cancel(r.Context(), actor, id); err != nil {
		return err
	}
	if !kit.Partial(r) {
		http.Redirect(w, r, "/asks/"+id, http.StatusSeeOther)
		return nil
	}
	q, err := c.Asks.Get(r.Context(), actor, id)
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, askAgain(kit.AnswerOf(q)))
}

// toolID names a tool in the page.
func toolID(k wire.AskKind) string { return strings.ReplaceAll(string(k), ".", "-") }

// atOnce reports whether a tool needs no answers of its own before it asks.
func atOnce(k wire.AskKind) bool {
	return k == wire.AskSnapshot || k == wire.AskProcesses || k == wire.AskServices || k == wire.AskChanges
}

// toolVerb is what a tool's button says.
func toolVerb(k wire.AskKind) string {
	switch k {
	case wire.AskSnapshot:
		return "Take a snapshot"
	case wire.AskLog:
		return "Read the log"
	case wire.AskInventory:
		return "Read it"
	case wire.AskPing:
		return "Ping"
	case wire.AskPath:
		return "Trace"
	case wire.AskPortal:
		return "Look for one"
	case wire.AskProxy:
		return "Find the proxy"
	case wire.AskSpeed:
		return "Measure"
	case wire.AskDNS:
		return "Look it up"
	case wire.AskTCP, wire.AskTLS:
		return "Connect"
	case wire.AskHTTP:
		return "Fetch"
	}
	return "Ask"
}
