package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
)

// comparesKind tells the kinds whose answers of several machines say where a fault is.
func comparesKind(k wire.AskKind) bool { return strings.HasPrefix(string(k), "probe.") }

// compareAsk asks once more what was asked of a machine, and with it a neighbour at the
// same site and a machine of another site.
func (c *Console) compareAsk(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	ctx := r.Context()
	q, err := c.Asks.Get(ctx, actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !comparesKind(q.Kind) {
		return fault.Field("kind", "Only what looks at the network is compared between machines: ping, path, speed, DNS, TCP, HTTP, TLS, sign-in pages and proxies.")
	}
	self, err := c.Fleet.Get(ctx, actor, q.Endpoint)
	if err != nil {
		return err
	}
	neighbour, other, err := c.near(actor, self.View)
	if err != nil {
		return err
	}
	to := url.Values{}
	for _, x := range []struct {
		place, endpoint, ticket string
	}{{"this", q.Endpoint, q.Ticket}, {"neighbour", neighbour, ""}, {"other", other, ""}} {
		if x.endpoint == "" {
			continue
		}
		// Of the others stands in the audit log that they were asked: the ticket is not theirs.
		asked, err := c.Asks.Ask(ctx, actor, ask.Request{Endpoint: x.endpoint, Ticket: x.ticket, Kind: q.Kind, Params: q.Params})
		if err != nil {
			return err
		}
		to.Set(x.place, asked.ID)
	}
	http.Redirect(w, r, "/compare?"+to.Encode(), http.StatusSeeOther)
	return nil
}

// near finds a machine at the same site and one at another site that can be asked, those in
// the best health, as what is ill itself says little about the network; "" where there is none.
func (c *Console) near(actor auth.Actor, self noc.View) (neighbour, other string, err error) {
	best, far := -1, -1
	q := noc.Query{Presence: noc.Online, State: enrol.Active, Limit: 1000}
	for {
		list, next, err := c.Fleet.List(actor, q)
		if err != nil {
			return "", "", err
		}
		for _, e := range list {
			switch {
			case e.ID == self.ID:
			case e.Site.ID == self.Site.ID && (neighbour == "" || e.Score > best):
				neighbour, best = e.ID, e.Score
			case e.Site.ID != self.Site.ID && (other == "" || e.Score > far):
				other, far = e.ID, e.Score
			}
		}
		if next == "" {
			return neighbour, other, nil
		}
		q.After = next
	}
}

type compareView struct {
	Frame   frame
	Columns []compareColumn
	Rows    []compareRow
	Path    string // of this page
	Back    string
}

// compareColumn is one machine.
type compareColumn struct {
	Title  string
	None   string // why nobody was asked
	Answer kit.Answer
	Name   string
	Site   string
}

func (c compareColumn) asked() bool { return c.Answer.Ask.ID != "" }

// compareRow is one thing that is told of each machine.
type compareRow struct {
	What    string
	Values  []string
	Differs bool
}

// comparePage shows the answers of up to three machines side by side, the differences first.
func (c *Console) comparePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	ctx, q := r.Context(), r.URL.Query()
	v := compareView{Path: r.URL.RequestURI()}
	for _, x := range []struct{ place, title, none string }{
		{"this", "This machine", "It was not asked."},
		{"neighbour", "A neighbour", "No other machine of this site is online."},
		{"other", "Another site", "No machine of another site is online."},
	} {
		col := compareColumn{Title: x.title, None: x.none}
		if id := q.Get(x.place); id != "" {
			a, err := c.Asks.Get(ctx, actor, id)
			if err != nil {
				return err
			}
			col.Answer = kit.AnswerOf(a)
			m, err := c.machine(ctx, actor, a.Endpoint)
			if err != nil {
				return err
			}
			if m != nil {
				col.Name, col.Site = m.Name, m.Site.Name
			}
			if v.Back == "" {
				v.Back = "/endpoints/" + a.Endpoint
				if a.Number > 0 {
					v.Back = ticketPath(a.Number)
				}
			}
		}
		v.Columns = append(v.Columns, col)
	}
	if v.Back == "" {
		return fault.New(fault.NotFound, "Nothing is compared here. Compare from the answer of a ping or another look at the network.")
	}
	v.Rows = compared(v.Columns)
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, compareAgain(v))
	}
	var err error
	if v.Frame, err = c.frame(r, actor, atEndpoints, "Compare machines", "ticket"); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, compareWhole(v))
}

// compared makes rows of what the machines say; those that differ come first.
func compared(columns []compareColumn) []compareRow {
	var names []string
	values := make([]map[string]fact, len(columns))
	for i, c := range columns {
		values[i] = map[string]fact{}
		if !c.asked() || !c.Answer.Ask.State.Ended() {
			continue
		}
		for _, f := range factsOf(c.Answer) {
			if !slices.Contains(names, f.what) {
				names = append(names, f.what)
			}
			values[i][f.what] = f
		}
	}
	var out []compareRow
	for _, name := range names {
		row := compareRow{What: name}
		var said []fact
		for i, c := range columns {
			f, ok := values[i][name]
			if c.asked() && c.Answer.Ask.State.Ended() {
				said = append(said, f)
			}
			if !ok {
				f.value = "–"
			}
			row.Values = append(row.Values, f.value)
		}
		row.Differs = differ(said)
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b compareRow) int {
		switch {
		case a.Differs == b.Differs:
			return 0
		case a.Differs:
			return -1
		}
		return 1
	})
	return out
}

// fact is one thing that a machine says. Of a length of time, and of a speed, only a great
// difference counts.
type fact struct {
	what, value string
	time        time.Duration
	timed       bool
	rate        float64 // bits per second; 0: it is none
}

// differ compares what machines say of one thing. Who gives no time has got no further
// than the step before it, and that is told by the result: a missing time is no difference.
func differ(facts []fact) bool {
	var times []time.Duration
	for _, f := range facts {
		if f.timed {
			times = append(times, f.time)
		}
	}
	if len(times) > 0 {
		low, high := slices.Min(times), slices.Max(times)
		return high-low >= 20*time.Millisecond && high >= 3*low
	}
	for i, f := range facts {
		if f.rate > 0 && facts[0].rate > 0 {
			if f.rate >= 2*facts[0].rate || facts[0].rate >= 2*f.rate {
				return true
			}
			continue
		}
		if i > 0 && f.value != facts[0].value {
			return true
		}
	}
	return false
}

// factsOf are the things that an answer says, each by a name that all answers have for it.
func factsOf(a kit.Answer) []fact {
	var out []fact
	say := func(what, value string) {
		if value != "" {
			out = append(out, fact{what: what, value: value})
		}
	}
	took := func(what string, d time.Duration) {
		if d > 0 {
			out = append(out, fact{what: what, value: kit.Millis(d), time: d, timed: true})
		}
	}
	if a.Ask.State != ask.Done {
		say("Result", kit.AskState(a.Ask.State)+": "+a.Ask.Sentence)
		return out
	}
	if n := len(a.Ping); n > 0 {
		p, best := a.Ping[n-1], time.Duration(0)
		for _, x := range a.Ping {
			if x.Answered && (best == 0 || x.RTT < best) {
				best = x.RTT
			}
		}
		say("Result", fmt.Sprintf("%d of %d came back", p.Received, p.Sent))
		say("Address", p.Address)
		took("Quickest", best)
	}
	if p := a.Path; p != nil {
		_, words := kit.PathWords(*p, false)
		say("Result", words)
		say("Address", p.Address)
		for i, h := range p.Hops {
			n := fmt.Sprintf("Hop %d", h.TTL)
			if h.TTL != i+1 {
				continue // only a hostile machine says that
			}
			if h.Received == 0 {
				say(n, "no answer")
				continue
			}
			say(n, strings.Join(h.Addresses, ", "))
			took(n+" takes", h.Best)
		}
	}
	if p := a.Portal; p != nil {
		_, _, words := kit.PortalWords(*p)
		say("Result", words)
		say("Certificate", kit.Humanise(p.Verdict))
		say("Signed by", p.Issuer)
	}
	if p := a.Proxy; p != nil {
		say("Result", p.Verdict().Sentence)
		for _, w := range p.Ways {
			if w.Whose == "" { // names of people differ from machine to machine
				say(kit.Capital(w.Who()), kit.ProxyWayWords(w))
			}
		}
		for i, t := range p.Proxies {
			n := fmt.Sprintf("Proxy %d", i+1)
			say(n, t.Proxy)
			say(n+" says", kit.ProxyTryWords(t))
			took(n+" takes the connection in", t.Connect)
			took(n+" answers in", t.Answer)
		}
	}
	if p := a.Speed; p != nil {
		rate := func(what string, w *wire.SpeedWay) {
			if w != nil && w.BitsPerSecond > 0 {
				out = append(out, fact{what: what, value: kit.LineRate(w.BitsPerSecond), rate: w.BitsPerSecond})
			}
		}
		rate("Down", p.Down)
		rate("Up", p.Up)
		took("Answers take", p.Idle.P50)
		took("While it is busy", p.Busy())
	}
	for i, d := range a.DNS {
		said := d.RCode
		if len(d.Answers) > 0 {
			said = strings.Join(slices.Sorted(slices.Values(d.Answers)), ", ")
		}
		if d.Problem != "" {
			said = d.Problem
		}
		n := fmt.Sprintf("Name server %d", i+1)
		say(n, d.Server)
		say(n+" says", said)
		took(n+" takes", d.RTT)
	}
	for _, t := range a.TCP {
		result := "open"
		if !t.Open {
			result = "not reached: " + t.Problem
		}
		say("Result", result)
		say("Address", t.Address)
		took("Name lookup", t.Lookup)
		took("Connecting", t.Connect)
	}
	for _, h := range a.HTTP {
		result := fmt.Sprintf("status %d", h.Status)
		if h.Problem != "" {
			result = h.Problem
		}
		say("Result", result)
		say("Ends at", h.FinalURL)
		if h.Proxy == "" {
			h.Proxy = "none"
		}
		say("Proxy", h.Proxy)
		took("Name lookup", h.Lookup)
		took("Connecting", h.Connect)
		took("TLS", h.TLS)
		took("First byte", h.FirstByte)
		took("All", h.Total)
	}
	for _, t := range a.TLS {
		result := "trusted"
		if !t.Trusted {
			result = "not trusted: " + t.Problem
		}
		say("Result", result)
		say("Version", t.Version)
		if len(t.Chain) > 0 {
			leaf := t.Chain[0]
			say("Certificate of", leaf.Subject)
			say("Issued by", leaf.Issuer)
			say("Sort of authority", string(t.Signer))
			say("Valid until", leaf.NotAfter.UTC().Format("2006-01-02"))
			say("SHA-256", kit.Clip(leaf.SHA256, 20))
		}
		say("Certificates in the chain", kit.Count(len(t.Chain)))
		took("Connecting", t.Connect)
		took("TLS", t.TLS)
	}
	return out
}

// compareWords says how far it has come and what there is to see.
func compareWords(v compareView) string {
	open, differing := 0, 0
	for _, c := range v.Columns {
		if c.asked() && !c.Answer.Ask.State.Ended() {
			open++
		}
	}
	for _, row := range v.Rows {
		if row.Differs {
			differing++
		}
	}
	switch {
	case open > 0:
		return kit.Plural(open, "1 machine is still answering.", "%d machines are still answering.")
	case differing > 0:
		return kit.Plural(differing, "The machines differ in 1 thing.", "The machines differ in %d things.")
	}
	return "The machines say the same."
}
