package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/scripts"
)

// testScripts writes a script, has another person approve it, and runs it: what one
// person alone has made never runs.
func testScripts(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	l := &line{online: true}
	asker := ask.New(w.DB.Asks(), live.New(), w.Now, discard())
	asker.SetLine(l)
	lib := scripts.New(w.DB.Scripts(), asker, w.Now)
	boss := auth.Actor{Kind: auth.Staff, Person: "boss", Name: "Bea", Role: auth.Manager}
	other := auth.Actor{Kind: auth.Staff, Person: "other", Name: "Otto", Role: auth.Admin}
	text := wire.Script{Interpreter: "sh", Root: true, Seconds: 60, Body: "df \"$DESKBELL_PATH\"\n", Params: []wire.ScriptParam{{Name: "path", Type: "choice", Choices: []string{"/", "/home"}}}}
	v, err := lib.Write(ctx, boss, scripts.Version{Name: "Free space", About: "Says what is free.", OS: "linux", Script: text}, 0)
	must(t, err)
	values := []wire.ScriptValue{{Name: "path", Value: "/home"}}
	run := func(number int, values []wire.ScriptValue) (ask.Ask, error) {
		return lib.Run(ctx, w.Anna, w.Endpoint, "", v.ID, number, values)
	}
	_, err = run(1, values)
	wantCode(t, err, fault.Forbidden)
	wantCode(t, lib.Approve(ctx, boss, v.ID, 1), fault.Forbidden)   // one's own
	wantCode(t, lib.Approve(ctx, w.Anna, v.ID, 1), fault.Forbidden) // no right to
	must(t, lib.Approve(ctx, other, v.ID, 1))
	wantCode(t, lib.Approve(ctx, other, v.ID, 1), fault.Conflict)
	_, err = run(1, nil)
	wantCode(t, err, fault.Invalid)
	_, err = run(1, []wire.ScriptValue{{Name: "path", Value: "/; id"}})
	wantCode(t, err, fault.Invalid)
	q, err := run(1, values)
	must(t, err)
	if q.Kind != wire.ActRunRootScript || len(l.asked) != 1 {
		t.Errorf("%+v", q)
	}
	// Taken back half way nobody knows how far it came.
	must(t, asker.Cancel(ctx, w.Anna, q.ID))
	if q, err = asker.Get(ctx, w.Anna, q.ID); err != nil || q.State != ask.Unknown {
		t.Errorf("taken back it is %s, %v", q.State, err)
	}
	// Nothing but the library runs a script.
	_, err = asker.Act(ctx, w.Anna, ask.Request{Endpoint: w.Endpoint, Kind: wire.ActRunRootScript, Params: q.Params})
	wantCode(t, err, fault.Invalid)

	w.Reopen(t)
	lib = scripts.New(w.DB.Scripts(), asker, w.Now)
	list, err := lib.Get(ctx, w.Anna, v.ID)
	must(t, err)
	v.ApproverID, v.Approver, v.ApprovedAt = "other", "Otto", list[0].ApprovedAt
	if diff := cmp.Diff([]scripts.Version{v}, list); diff != "" || v.ApprovedAt.IsZero() {
		t.Error(diff)
	}
	next := v
	next.Script.Body = "df -i \"$DESKBELL_PATH\"\n"
	next, err = lib.Write(ctx, w.Anna, next, 1)
	must(t, err)
	_, err = lib.Write(ctx, other, next, 1) // Anna was first
	wantCode(t, err, fault.Stale)
	newest, running, err := lib.List(ctx, w.Anna)
	must(t, err)
	if len(newest) != 1 || newest[0].Number != 2 || len(running) != 1 || running[0].Number != 1 || newest[0].SHA256 == running[0].SHA256 {
		t.Errorf("newest %+v, running %+v", newest, running)
	}
	third, err := lib.Write(ctx, w.Anna, next, 2)
	must(t, err)
	if newest, running, err = lib.List(ctx, w.Anna); err != nil || len(newest) != 1 || newest[0].Number != third.Number || len(running) != 1 || running[0].Number != 1 {
		t.Errorf("with three versions: newest %+v, running %+v, %v", newest, running, err)
	}
	must(t, lib.Withdraw(ctx, other, v.ID, 1))
	if _, running, err = lib.List(ctx, w.Anna); err != nil || len(running) != 0 {
		t.Errorf("after it was withdrawn %+v, %v", running, err)
	}
	log, err := w.AuditLog(ctx, "script:"+v.ID, 0, 10)
	must(t, err)
	var did []audit.Action
	for _, x := range log {
		did = append(did, x.Action)
	}
	if diff := cmp.Diff([]audit.Action{audit.ScriptWithdrawn, audit.ScriptWritten, audit.ScriptWritten, audit.ScriptApproved, audit.ScriptWritten}, did); diff != "" {
		t.Error(diff)
	}
}
