package portal

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/ticket"
)

type helpView struct {
	frame   frame
	Kind    ticket.Kind
	Title   string
	Body    string
	Message string // names the ring, so that the same one twice is one ticket
	Kept    []ticket.Attachment
	Checkup checkup
	Known   []announce.Known
	Problem string
	Field   string // the input at fault
}

// helpPage asks what is going on. While somebody writes, their computer checks
// itself.
func (p *Portal) helpPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := helpView{Message: ulid.Make().String(), Checkup: checkup{Choose: true}}
	if id := r.URL.Query().Get("checkup"); id != "" {
		q, err := p.Asks.Get(r.Context(), actor, id)
		if err != nil {
			return err
		}
		v.Checkup = checkupOf(q, true)
	}
	if t := r.URL.Query().Get("trouble"); t != "" {
		trouble, err := troubleOf(t)
		if err != nil {
			return err
		}
		v.Checkup.Trouble = trouble
		v.Body = v.Checkup.guided()
		if trouble != diagnostics.ComplaintOther { // there is nothing to say for them
			v.Title = troubleWord(trouble)
		}
	}
	return p.showHelp(w, r, actor, http.StatusOK, v)
}

func (p *Portal) showHelp(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v helpView) error {
	var err error
	if v.Known, err = p.known(r.Context(), actor, v.Checkup.Trouble); err != nil {
		return err
	}
	if v.frame, err = p.frame(r, actor, atHelp, "Get help"); err != nil {
		return err
	}
	if !v.Checkup.started() && actor.Endpoint != "" {
		v.frame.check = "/portal/checkup?for=help"
	}
	return p.out.Show(w, r, status, help(v))
}

// ring opens a ticket with somebody's words, and with what of the check-up they
// have not taken out.
func (p *Portal) ring(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	v := helpView{Kind: kindOf(r.PostFormValue("kind")), Title: strings.TrimSpace(r.PostFormValue("title")), Body: r.PostFormValue("body"), Message: r.PostFormValue("message"), Kept: kit.Kept(r), Checkup: checkup{Choose: true}}
	files, err := kit.Uploads(r.Context(), p.Desk, actor, r)
	v.Kept = append(v.Kept, files...)
	draft := desk.Draft{Kind: v.Kind, Title: v.Title, Body: v.Body, Endpoint: actor.Endpoint, Attachments: v.Kept, Language: reads(r)}
	if err == nil {
		err = p.attachCheckup(r, actor, &v, &draft)
	}
	var out desk.Outcome
	if err == nil {
		once := desk.Once{Key: v.Message, Body: []byte(v.Title + "\x00" + v.Body)}
		out, err = p.Desk.OpenOnce(r.Context(), actor, once, draft)
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/portal/tickets/"+strconv.FormatInt(out.Number, 10)+"?sent=1", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.TooLarge, fault.Full, fault.Unavailable, fault.Conflict:
		v.Problem, v.Field = fault.Sentence(err), fault.FieldOf(err)
		if v.Field == "Idempotency-Key" {
			v.Problem, v.Field, v.Message = "You have sent a ticket from this page already; it is among your tickets. To ring about something else, send again.", "", ulid.Make().String()
		}
		return p.showHelp(w, r, actor, gate.Status(err), v)
	}
	return err
}

// attachCheckup puts what was read, and not taken out, into a draft.
func (p *Portal) attachCheckup(r *http.Request, actor auth.Actor, v *helpView, draft *desk.Draft) error {
	id := r.PostFormValue("checkup")
	if id == "" {
		return nil
	}
	q, err := p.Asks.Get(r.Context(), actor, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.Checkup = checkupOf(q, true)
	if r.PostFormValue("chosen") != "" {
		for _, name := range diagnostics.SectionNames() {
			if !slices.Contains(r.PostForm["section"], string(name)) {
				v.Checkup.Without = append(v.Checkup.Without, name)
			}
		}
	}
	if v.Checkup.Part == nil || len(v.Checkup.Without) == len(diagnostics.SectionNames()) {
		return nil
	}
	s := v.Checkup.Part.Snapshot.Without(v.Checkup.Without...)
	if draft.Snapshot, err = json.Marshal(s); err != nil {
		return err
	}
	draft.TakenAt, draft.Findings = s.TakenAt, without(v.Checkup.findings(), v.Checkup.Without)
	return nil
}

// kindOf is what somebody has chosen; what is none is left to the desk.
func kindOf(s string) ticket.Kind {
	if k := ticket.Kind(s); k == ticket.Request || k == ticket.Incident {
		return k
	}
	return ""
}

// reads is the first of the languages in which somebody asks their browser for pages that
// we speak; "" where there is none. Browsers name them in the order of preference.
func reads(r *http.Request) string {
	var list []string
	for _, x := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		word, _, _ := strings.Cut(x, ";")
		list = append(list, strings.TrimSpace(word))
	}
	l, _ := tongue.Spoken(list[:min(len(list), 20)]...)
	return string(l)
}
