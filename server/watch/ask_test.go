package watch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/watch"
)

// asking is an engine that notes what it is asked.
type asking struct {
	watch.Engine
	exprs []string
}

func (a *asking) Vector(ctx context.Context, expr string, at time.Time) (model.Vector, error) {
	a.exprs = append(a.exprs, expr)
	return a.Engine.Vector(ctx, expr, at)
}

// about returns what was asked of a function since the last time.
func (a *asking) about(function string) []string {
	out := slices.DeleteFunc(a.exprs, func(e string) bool { return !strings.Contains(e, function) })
	a.exprs = nil
	return out
}

// TestDearPartsAreAskedOfFew: a rule's dear part is asked of the endpoints alone at which
// its cheap one holds, of none if it holds nowhere, and the alert lives as it would have.
func TestDearPartsAreAskedOfFew(t *testing.T) {
	w := newWorld(t)
	w.own("own.yaml", `groups:
- name: own
  rules:
  - alert: Fills
    expr: max_over_time(deskbell_disk_used_percent[10m]) > 80 and deskbell_disk_used_percent > 75
    labels: {severity: warning}
    annotations: {summary: '{{ $labels.name }}: {{ $value }}'}
  - alert: SitesSuffer
    expr: avg by (endpoint) (deskbell_disk_used_percent) > 90 and count by (endpoint) (deskbell_disk_used_percent) > 0
    labels: {severity: info}
    annotations: {summary: '{{ $labels.name }} suffers.'}
`)
	spy := w.spied()
	for _, id := range []string{"a", "b", "c"} {
		w.facts[id] = watch.Facts{Name: "PC-" + id}
	}
	w.is(diagnostics.DiskUsed, 40, "a", "b", "c")
	asked := func(what, function string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, spy.about(function), cmp.Transformer("", func(s []string) []string { return append([]string{}, s...) })); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	w.round(0)
	if slices.ContainsFunc(spy.exprs, func(e string) bool { return strings.HasPrefix(e, "count by (endpoint)") }) {
		t.Error("asked for what cannot hold any more")
	}
	asked("it holds nowhere", "max_over_time(deskbell_disk")

	w.now = w.now.Add(15 * time.Second)
	w.is(diagnostics.DiskUsed, 85, "b")
	w.is(diagnostics.DiskUsed, 60, "a", "c")
	w.round(0)
	asked("at one", "max_over_time(deskbell_disk", `max_over_time(deskbell_disk_used_percent{endpoint=~"b"}[10m]) > 80`)
	w.want("one fires", "Fills firing: PC-b: 85")

	// While it fires it is asked of it, whatever its cheap part says.
	w.now = w.now.Add(15 * time.Second)
	w.is(diagnostics.DiskUsed, 50, "b")
	w.round(0)
	if got := spy.about("max_over_time(deskbell_disk"); len(got) != 2 || !strings.Contains(got[0], `{endpoint=~"b"}`) || !strings.Contains(got[1], `{endpoint=~"b"}`) {
		t.Errorf("while it fires: %q", got)
	}
	w.want("it has ended")
}
