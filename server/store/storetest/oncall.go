package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/oncall"
)

// testOnCall keeps who is on call over a restart, each kind for itself.
func testOnCall(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.OnCall()
	doc := func(kind oncall.Kind, id, text string) oncall.Doc {
		return oncall.Doc{Kind: kind, ID: id, Doc: []byte(`{"name":"` + text + `"}`)}
	}
	must(t, s.Update(ctx, func(tx oncall.Tx) error {
		for _, d := range []oncall.Doc{doc(oncall.OfRota, "1", "a"), doc(oncall.OfOverride, "1", "b"), doc(oncall.OfRota, "2", "c"), doc(oncall.OfRota, "1", "Zürich „1“")} {
			must(t, tx.SaveOnCall(d))
		}
		return tx.DeleteOnCall(oncall.OfRota, "2")
	}))
	w.Reopen(t)
	list, err := w.DB.OnCall().OnCall(ctx)
	must(t, err)
	if d := cmp.Diff([]oncall.Doc{doc(oncall.OfOverride, "1", "b"), doc(oncall.OfRota, "1", "Zürich „1“")}, list); d != "" {
		t.Error(d)
	}
}
