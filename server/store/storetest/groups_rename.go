package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/group"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/oncall"
	"github.com/deskbell/deskbell/server/watch"
)

// testGroupRenamed stores a group under another name with each thing that follows it, whose
// secrets, ends and namesakes stay as they are; its past goes on under the new name; and all
// of it is stored or nothing.
func testGroupRenamed(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	at := w.Now().UTC().Truncate(time.Hour)
	entry := func(a audit.Action, object string) audit.Entry {
		return audit.Entry{At: at, Actor: audit.Actor{Kind: "system"}, Action: a, Object: object, Detail: map[string]any{"name": "Neu", "was": "Alt"}}
	}
	hook, mail := notify.Usual(notify.Webhook), notify.Usual(notify.Mail)
	hook.ID, hook.Match, hook.Sealed, mail.ID, mail.Match = "1", "old", []byte{0, 255, 7}, "2", "old"
	report := mailing.Mailing{ID: "1", Kind: availability.Group, Of: "Alt"}
	must(t, w.DB.Groups().SaveGroup(ctx, group.Group{ID: "1", Version: 1, Name: "Alt"}, entry(audit.GroupMade, "group:1")))
	must(t, w.DB.Watch().SaveAlerts(ctx, watch.Batch{Holds: []watch.HoldDoc{
		{ID: "1", Kind: alert.ForSilence, OverAt: at, Doc: []byte(`"old"`)}, {ID: "2", Kind: alert.ForMaintenance, Doc: []byte(`"old"`)},
	}}))
	must(t, w.DB.Channels().Update(ctx, func(tx notify.Tx) error { must(t, tx.SaveChannel(hook)); return tx.SaveChannel(mail) }))
	must(t, w.DB.OnCall().Update(ctx, func(tx oncall.Tx) error {
		must(t, tx.SaveOnCall(oncall.Doc{Kind: oncall.OfRota, ID: "1", Doc: []byte(`"rota"`)}))
		return tx.SaveOnCall(oncall.Doc{Kind: oncall.OfPolicy, ID: "1", Doc: []byte(`"old"`)})
	}))
	must(t, w.DB.Mailings().Update(ctx, func(tx mailing.Tx) error { return tx.SaveMailing(report) }))
	hour := func(kind availability.Kind, id string, n int) availability.Row {
		return availability.Row{Kind: kind, ID: id, Name: id, Begin: at.Add(time.Duration(n) * time.Hour), Doc: []byte{byte(n), id[0]}}
	}
	// The group of the new name is gone; it was there in the hour 1 as well.
	must(t, w.DB.Availability().SaveHours(ctx, []availability.Row{
		hour(availability.Group, "Neu", 0), hour(availability.Group, "Neu", 1), hour(availability.Group, "Alt", 1), hour(availability.Group, "Alt", 2), hour(availability.Site, "Alt", 2), hour(availability.Group, "Other", 2),
	}))
	standing := func() (out []string) {
		t.Helper()
		w.Reopen(t)
		say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
		groups, err := w.DB.Groups().Groups(ctx)
		must(t, err)
		for _, g := range groups {
			say("group %s %d", g.Name, g.Version)
		}
		holds, err := w.DB.Watch().Holds(ctx)
		must(t, err)
		for _, h := range holds {
			say("hold %s %s %s %t", h.ID, h.Kind, h.Doc, h.OverAt.IsZero())
		}
		channels, err := w.DB.Channels().Channels(ctx)
		must(t, err)
		for _, c := range channels {
			say("channel %s %s %v", c.ID, c.Match, c.Sealed)
		}
		docs, err := w.DB.OnCall().OnCall(ctx)
		must(t, err)
		for _, d := range docs {
			say("%s %s %s", d.Kind, d.ID, d.Doc)
		}
		mailings, err := w.DB.Mailings().Mailings(ctx)
		must(t, err)
		for _, m := range mailings {
			say("report %s %s", m.ID, m.Of)
		}
		for _, kind := range []availability.Kind{availability.Group, availability.Site} {
			must(t, w.DB.Availability().Hours(ctx, kind, "", at, at.Add(9*time.Hour), func(r availability.Row) error {
				say("%s %s %s %d %s", r.Kind, r.ID, r.Name, r.Doc[0], r.Doc[1:])
				return nil
			}))
		}
		for _, object := range []string{"group:1", "channel:1"} {
			rows, err := w.DB.AuditLog(ctx, object, 0, 10)
			must(t, err)
			say("%d lines of %s", len(rows), object)
		}
		return out
	}
	before := standing()
	renamed := group.Group{ID: "1", Version: 2, Name: "Neu"}
	log := []audit.Entry{entry(audit.GroupChanged, "group:1"), entry(audit.ChannelChanged, "channel:1")}
	hook.Match, report.Of = "new", "Neu"
	docs := []group.Doc{{Of: group.Holds, ID: "1", Doc: []byte(`"new"`)}, {Of: group.Channels, ID: "1", Doc: jsonOf(t, hook)}, {Of: group.Policies, ID: "1", Doc: []byte(`"new"`)}, {Of: group.Mailings, ID: "1", Doc: jsonOf(t, report)}}
	if err := w.DB.Groups().RenameGroup(ctx, renamed, "Alt", append(docs, group.Doc{Of: "nothing", ID: "1"}), log); err == nil {
		t.Error("what nobody knows was stored")
	}
	if d := cmp.Diff(before, standing()); d != "" {
		t.Errorf("some of what failed was stored: %s", d)
	}
	must(t, w.DB.Groups().RenameGroup(ctx, renamed, "Alt", docs, log))
	if d := cmp.Diff([]string{
		"group Neu 2", `hold 1 silence "new" false`, `hold 2 maintenance "old" true`, "channel 1 new [0 255 7]", "channel 2 old []", `policy 1 "new"`, `rota 1 "rota"`, "report 1 Neu",
		"group Neu Neu 0 N", "group Neu Neu 1 A", "group Neu Neu 2 A", "group Other Other 2 O", "site Alt Alt 2 A", "2 lines of group:1", "1 lines of channel:1",
	}, standing()); d != "" {
		t.Error(d)
	}
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	doc, err := json.Marshal(v)
	must(t, err)
	return doc
}
