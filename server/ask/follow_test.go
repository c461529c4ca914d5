package ask_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/live"
)

// Of a log that is followed the newest lines are kept, however much comes, and who
// watches is sent what was understood of each part. A machine that is quiet but there
// is not given up.
func TestFollowedLog(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q, err := b.Ask(t.Context(), anna, ask.Request{Endpoint: b.id, Kind: wire.AskLog, Params: json.RawMessage(`{"follow":true}`)})
		if err != nil {
			t.Fatal(err)
		}
		w := b.hub.Listen(func(e *live.Event) bool { return e.Topic == live.Asks && e.Key == q.ID })
		defer w.Close()
		n := 0
		part := func(v any) {
			raw, ok := v.(json.RawMessage)
			if !ok {
				var err error
				if raw, err = json.Marshal(v); err != nil {
					t.Fatal(err)
				}
			}
			b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: n, Data: raw})
			n++
		}
		lines := func(from, to int, tail string) (p diagnostics.LogPart) {
			for i := from; i < to; i++ {
				p.Entries = append(p.Entries, diagnostics.LogEntry{At: time.Unix(int64(i), 0), Level: "loud", Message: fmt.Sprintf("%05d%s", i, tail)})
			}
			return p
		}
		kept := func() ask.Followed {
			t.Helper()
			got, err := b.Get(t.Context(), anna, q.ID)
			if err != nil || len(got.Answer) != 1 {
				t.Fatalf("%d parts are kept, %v", len(got.Answer), err)
			}
			var f ask.Followed
			if err := json.Unmarshal(got.Answer[0], &f); err != nil {
				t.Fatal(err)
			}
			return f
		}
		first := lines(0, 3, "\x1b[2J\u2028<b>"+strings.Repeat("x", 1<<20))
		first.Source, first.Missed, first.Passed = "jour\nnal", -5, -7
		part(first)
		if e := next(t, w); strings.Contains(string(e.Data), "\x1b") || len(e.Data) > 32<<10 {
			t.Errorf("who watches is sent %d bytes: %.200s", len(e.Data), e.Data)
		}
		if f := kept(); f.Source != "jour nal" || len(f.Entries) != 3 || f.Missed != 0 || f.Passed != 0 || f.Entries[0].Level != "" || strings.ContainsAny(f.Entries[0].Message, "\x1b\u2028") {
			t.Errorf("%+.200v", f)
		}
		for i := range 400 { // far more than 4 MiB
			p := lines(3+i*50, 3+(i+1)*50, strings.Repeat("y", 600))
			p.Missed, p.Passed = 2, 1<<20
			part(p)
			next(t, w)
		}
		part(json.RawMessage(`{"entries":"none"}`)) // is none, and changes nothing
		for range 9 {
			time.Sleep(80 * time.Second)
			part(diagnostics.LogPart{}) // nothing is logged
			next(t, w)
		}
		f := kept()
		if len(f.Entries) == 0 || len(f.Entries) > diagnostics.MaxTailLines || !strings.HasPrefix(f.Entries[len(f.Entries)-1].Message, "20002") || f.Missed != 800 || f.Passed != 400<<20 || f.Upto != n-1 {
			t.Errorf("%d lines are kept, %d left out, %d passed over, up to %d of %d", len(f.Entries), f.Missed, f.Passed, f.Upto, n)
		}
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: n, Done: true})
		got, err := b.Get(t.Context(), anna, q.ID)
		if err != nil || got.State != ask.Done || len(got.Answer) != 1 || len(got.Answer[0]) > 2<<20 {
			t.Fatalf("%v %s", err, got.State)
		}
		if again := kept(); len(again.Entries) != len(f.Entries) || again.Upto != f.Upto {
			t.Errorf("at the end %d lines are kept of %d", len(again.Entries), len(f.Entries))
		}
	})
}
