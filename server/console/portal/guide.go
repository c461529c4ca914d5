package portal

import (
	"net/http"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/kb"
)

// plainly is a text that the windows say too.
func plainly(id string, args ...tongue.Arg) string { return tongue.English.Say(id, args...) }

func troubleWord(c diagnostics.Complaint) string { return plainly("complaint." + string(c)) }
func troubleHint(c diagnostics.Complaint) string { return plainly("complaint." + string(c) + "_hint") }

// troubleOf reads a trouble that somebody has chosen.
func troubleOf(s string) (diagnostics.Complaint, error) {
	if c := diagnostics.Complaint(s); slices.Contains(diagnostics.Complaints(), c) {
		return c, nil
	}
	return "", fault.New(fault.NotFound, "There is no such trouble to choose. Begin with “What is the trouble?”.")
}

// guidePage asks what the trouble is.
func (p *Portal) guidePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	f, err := p.frame(r, actor, atGuide, plainly("guide.title"))
	if err != nil {
		return err
	}
	return p.out.Show(w, r, http.StatusOK, guide(f))
}

type troubleView struct {
	frame    frame
	Trouble  diagnostics.Complaint
	Checkup  checkup
	Known    []announce.Known
	Articles []kb.Article
}

// troublePage looks at what can be the reason of a trouble. The computer begins to
// look by itself.
func (p *Portal) troublePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	c, err := troubleOf(r.PathValue("trouble"))
	if err != nil {
		return err
	}
	return p.showTrouble(w, r, actor, checkup{Trouble: c})
}

// troubleChecked shows what has come of it.
func (p *Portal) troubleChecked(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	trouble, err := troubleOf(r.PathValue("trouble"))
	if err != nil {
		return err
	}
	q, err := p.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	c := checkupOf(q, false)
	c.Trouble = trouble
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, checkupAgain(c))
	}
	return p.showTrouble(w, r, actor, c)
}

func (p *Portal) showTrouble(w http.ResponseWriter, r *http.Request, actor auth.Actor, c checkup) error {
	v := troubleView{Trouble: c.Trouble, Checkup: c}
	var err error
	if v.frame, err = p.frame(r, actor, atGuide, troubleWord(c.Trouble)); err != nil {
		return err
	}
	if v.Known, err = p.known(r.Context(), actor, c.Trouble); err != nil {
		return err
	}
	v.frame.doc.Asks = "/portal/guide/" + string(c.Trouble) + "/asks/"
	if !c.started() && actor.Endpoint != "" {
		v.frame.check = "/portal/checkup?trouble=" + string(c.Trouble)
	}
	if c.Trouble != diagnostics.ComplaintOther {
		if v.Articles, err = p.suggestions(r.Context(), actor, troubleWord(c.Trouble)+"\n"+troubleHint(c.Trouble)); err != nil {
			return err
		}
	}
	return p.out.Show(w, r, http.StatusOK, trouble(v))
}

// sections lists what is looked at.
func (c checkup) sections() []diagnostics.SectionName {
	if c.Trouble == "" {
		return diagnostics.SectionNames()
	}
	return c.Trouble.Sections()
}

// reasons splits what was found into what can be the reason of the trouble and the
// rest. Without a trouble all of it counts.
func (c checkup) reasons() (these, others []diagnostics.Finding) {
	if c.Trouble == "" {
		return c.findings(), nil
	}
	return c.Trouble.Concerning(c.findings())
}

// mendable reports whether the computer may mend one of the reasons. That is started
// at the computer itself, in its own window.
func (c checkup) mendable() bool {
	these, _ := c.reasons()
	return slices.ContainsFunc(these, func(f diagnostics.Finding) bool { return f.Fix != nil })
}

// reasonWords is the answer before the data, for somebody with a trouble.
func (c checkup) reasonWords() string {
	these, _ := c.reasons()
	switch {
	case len(these) > 0:
		return plainly("guide.found", tongue.Count("n", len(these)))
	case c.incomplete():
		return plainly("guide.partly")
	}
	return plainly("guide.nothing")
}

// worst is the severity of what can be the reason; "" when there is nothing.
func (c checkup) worst() (w diagnostics.Severity) {
	these, _ := c.reasons()
	for _, f := range these {
		if f.Severity.Rank() > w.Rank() {
			w = f.Severity
		}
	}
	return w
}

// helpAddress is where “Still need help” leads.
func (c checkup) helpAddress() string {
	to := "/portal/help?trouble=" + string(c.Trouble)
	if c.Ask != "" {
		to += "&checkup=" + c.Ask
	}
	return to
}

// guided is what guided help has found, as it is put below the words of whoever
// still needs help: they see it, and can change it, before it is sent.
func (c checkup) guided() string {
	lines := []string{plainly("guided.title"), plainly("guided.complaint", tongue.Name("title", troubleWord(c.Trouble)))}
	var read, unread []string
	for _, n := range c.sections() {
		if sectionOf(c, n).Data != nil {
			read = append(read, kit.SectionPlain(n))
		} else {
			unread = append(unread, kit.SectionPlain(n))
		}
	}
	if len(read) > 0 {
		lines = append(lines, plainly("guided.checked", tongue.Name("list", strings.Join(read, ", "))))
	}
	if len(unread) > 0 {
		lines = append(lines, plainly("guided.unread", tongue.Name("list", strings.Join(unread, ", "))))
	}
	if c.Part != nil {
		these, _ := c.reasons()
		for _, f := range these {
			lines = append(lines, plainly("guided.found", tongue.Name("sentence", kit.Clip(f.Sentence, 300)), tongue.Name("code", string(f.Code))))
		}
		if len(these) == 0 {
			lines = append(lines, plainly("guided.nothing"))
		}
	}
	return "\n\n" + strings.Join(lines, "\n")
}
