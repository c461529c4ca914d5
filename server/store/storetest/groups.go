package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/group"
)

// testGroups keeps groups of endpoints over a restart, with hostile text in them and a
// line of the audit log for each change.
func testGroups(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.Groups()
	entry := func(a audit.Action) audit.Entry {
		return audit.Entry{At: w.Now(), Actor: audit.Actor{Kind: "system"}, Action: a, Object: "group:1", Detail: map[string]any{"name": "Zürich"}}
	}
	one := group.Group{ID: "1", Version: 1, Name: "Zürich „1“ <b>'", Note: "a\x00\nb", Condition: `site:"New York" -software:"a\"b"`, Machines: []string{"m1", "m2"}}
	two := group.Group{ID: "2", Version: 1, Name: "Two", Machines: []string{"m1"}}
	must(t, s.SaveGroup(ctx, one, entry(audit.GroupMade)))
	must(t, s.SaveGroup(ctx, two, entry(audit.GroupMade)))
	one.Version, one.Machines = 2, nil
	must(t, s.SaveGroup(ctx, one, entry(audit.GroupChanged)))
	w.Reopen(t)
	s = w.DB.Groups()
	list, err := s.Groups(ctx)
	must(t, err)
	if diff := cmp.Diff([]group.Group{one, two}, list); diff != "" {
		t.Error(diff)
	}
	must(t, s.DeleteGroup(ctx, "1", entry(audit.GroupDeleted)))
	if list, err = s.Groups(ctx); err != nil || len(list) != 1 || list[0].ID != "2" {
		t.Errorf("%v, %v", list, err)
	}
	if rows, err := w.DB.AuditLog(ctx, "group:1", 0, 10); err != nil || len(rows) != 4 {
		t.Errorf("%d lines of the audit log, %v", len(rows), err)
	}
}
