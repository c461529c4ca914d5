package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// testScreens lets a screen show the wall over a restart, and nothing but the wall;
// ends it when it is revoked or was away for a quarter of a year; and writes down who
// made it, when it was opened and who revoked it.
func testScreens(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	operator := auth.Actor{Kind: auth.Staff, Person: "p", Name: "Olga", Role: auth.Operator}
	if _, _, err := w.Auth.MakeScreen(ctx, w.Anna, "Hallway"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a technician makes a screen: %v", err)
	}
	for _, name := range []string{" ", "a\nb"} {
		if _, _, err := w.Auth.MakeScreen(ctx, operator, name); !fault.Is(err, fault.Invalid) {
			t.Errorf("a screen called %q: %v", name, err)
		}
	}
	secret, made, err := w.Auth.MakeScreen(ctx, operator, "Flur „1“")
	must(t, err)
	_, _, err = w.Auth.MakeScreen(ctx, operator, "Empfang")
	must(t, err)
	w.Reopen(t)
	actor, err := w.Auth.EnterScreen(ctx, secret, "a browser\x00")
	must(t, err)
	if actor.Kind != auth.Screen || actor.Screen != made.ID || actor.Person != "" || actor.Role != auth.NoRole {
		t.Errorf("it acts as %+v", actor)
	}
	for _, op := range auth.Operations() {
		if got, want := auth.May(actor, op), op == auth.WallView || op == auth.Public; got != want {
			t.Errorf("may a screen %s: %v", op, got)
		}
	}
	list, err := w.Auth.Screens(ctx, operator)
	must(t, err)
	if len(list) != 2 || list[0].Name != "Empfang" || list[1].SeenAt.IsZero() {
		t.Fatalf("the screens are %+v", list)
	}
	if diff := cmp.Diff(auth.ScreenPass{Hash: made.Hash, ID: made.ID, Name: "Flur „1“", MadeBy: "Olga", CreatedAt: made.CreatedAt.Truncate(time.Millisecond).UTC(), SeenAt: list[1].SeenAt, Client: "a browser"}, list[1]); diff != "" {
		t.Error(diff)
	}
	w.Skip(89 * 24 * time.Hour) // switched on now and then
	if _, err = w.Auth.ActorOfScreen(ctx, secret); err != nil {
		t.Errorf("after 89 days: %v", err)
	}
	w.Skip(89 * 24 * time.Hour)
	if _, err = w.Auth.ActorOfScreen(ctx, secret); err != nil {
		t.Errorf("after 89 days more: %v", err)
	}
	w.Skip(91 * 24 * time.Hour)
	if _, err = w.Auth.ActorOfScreen(ctx, secret); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after being away for 91 days: %v", err)
	}
	again, fresh, err := w.Auth.MakeScreen(ctx, operator, "Flur 2")
	must(t, err)
	if err := w.Auth.RevokeScreen(ctx, w.Anna, fresh.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a technician revokes a screen: %v", err)
	}
	must(t, w.Auth.RevokeScreen(ctx, operator, fresh.ID))
	if _, err = w.Auth.ActorOfScreen(ctx, again); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after it was revoked: %v", err)
	}
	if err := w.Auth.RevokeScreen(ctx, operator, fresh.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	var did []string
	rows, err := w.AuditAfter(ctx, 0, 1000)
	must(t, err)
	for _, r := range rows {
		if r.Object == "screen:"+made.ID || r.Object == "screen:"+fresh.ID {
			did = append(did, string(r.Action))
		}
	}
	if diff := cmp.Diff([]string{"screen.made", "screen.entered", "screen.made", "screen.revoked"}, did); diff != "" {
		t.Error(diff)
	}
}
