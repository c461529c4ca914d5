package console

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/watch"
)

// careForAlerts acknowledges, assigns or notes the chosen alerts, and shows the list as
// it is then.
func (c *Console) careForAlerts(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	act := watch.Act{Do: watch.Doing(r.PostFormValue("do")), To: r.PostFormValue("person"), Note: r.PostFormValue("note")}
	// A rule's name can have a comma in it, but no end of a line.
	for id := range strings.Lines(strings.ReplaceAll(r.PostFormValue("alerts"), "\r\n", "\n")) {
		if id = strings.TrimSuffix(id, "\n"); id != "" {
			act.Alerts = append(act.Alerts, id)
		}
	}
	out, err := c.Alerts.Act(r.Context(), actor, act)
	if err != nil {
		return err
	}
	v, err := c.alertsView(r, actor)
	if err != nil {
		return err
	}
	kind, words := careDone(act.Do, out)
	return c.out.Show(w, r, http.StatusOK, alertsCared(v, kind, words))
}

// careDone says what became of an act.
func careDone(do watch.Doing, out watch.Outcome) (kind, words string) {
	n := len(out.Changed)
	if n > 0 {
		switch do {
		case watch.Acknowledge:
			words = kit.Plural(n, "1 alert acknowledged.", "%d alerts acknowledged.")
		case watch.Unack:
			words = kit.Plural(n, "The acknowledgement of 1 alert was taken back.", "The acknowledgements of %d alerts were taken back.")
		case watch.Assign:
			words = "Nobody has " + kit.Plural(n, "the alert now.", "the %d alerts now.")
			if to := out.Changed[0].Care.Owner; to != "" {
				words = to + " has " + kit.Plural(n, "1 alert more.", "%d alerts more.")
			}
		default:
			words = kit.Plural(n, "1 alert noted.", "%d alerts noted.")
		}
	}
	if len(out.Refused) == 0 {
		return "healthy", words
	}
	refused := kit.Plural(len(out.Refused), "1 was left as it is: ", "%d were left as they are; the first: ") + out.Refused[0].Sentence
	if n == 0 {
		return "warning", refused
	}
	return "info", words + " " + refused
}

// alertWay is where an alert leads.
func alertWay(i watch.Item) string {
	return cmp.Or(i.Page(), "/noc")
}

// elsewhere is what an alert over series of others says of its place: the instance, in
// Prometheus's words, or whoever has sent it. Empty: it says nothing.
func elsewhere(i watch.Item) string {
	if i.Page() != "" {
		return ""
	}
	return cmp.Or(i.Labels["instance"], i.Labels["origin"])
}

// alertRowID names an alert's row on the page.
func alertRowID(i watch.Item) string { return "al-" + strings.Join(strings.Fields(i.ID), "_") }

// carer says who has an alert, in a few words; empty: nobody does.
func carer(c watch.Care) string {
	switch {
	case c.Acked() && c.Owner != "" && c.Owner != c.AckedBy:
		return c.Owner + " has it; acknowledged by " + c.AckedBy
	case c.Acked() && c.Owner != "":
		return c.Owner + " has it, acknowledged"
	case c.Acked():
		return "Acknowledged by " + c.AckedBy
	case c.Owner != "":
		return c.Owner + " has it"
	}
	return ""
}

// alertDid is what an alert did, in words.
func alertDid(d watch.Did) string {
	switch d {
	case watch.Fired:
		return "Fired"
	case watch.Lost:
		return "Nothing is heard of it"
	case watch.Found:
		return "Heard of again, still firing"
	case watch.Ended:
		return "Resolved"
	case watch.Withdrawn:
		return "Taken out with its rule or its machine"
	case watch.Acked:
		return "Acknowledged"
	case watch.Unacked:
		return "Acknowledgement taken back"
	case watch.Assigned:
		return "Given on"
	case watch.Noted:
		return "Noted"
	case watch.Told:
		return "Told"
	case watch.Silenced:
		return "Silenced"
	case watch.SilenceOver:
		return "Silence over"
	case watch.WindowPlanned:
		return "Maintenance planned"
	case watch.WindowOver:
		return "Maintenance over"
	}
	return string(d)
}
