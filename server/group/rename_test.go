package group_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/group"
)

// TestARenamedGroup: what knows a group by its name is held until all of it is stored, and
// counts then; what cannot be stored leaves everything as it was; a name that is taken, or
// with which something could not be read again, is refused.
func TestARenamedGroup(t *testing.T) {
	w := newWorld(t)
	var did []string
	follower := func(of group.Kind, id string) group.Follower {
		return group.Follower{
			Of: of,
			Named: func(from, to string) (follows, stays []string) {
				return []string{string(of) + " of " + from}, []string{strings.ToUpper(string(of)) + " but " + strings.ReplaceAll(to, "\x00", "nobody")}
			},
			Rename: func(_ context.Context, from, to string, write func(map[string][]byte) error, then func()) error {
				did = append(did, "hold "+id)
				if len(to) > 70 {
					return fault.Field("name", "Too long.")
				}
				if err := write(map[string][]byte{id: []byte(from + " " + to)}); err != nil {
					did = append(did, "let go "+id)
					return err
				}
				did = append(did, strings.Join(w.Of("3"), ",")+" before "+id)
				then()
				did = append(did, strings.Join(w.Of("3"), ",")+" after "+id)
				return nil
			},
		}
	}
	w.follow = []group.Follower{follower(group.Channels, "c"), follower(group.Policies, "p"), follower(group.Mailings, "m"), follower(group.Holds, "h"), {Of: group.Hours, Rename: follower(group.Hours, "a").Rename}}
	w.restart(t)
	lab := w.save(t, group.Group{Name: "lab", Condition: "os:linux"}).Group
	other := w.save(t, group.Group{Name: "Other", Condition: "os:macos"}).Group
	for name, says := range map[string]string{"OTHER": "already", " ": "name", strings.Repeat("x", 75): "Too long"} {
		g := lab
		g.Name = name
		if _, err := w.Save(t.Context(), operator, g); fault.FieldOf(err) != "name" || !strings.Contains(fault.Sentence(err), says) {
			t.Errorf("%q: %v", name, err)
		}
	}
	did = nil
	lab.Name = "Labs"
	w.store.broken = errors.New("the disk")
	if _, err := w.Save(t.Context(), operator, lab); err == nil || strings.Join(w.Of("3"), ",") != "lab" {
		t.Errorf("what was not stored counts: %v, %v", err, w.Of("3"))
	}
	if d := cmp.Diff(strings.Fields("hold-c hold-p hold-m hold-h hold-a let-go-a let-go-h let-go-m let-go-p let-go-c"), dashed(did)); d != "" {
		t.Error(d)
	}
	w.store.broken, did = nil, nil
	lab.Condition = "os:linux,macos"
	renamed, err := w.Save(t.Context(), operator, lab)
	if err != nil || renamed.Version != 2 || renamed.Name != "Labs" || renamed.Endpoints != 2 {
		t.Fatalf("%+v, %v", renamed, err)
	}
	if d := cmp.Diff(strings.Fields("hold-c hold-p hold-m hold-h hold-a lab-before-a Labs-after-a Labs-before-h Labs-after-h Labs-before-m Labs-after-m Labs-before-p Labs-after-p Labs-before-c Labs-after-c"), dashed(did)); d != "" {
		t.Error(d)
	}
	id := "group:" + lab.ID
	if d := cmp.Diff([]string{
		"lab → Labs", "channels c lab Labs", "policies p lab Labs", "mailings m lab Labs", "holds h lab Labs", "hours a lab Labs",
		"group.changed " + id + " map[condition:os:linux,macos machines:0 name:Labs was:lab]",
		"channel.changed channel:c map[group:Labs group_was:lab]", "escalation.changed escalation:p map[group:Labs group_was:lab]", "report.schedule_changed report:m map[group:Labs group_was:lab]",
	}, w.store.renamed); d != "" {
		t.Error(d)
	}
	if _, ok := w.Called("lab"); ok || strings.Join(w.Of("4"), ",") != "Labs,Other" || len(w.Members("lab")) > 0 {
		t.Errorf("it is known by its old name: %v", w.Of("4"))
	}
	// Upper and lower case alone is another name as well.
	lab = renamed.Group
	lab.Name = "LABS"
	if _, err := w.Save(t.Context(), operator, lab); err != nil || strings.Join(w.Of("3"), ",") != "LABS" {
		t.Errorf("%v, %v", w.Of("3"), err)
	}
	w.restart(t)
	if got := strings.Join(w.Names(), ","); got != "LABS,"+other.Name {
		t.Errorf("after a restart there are %s", got)
	}
	known, err := w.Named(operator, "LABS", "")
	if err != nil || strings.Join(known.Follows, ",") != "channels of LABS,holds of LABS,mailings of LABS,policies of LABS" || known.Stays[0] != "CHANNELS but nobody" {
		t.Errorf("%+v, %v", known, err)
	}
	if _, err := w.Named(auth.Actor{Kind: auth.Requester}, "LABS", ""); err == nil {
		t.Error("an employee reads the names of channels")
	}
}

func dashed(list []string) (out []string) {
	for _, s := range list {
		out = append(out, strings.ReplaceAll(s, " ", "-"))
	}
	return out
}
