package ask_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/live"
)

// The table of all processes is kept as it is, however many changes make it, and who
// watches is sent what was understood of them.
func TestTableOfProcesses(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		all := ask.Request{Endpoint: b.id, Kind: wire.AskProcesses, Params: json.RawMessage(`{"all":true,"seconds":60}`)}
		q, err := b.Ask(t.Context(), anna, all)
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
		rows := func(from, to int32) (all []diagnostics.ProcessRow) {
			for pid := from; pid < to; pid++ {
				all = append(all, diagnostics.ProcessRow{ProcessNow: diagnostics.ProcessNow{PID: pid}, Name: "<img src=x>\x1b[2J" + strings.Repeat("x", 900)})
			}
			return all
		}
		part(diagnostics.ProcessChanges{Begin: true, Rows: rows(1, 1000)})
		if e := next(t, w); strings.ContainsAny(string(e.Data), "\x1b<") || len(e.Data) > 400<<10 {
			t.Errorf("who watches is sent %d bytes: %.200s", len(e.Data), e.Data)
		}
		for i := range 100 { // far more than 4 MiB in all
			part(diagnostics.ProcessChanges{Now: []diagnostics.ProcessNow{{PID: 5, CPUPct: float64(i)}}, Rows: rows(6, 106)})
			next(t, w)
		}
		part(json.RawMessage(`{"rows":"none"}`)) // is none, and changes nothing
		next(t, w)
		part(json.RawMessage(`{"top":[]}`))
		next(t, w)
		check := func(state ask.State) {
			t.Helper()
			got, err := b.Get(t.Context(), anna, q.ID)
			if err != nil || got.State != state || len(got.Answer) != 1 {
				t.Fatalf("%v %s %d parts", err, got.State, len(got.Answer))
			}
			var table ask.Table
			if err := json.Unmarshal(got.Answer[0], &table); err != nil || table.Upto != 100 || len(table.Rows) != 999 || table.Rows[4].CPUPct != 99 {
				t.Errorf("%v: up to %d, %d rows", err, table.Upto, len(table.Rows))
			}
		}
		check(ask.Running)
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: n, Done: true})
		check(ask.Done)

		// An older agent sends whole lists, of which the newest is kept.
		if q, err = b.Ask(t.Context(), anna, all); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: i, Data: json.RawMessage(fmt.Sprintf(`{"total":%d,"top":[]}`, i))})
		}
		if got, err := b.Get(t.Context(), anna, q.ID); err != nil || len(got.Answer) != 1 || string(got.Answer[0]) != `{"total":2,"top":[]}` {
			t.Errorf("%v %s", err, got.Answer)
		}
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: 3, Done: true, Code: fault.TooLarge, Sentence: "Enough."})
	})
}

func next(t *testing.T, w *live.Listener) live.Event {
	t.Helper()
	select {
	case e := <-w.C:
		return e
	case <-time.After(time.Minute):
		t.Fatal("nothing was sent to who watches")
		return live.Event{}
	}
}
