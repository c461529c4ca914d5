package storetest

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/incident"
)

// reads has outages be over of people who read other languages: what is written into their
// ticket is in the one in which they answered, else in that in which they last rang or
// answered, else in the house's.
func (o *office) reads() {
	t, ctx := o.t, o.t.Context()
	t.Helper()
	o.prober, o.house = nil, "es"
	for n, c := range []struct {
		who    int // the same one twice: what they showed before is known of them
		rings  string
		answer func(id string) error // nil: they say nothing
		want   tongue.Language
	}{
		{40, "fr_FR", nil, tongue.French},
		{40, "", nil, tongue.French},
		{41, "", nil, tongue.Spanish},
		{42, "tlh", nil, tongue.Spanish}, // we do not speak it
		{43, "", o.says(43, ""), tongue.Spanish},
		{40, "", o.says(40, ""), tongue.French},
		{44, "fr", o.says(44, "de"), tongue.German},
		{44, "", nil, tongue.German}, // the newest counts
		{45, "", func(id string) error { return o.fixed(o.Endpoint, 45, id, true, nil) }, tongue.German},
		{45, "", nil, tongue.German},
	} {
		o.Reopen(t)
		o.start()
		uid := fmt.Sprint(c.who)
		x, err := o.Desk.Ring(ctx, desk.Message{Endpoint: o.Endpoint, ID: fmt.Sprint("01R", n), Body: []byte("x"), UID: uid, Login: "p" + uid}, desk.Draft{Title: "No VPN", Language: c.rings})
		must(t, err)
		i, err := o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "VPN", Tickets: []string{x.Ticket}})
		must(t, err)
		_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "Up.", 10*time.Minute)
		must(t, err)
		text := "fixed.solved_quiet"
		if c.answer != nil {
			text = "fixed.solved"
			must(t, c.answer(i.ID))
		}
		o.Skip(11 * time.Minute)
		must(t, o.keeper.Look(ctx))
		if got, want := o.detail(x.Ticket).Solution, c.want.Say(text, tongue.Name("title", "VPN"), tongue.Name("closing", "Up.")); got != want {
			t.Errorf("%d: they read %q, and should %q", n, got, want)
		}
	}
}

// says is that somebody answers in the portal, whose browser asks for a language.
func (o *office) says(n int, language string) func(id string) error {
	return func(id string) error {
		me, err := o.Desk.PersonOf(o.t.Context(), o.Endpoint, fmt.Sprint(n))
		must(o.t, err)
		return o.keeper.FixedMe(o.t.Context(), me, id, true, language)
	}
}
