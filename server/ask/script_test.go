package ask_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// A script may be silent for all its time; after that nobody knows what it has done.
// Which one it was, and with what values, is in the audit log; its text is not.
func TestAScriptMayBeSilentForLong(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		s := wire.Script{Interpreter: "sh", Root: true, Seconds: wire.MaxScriptTime, Body: "sleep 500 # the text"}
		p := wire.RunScriptParams{ID: "script-1", Name: "Wait", Version: 2, Script: s, SHA256: s.Hash(), Values: []wire.ScriptValue{{Name: "where", Value: "/home"}}}
		q, err := b.RunScript(t.Context(), anna, b.id, "", p)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(wire.MaxScriptTime * time.Second)
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Data: json.RawMessage(`{"ended":true}`)})
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: 1, Done: true})
		b.want(q.ID, ask.Done, "")
		log, err := b.db.AuditLog(t.Context(), "endpoint:"+b.id, 0, 20)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, row := range log {
			fmt.Fprintf(&all, "%s\n", row.Detail)
		}
		if told := all.String(); !strings.Contains(told, s.Hash()) || !strings.Contains(told, "/home") || strings.Contains(told, "the text") {
			t.Errorf("the audit log says %s", told)
		}
		if q, err = b.RunScript(t.Context(), anna, b.id, "", p); err != nil {
			t.Fatal(err)
		}
		time.Sleep((wire.MaxScriptTime + 100) * time.Second)
		b.want(q.ID, ask.Unknown, fault.Unknown)
		s.Root, p.Script.Root = false, false
		if _, err := b.RunScript(t.Context(), anna, b.id, "", p); !fault.Is(err, fault.Invalid) {
			t.Errorf("with the requester's rights and no ticket: %v", err)
		}
	})
}
