package portal

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// checkup is what has come of a machine's look at itself.
type checkup struct {
	Ask     string
	Running bool
	Problem string // why there is none
	Part    *wire.SnapshotPart
	Without []diagnostics.SectionName // that the employee has taken out
	Choose  bool                      // sections can be taken out: they are about to be sent
	Trouble diagnostics.Complaint     // what it is asked about; "" in a check-up of everything
}

// checkupPage has the machine check itself, without anything being sent.
func (p *Portal) checkupPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	f, err := p.frame(r, actor, atCheckup, "Check my computer")
	if err != nil {
		return err
	}
	if actor.Endpoint != "" {
		f.check = "/portal/checkup"
	}
	return p.out.Show(w, r, http.StatusOK, checkupWhole(f, checkup{}))
}

// check begins a check-up of the machine that the person came from.
func (p *Portal) check(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	c := checkup{Choose: r.URL.Query().Get("for") == "help"}
	request := ask.Request{Endpoint: actor.Endpoint, Kind: wire.AskSnapshot}
	var err error
	if trouble := r.URL.Query().Get("trouble"); trouble != "" {
		if c.Trouble, err = troubleOf(trouble); err == nil {
			request.Params, err = json.Marshal(wire.SnapshotParams{Sections: c.sections()})
		}
		if err != nil {
			return err
		}
	}
	q, err := p.Asks.Ask(r.Context(), actor, request)
	switch {
	case err != nil && fault.CodeOf(err) == fault.Internal:
		return err
	case err != nil:
		c.Problem = fault.Sentence(err)
	default:
		trouble := c.Trouble
		c = checkupOf(q, c.Choose)
		c.Trouble = trouble
	}
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, checkupFresh(c))
	}
	switch {
	case c.Ask == "" && c.Trouble != "":
		return p.showTrouble(w, r, actor, c)
	case c.Ask == "":
		return p.showChecked(w, r, actor, c)
	}
	to := "/portal/asks/" + c.Ask
	switch {
	case c.Choose:
		to = "/portal/help?checkup=" + c.Ask
	case c.Trouble != "":
		to = "/portal/guide/" + string(c.Trouble) + "/asks/" + c.Ask
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// checkedPage shows what has come of a check-up.
func (p *Portal) checkedPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := p.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	c := checkupOf(q, false)
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, checkupAgain(c))
	}
	return p.showChecked(w, r, actor, c)
}

func (p *Portal) showChecked(w http.ResponseWriter, r *http.Request, actor auth.Actor, c checkup) error {
	f, err := p.frame(r, actor, atCheckup, "Check my computer")
	if err != nil {
		return err
	}
	return p.out.Show(w, r, http.StatusOK, checkupWhole(f, c))
}

// checkupOf reads a question's answer.
func checkupOf(q ask.Ask, choose bool) checkup {
	c := checkup{Ask: q.ID, Running: !q.State.Ended(), Part: kit.AnswerOf(q).Snapshot, Choose: choose}
	if q.State.Ended() && q.State != ask.Done && c.Part == nil {
		c.Problem = "This computer could not be checked now."
	}
	return c
}

// started reports whether there is anything to show.
func (c checkup) started() bool { return c.Ask != "" || c.Problem != "" }

// read is how many sections are there.
func (c checkup) read() int {
	if c.Part == nil {
		return 0
	}
	return max(0, len(c.sections())-len(c.Part.Pending))
}

// incomplete reports whether a section could not be read: then silence of the
// findings is not the same as health.
func (c checkup) incomplete() bool {
	for _, s := range c.Part.Snapshot.Sections() {
		switch s.State {
		case diagnostics.StateFailed, diagnostics.StateTimeout, diagnostics.StatePartial:
			return true
		}
	}
	return false
}

// findings are what the machine found. Before it has judged itself they are
// judged here, from what has come.
func (c checkup) findings() []diagnostics.Finding {
	switch {
	case c.Part == nil:
		return nil
	case c.Part.Findings == nil && c.Running:
		return diagnostics.Judge(c.Part.Snapshot)
	}
	return c.Part.Findings
}

// without leaves out every finding that rests on a section which was taken out:
// its words would tell what the employee does not want to send.
func without(findings []diagnostics.Finding, sections []diagnostics.SectionName) []diagnostics.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f diagnostics.Finding) bool {
		return slices.ContainsFunc(f.Evidence, func(e diagnostics.Evidence) bool { return slices.Contains(sections, e.Section) })
	})
}

// answerWords is the answer before the data.
func (c checkup) answerWords() string {
	worst, list := diagnostics.Severity(""), c.findings()
	for _, f := range list {
		if f.Severity.Rank() > worst.Rank() {
			worst = f.Severity
		}
	}
	n := len(list)
	switch worst {
	case diagnostics.Critical:
		return kit.Plural(n, "One thing needs help", "%d things found, and at least one needs help")
	case diagnostics.Warning:
		return kit.Plural(n, "One thing to watch", "%d things to watch")
	case diagnostics.Info:
		return kit.Plural(n, "This computer looks well, with one remark", "This computer looks well, with %d remarks")
	}
	if c.incomplete() {
		return "Nothing wrong found in what could be read"
	}
	return "This computer looks well"
}
