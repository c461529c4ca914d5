package agent

import (
	"reflect"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/history"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/recorder"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
)

// about is how this machine is set up. What is collected comes from the lists that
// the collectors themselves go by: what is read and is not told does not exist.
func (a *Agent) about() local.About {
	told := a.options.Policy.Told()
	out := local.About{
		Collected: collected(!a.options.NoRecorder, a.options.Policy.Allows(wire.AskInventory)), Recorder: !a.options.NoRecorder,
		Acts: told.Allow, Forbidden: told.Forbid,
	}
	for _, k := range told.Allow {
		if k.Terminal() || k == wire.ActScreen || k == wire.ActRunScript || a.options.Policy.AskFirst[k] {
			out.AskFirst = append(out.AskFirst, k)
		}
	}
	return out
}

func collected(recording, allowed bool) []local.Collected {
	hourly, daily := history.Pauses()
	seconds, tens := recorder.Keeps()
	return []local.Collected{
		{ID: local.CollectHealth, Items: names(diagnostics.Metrics(), func(m diagnostics.Metric) string { return m.Info().Name }), Every: wire.SampleInterval},
		{ID: local.CollectMachine, Items: fields(wire.Inventory{}, "hash")},
		{ID: local.CollectFindings, Items: words(diagnostics.SectionNames()), Every: lookOver},
		{ID: local.CollectCheckup, Items: words(diagnostics.SectionNames()), Kept: checkups.Keeps},
		{
			ID: local.CollectRecorder, Items: append(names(recorder.Columns(), func(c recorder.Column) string { return c.Info().Name }), "top"),
			Off: !recording, Every: time.Second, Kept: seconds, Coarse: tens,
		},
		{ID: local.CollectInventory, Items: words(inventory.Names()), Every: hourly, Rarely: daily},
		{ID: local.CollectFacts, Items: words(stock.Kinds()), Off: !allowed},
		{ID: local.CollectHistory, Items: words(inventory.Kinds()), Every: hourly, Rarely: daily, Kept: history.Keeps},
	}
}

func names[T any](all []T, name func(T) string) []string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = name(one)
	}
	return out
}

func words[T ~string](all []T) []string { return names(all, func(one T) string { return string(one) }) }

// fields are the names of a struct's fields as JSON has them, but for one.
func fields(v any, but string) (out []string) {
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != but {
			out = append(out, name)
		}
	}
	return out
}
