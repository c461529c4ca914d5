package noc_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
)

// TestGroupsOnTheWall: a group's tile counts those who are in it, each as its site does, a
// machine in two groups in both, and none that is withdrawn; the list can be of them alone.
func TestGroupsOnTheWall(t *testing.T) {
	run(t, 5, func(t *testing.T, w *wall) {
		for i := range 3 {
			w.join(i, "s")
			w.Ingest(w.ids[i], frame(w.now(), 10+float64(i)*44, 0)) // the last is busy
		}
		w.SetState(w.ids[3], enrol.Held)
		w.SetState(w.ids[4], enrol.Revoked)
		of := func(id string) []string {
			switch i := slices.Index(w.ids, id); i {
			case 0, 3:
				return []string{"one"}
			case 1:
				return nil
			}
			return []string{"one", "two"}
		}
		tiles, err := w.Groups(operator, of)
		if err != nil {
			t.Fatal(err)
		}
		sites, err := w.Sites(operator)
		if err != nil || len(sites) != 1 {
			t.Fatalf("%+v, %v", sites, err)
		}
		ill := sites[0].Ill
		if d := cmp.Diff(map[string]noc.Tile{
			"one": {Online: 2, Held: 1, Ill: ill, Score: tiles["one"].Score}, "two": {Online: 1, Ill: ill, Score: w.view(2).Score},
		}, tiles); d != "" {
			t.Error(d)
		}
		if all := tiles["one"]; all.All() != 3 || all.Score != (w.view(0).Score+w.view(2).Score)/2 {
			t.Errorf("%+v", all)
		}
		list, _, err := w.List(operator, noc.Query{Among: func(id string) bool { return slices.Contains(of(id), "two") }})
		if err != nil || len(list) != 2 || list[0].ID != w.ids[2] {
			t.Errorf("%d, %v", len(list), err)
		}
		var facts []string
		w.Facts(func(x noc.Fact) { facts = append(facts, x.Name) })
		if len(facts) != 4 {
			t.Errorf("facts of %v", facts)
		}
		if _, err := w.Groups(auth.Actor{Kind: auth.Requester, Person: "p"}, of); err == nil {
			t.Error("an employee sees the groups")
		}
	})
}
