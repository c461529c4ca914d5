package ask_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

// TestMeasurementHasItsPlaceForAWhile keeps an answer that goes on for ever from
// keeping a place for ever.
func TestMeasurementHasItsPlaceForAWhile(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		q := b.ask(wire.AskSpeed, 0)
		var p wire.SpeedParams
		if err := json.Unmarshal(b.line.params, &p); err != nil || p.Pass == "" {
			t.Fatalf("the machine was sent %s: %v", b.line.params, err)
		}
		m, err := b.Measure(q.ID, p.Pass)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(39 * time.Second)
		b.Answer(t.Context(), b.id, q.ID, part(0, "one", false))
		if _, err := b.Measure(q.ID, p.Pass); err != nil || m.Context().Err() != nil {
			t.Error(err, m.Context().Err())
		}
		time.Sleep(2 * time.Second)
		b.Answer(t.Context(), b.id, q.ID, part(1, "two", false))
		if _, err := b.Measure(q.ID, p.Pass); !fault.Is(err, fault.Forbidden) || m.Context().Err() == nil {
			t.Error(err, m.Context().Err())
		}
		// Of its parts the newest is kept.
		b.Answer(t.Context(), b.id, q.ID, wire.Answer{Part: 2, Done: true})
		if q := b.want(q.ID, ask.Done, ""); len(q.Answer) != 1 || string(q.Answer[0]) != `"two"` {
			t.Errorf("%s", q.Answer)
		}
		_, err = b.Ask(t.Context(), anna, ask.Request{Endpoint: b.id, Kind: wire.AskSpeed, Params: json.RawMessage(`{"seconds":"x"}`)})
		if !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}
