package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
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

// reachOf says what the actor can have done on a machine, by orders that are sent
// to action.
func reachOf(actor auth.Actor, m noc.Detail, action string) kit.Reach {
	r := kit.Reach{Action: action, Machine: m.Name, Online: m.Presence.Connected(), May: auth.May(actor, auth.EndpointsAct)}
	var inv wire.Inventory
	if len(m.Inventory) > 0 && json.Unmarshal(m.Inventory, &inv) == nil {
		r.Policy = inv.Policy
	}
	return r
}

// answer reads what has come of a question, with what can be done about it: where a
// list is still being renewed, nothing, since a button would move away. The tree of
// processes holds still.
func (c *Console) answer(ctx context.Context, actor auth.Actor, q ask.Ask) (kit.Answer, error) {
	a := kit.AnswerOf(q)
	a.Mine = q.AskerID == actor.Person
	acts := a.Table != nil || q.State.Ended() && (a.Processes != nil || a.Services != nil || a.Files != nil || a.Screen != nil)
	if !acts || !auth.May(actor, auth.EndpointsAct) {
		return a, nil
	}
	m, err := c.machine(ctx, actor, q.Endpoint)
	if err != nil || m == nil {
		return a, err
	}
	action := "/endpoints/" + q.Endpoint + "/acts"
	if q.Number > 0 {
		action = ticketPath(q.Number) + "/acts"
	}
	a.Reach = reachOf(actor, *m, action)
	return a, nil
}

// actForTicket has something done on the machine of a ticket.
func (c *Console) actForTicket(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	return c.actAfar(w, r, actor, ask.Request{Endpoint: d.Endpoint, Ticket: d.ID})
}

// actOnEndpoint has something done on an endpoint that belongs to no ticket.
func (c *Console) actOnEndpoint(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.actAfar(w, r, actor, ask.Request{Endpoint: r.PathValue("id")})
}

func (c *Console) actAfar(w http.ResponseWriter, r *http.Request, actor auth.Actor, q ask.Request) error {
	var err error
	if q.Kind, q.Params, err = order(r); err != nil {
		return err
	}
	asked, err := c.Asks.Act(r.Context(), actor, q)
	if err != nil {
		return err
	}
	if asked.Kind.Terminal() {
		http.Redirect(w, r, "/terminals/"+asked.ID, http.StatusSeeOther)
		return nil
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

// aloneWith leads from the page of one question to that of another: it has no list
// that it could be put on top of.
func aloneWith(w http.ResponseWriter, r *http.Request, id string) bool {
	at, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil || !strings.HasPrefix(at.Path, "/asks/") {
		return false
	}
	w.Header().Set("HX-Redirect", "/asks/"+id)
	return true
}

// order reads an act's form.
func order(r *http.Request) (wire.AskKind, json.RawMessage, error) {
	if err := r.ParseForm(); err != nil {
		return "", nil, fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	kind := wire.AskKind(r.PostFormValue("kind"))
	name := strings.TrimSpace(r.PostFormValue("name"))
	var params any
	switch kind {
	case wire.ActTerminal, wire.ActRootTerminal:
		raw, err := json.Marshal(wire.TerminalParams{Cols: terminalCols, Rows: terminalRows})
		return kind, raw, err
	case wire.ActScreen:
		return kind, nil, nil
	case wire.ActListFiles:
		raw, err := json.Marshal(wire.ListFilesParams{Path: r.PostFormValue("path")})
		return kind, raw, err
	case wire.ActFetchFile:
		path := r.PostFormValue("path")
		if path == "" {
			return "", nil, fault.Field("path", "Say which file to fetch, with its whole path.")
		}
		raw, err := json.Marshal(wire.FetchFileParams{Path: path, Ends: r.PostFormValue("ends") != ""})
		return kind, raw, err
	case wire.ActEndProcess:
		pid, err := strconv.ParseInt(r.PostFormValue("pid"), 10, 32)
		if err != nil || pid <= 0 {
			return "", nil, fault.Field("pid", "Say which process to end: its number is in the list of processes.")
		}
		started, err := time.Parse(time.RFC3339Nano, r.PostFormValue("started"))
		if err != nil || started.IsZero() {
			return "", nil, fault.Field("started", "Say when the process started, as the list of processes has it: its number may be another process's by now.")
		}
		params = wire.EndProcessParams{PID: int32(pid), Started: started, Name: name}
	case wire.ActStartService, wire.ActStopService, wire.ActRestartService:
		params = wire.ServiceParams{Name: name}
	default:
		return "", nil, fault.Field("kind", "There is nothing of that name that could be done on a machine.")
	}
	if name == "" {
		return "", nil, fault.Field("name", "Say the name, as the list has it.")
	}
	raw, err := json.Marshal(params)
	return kind, raw, err
}

// askedWords tells of a look into the machine, of an order, or of what became of one.
func askedWords(body string) string {
	kind, state, ended := strings.Cut(body, " ")
	k := wire.AskKind(kind)
	switch {
	case !k.Acts():
		return "looked into the machine: " + lower(kit.AskWord(wire.AskKind(body)))
	case !ended:
		return "had the machine told: " + lower(kit.AskWord(k))
	}
	return "was answered by the machine: " + lower(kit.AskWord(k)) + ", " + lower(kit.StateOf(ask.Ask{Kind: k, State: ask.State(state)}))
}
