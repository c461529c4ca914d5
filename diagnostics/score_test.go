package diagnostics

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sampleWith(values map[Metric]float64) Sample {
	var s Sample
	for m, v := range values {
		s.Set(m, v)
	}
	return s
}

func TestScore(t *testing.T) {
	calm := map[Metric]float64{CPUBusy: 12, MemoryUsed: 40, DiskUsed: 55}
	tests := []struct {
		name     string
		sample   map[Metric]float64
		findings []Finding
		score    int
		reasons  []Reason
	}{
		{"nothing wrong", calm, nil, 100, nil},
		{"critical", calm, []Finding{{Code: DiskFull, Severity: Critical, Sentence: "full"}}, 60, []Reason{{40, "full", DiskFull, ""}}},
		{"a symptom costs a quarter", calm, []Finding{
			{Code: ServerUnreachable, Severity: Warning, Sentence: "server", CausedBy: NamesDown}, {Code: NamesDown, Severity: Critical, Sentence: "names"},
		}, 57, []Reason{{40, "names", NamesDown, ""}, {3, "server", ServerUnreachable, ""}}},
		{"its cause is not here", calm, []Finding{{Code: ServerUnreachable, Severity: Warning, Sentence: "server", CausedBy: NamesDown}}, 85, []Reason{{15, "server", ServerUnreachable, ""}}},
		{"information", calm, []Finding{{Code: UptimeLong, Severity: Info, Sentence: "long"}}, 98, []Reason{{2, "long", UptimeLong, ""}}},
		{"a severity that nobody knows", calm, []Finding{{Code: "x.y", Severity: "dire", Sentence: "?"}}, 100, nil},
		{"the same code twice", calm, []Finding{{Code: DiskFull, Severity: Warning, Sentence: "w"}, {Code: DiskFull, Severity: Critical, Sentence: "c"}}, 60, []Reason{{40, "c", DiskFull, ""}}},
		{"a reading", map[Metric]float64{DiskUsed: 95}, nil, 92, []Reason{{8, "The fullest disk is 95.0 % full.", "", "disk_used_percent"}}},
		{"a reading just below", map[Metric]float64{DiskUsed: 89.9}, nil, 100, nil},
		{"a finding says it better", map[Metric]float64{DiskUsed: 99.5}, []Finding{{Code: DiskFull, Severity: Critical, Sentence: "full"}}, 60, []Reason{{40, "full", DiskFull, ""}}},
		{"worst first", map[Metric]float64{CPUBusy: 100, MemoryUsed: 99, ServerRTT: 700}, nil, 68, []Reason{
			{20, "99 % of memory is in use.", "", "memory_used_percent"}, {10, "The processor is 100 % busy.", "", "cpu_busy_percent"}, {2, "The server answers in 700 ms.", "", "server_rtt_milliseconds"}}},
		{"not below nought", calm, []Finding{{Code: DiskFull, Severity: Critical}, {Code: DiskErrors, Severity: Critical}, {Code: NoLink, Severity: Critical}}, 0,
			[]Reason{{40, "", DiskErrors, ""}, {40, "", DiskFull, ""}, {40, "", NoLink, ""}}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			score, reasons, ok := Score(sampleWith(c.sample), c.findings)
			if score != c.score || !ok {
				t.Errorf("score %d, %v; want %d", score, ok, c.score)
			}
			if d := cmp.Diff(c.reasons, reasons); d != "" {
				t.Error(d)
			}
		})
	}
	if _, _, ok := Score(Sample{}, []Finding{{Code: DiskFull, Severity: Critical}}); ok {
		t.Error("a score without a reading")
	}
}

func TestLinesAreCrossedOnceAndLeftLater(t *testing.T) {
	steps := []struct {
		sample map[Metric]float64
		want   string
	}{
		{map[Metric]float64{DiskUsed: 89.9, Battery: 21}, "none"},
		{map[Metric]float64{DiskUsed: 90}, "Disk ≥ 90 %"},
		{map[Metric]float64{DiskUsed: 89.5}, "Disk ≥ 90 %"}, // trembles
		{map[Metric]float64{DiskUsed: 90.4}, "Disk ≥ 90 %"},
		{map[Metric]float64{DiskUsed: 96, Battery: 20}, "Disk ≥ 90 %, Disk ≥ 95 %, Battery ≤ 20 %"},
		{map[Metric]float64{CPUBusy: 3}, "Disk ≥ 90 %, Disk ≥ 95 %, Battery ≤ 20 %"}, // not read: as before
		{map[Metric]float64{DiskUsed: 94, Battery: 24}, "Disk ≥ 90 %, Battery ≤ 20 %"},
		{map[Metric]float64{DiskUsed: 89, Battery: 25}, "none"},
		{map[Metric]float64{CPUBusy: 95, LoadPerCore: 4, Temperature: 98}, "CPU ≥ 95 %, Load per core ≥ 4, Temperature ≥ 90 °C, Temperature ≥ 97 °C"},
	}
	var lines LineSet
	for i, s := range steps {
		if lines = Lines(sampleWith(s.sample), lines); lines.String() != s.want {
			t.Errorf("step %d: %s, want %s", i, lines, s.want)
		}
	}
	if n := len(lineTable()); n > 32 {
		t.Errorf("%d lines do not fit", n)
	}
	for _, l := range lineTable() {
		if (l.off < l.on) == l.downwards || l.off == l.on {
			t.Errorf("%v is left where it is crossed", l)
		}
	}
}
