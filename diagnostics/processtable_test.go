package diagnostics

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func row(pid, parent int32, name string) ProcessRow {
	return ProcessRow{ProcessNow: ProcessNow{PID: pid, Parent: parent, State: "S", RSS: 1 << 20}, Name: name}
}

// A table is what all changes come to, whatever their order of kinds.
func TestProcessTableFolds(t *testing.T) {
	var table ProcessTable
	table.Fold(ProcessChanges{Begin: true, Total: 3, Running: 1, Rows: []ProcessRow{row(1, 0, "init"), row(7, 1, "sh"), row(8, 7, "sleep")}})
	io := uint64(4096)
	told := table.Fold(ProcessChanges{Total: 3, Rows: []ProcessRow{row(8, 1, "make"), row(9, 8, "cc")}, Now: []ProcessNow{{PID: 1, CPUPct: 12.5, IO: &io}, {PID: 77, CPUPct: 9}}, Gone: []int32{7, 78}})
	if len(told.Now) != 1 || len(told.Gone) != 1 || len(told.Rows) != 2 || told.Begin {
		t.Errorf("what was folded is %+v", told)
	}
	whole := table.Whole()
	var got []string
	for _, r := range whole.Rows {
		got = append(got, r.Name)
	}
	if d := cmp.Diff([]string{"init", "make", "cc"}, got); d != "" || !whole.Begin || whole.Total != 3 || whole.Rows[0].CPUPct != 12.5 || *whole.Rows[0].IO != io {
		t.Errorf("%s %+v", d, whole)
	}
	if table.Fold(ProcessChanges{Begin: true, Rows: []ProcessRow{row(5, 0, "new")}}); len(table.Whole().Rows) != 1 {
		t.Error("what came before the beginning is kept")
	}
}

// Whatever a machine tells, the table has bounds, and its texts are plain lines.
func TestProcessTableTrustsNothing(t *testing.T) {
	var table ProcessTable
	for i := range 12 { // 12 000 rows in parts
		c := ProcessChanges{Total: -4, Running: 1 << 40, LeftOut: -9, IntervalMS: -1}
		for j := range 1000 {
			r := row(int32(i*1000+j), int32(-j), strings.Repeat("\x1b[31m\n\xff", 4096))
			r.Command, r.User, r.State, r.CPUPct = strings.Repeat("ä", 9999), strings.Repeat("x", 9999), "evil", -3
			r.Started = time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)
			c.Rows = append(c.Rows, r)
		}
		table.Fold(c)
	}
	table.Fold(ProcessChanges{Rows: []ProcessRow{row(-1, 0, "negative")}, Now: []ProcessNow{{PID: 1, CPUPct: 1e300, State: "\n"}}, Gone: []int32{-1, 1 << 30}})
	whole := table.Whole()
	if len(whole.Rows) != MaxProcessRows || whole.Total < MaxProcessRows || whole.LeftOut < 0 || whole.IntervalMS < 0 {
		t.Fatalf("%d rows, %+v", len(whole.Rows), whole.Total)
	}
	b, err := json.Marshal(whole)
	if err != nil || len(b) > 4<<20 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	for _, r := range whole.Rows {
		if len(r.Name) > maxProcessName+3 || len(r.Command) > maxProcessCommand+3 || len(r.User) > maxProcessUser+3 || strings.ContainsAny(r.Name, "\x1b\n") || r.Parent < 0 || r.CPUPct < 0 || r.CPUPct > maxCPUPercent || len(r.State) > 1 {
			t.Fatalf("%+v", r)
		}
	}
}
