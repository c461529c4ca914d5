package diagnostics

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func recorded(change func(*Recording)) []byte {
	v := int32(421)
	at := time.Date(2026, 11, 21, 11, 40, 0, 0, time.UTC)
	r := Recording{
		Version: 1, Mark: Mark{Kind: "froze", At: at.Add(5500 * time.Millisecond)}, Columns: []RecordColumn{{Name: "cpu_busy_percent", Unit: "%", Scale: 10}},
		Names: []string{"indexer"},
	}
	s := RecordStretch{Start: at}
	for i := range 10 {
		s.Samples = append(s.Samples, RecordSample{MS: int64(i) * 1000, Values: []*int32{&v}, Top: [][4]int64{{0, 4711, 980, 512}}})
	}
	r.Stretches = []RecordStretch{s}
	change(&r)
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return b
}

// TestReadRecording reads what an agent sends, and refuses what none would.
func TestReadRecording(t *testing.T) {
	r, err := ReadRecording(recorded(func(*Recording) {}))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := r.Value(r.Stretches[0].Samples[3], 0); !ok || v != 42.1 {
		t.Errorf("the value is %v, %v", v, ok)
	}
	if s, n, ok := r.Marked(); !ok || s != 0 || n != 6 {
		t.Errorf("marked is sample %d of stretch %d, %v; want the later of the two that are as near", n, s, ok)
	}
	long := strings.Repeat("x", 5000) + "\x1b[31m"
	r, err = ReadRecording(recorded(func(r *Recording) { r.Names[0], r.Columns[0].Name = "a\x1b[2Jb\n"+long, long }))
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Names[0]; !strings.HasPrefix(n, "a�[2Jb�x") || len(n) > 2*maxRecordName || len(r.Columns[0].Name) > maxRecordName {
		t.Errorf("the name is %q", n)
	}
	last := func(r *Recording) *RecordSample { return &r.Stretches[0].Samples[9] }
	for name, b := range map[string][]byte{
		"no JSON":                 []byte("\x89PNG"),
		"another version":         recorded(func(r *Recording) { r.Version = 2 }),
		"no columns":              recorded(func(r *Recording) { r.Columns = nil }),
		"a scale of nothing":      recorded(func(r *Recording) { r.Columns[0].Scale = 0 }),
		"a scale below nothing":   recorded(func(r *Recording) { r.Columns[0].Scale = -1 }),
		"nothing recorded":        recorded(func(r *Recording) { r.Stretches = nil }),
		"time that goes back":     recorded(func(r *Recording) { last(r).MS = 1 }),
		"time far away":           recorded(func(r *Recording) { last(r).MS = 1 << 60 }),
		"more values than named":  recorded(func(r *Recording) { last(r).Values = make([]*int32, 9) }),
		"a name that is not":      recorded(func(r *Recording) { last(r).Top[0][0] = 1 }),
		"a name before the first": recorded(func(r *Recording) { last(r).Top[0][0] = -1 }),
		"too many programs":       recorded(func(r *Recording) { last(r).Top = make([][4]int64, maxRecordTop+1) }),
		"too long": recorded(func(r *Recording) {
			r.Stretches[0].Samples = make([]RecordSample, maxRecordSamples+1)
			for i := range r.Stretches[0].Samples {
				r.Stretches[0].Samples[i].MS = int64(i)
			}
		}),
		"too large": append(recorded(func(*Recording) {}), bytes.Repeat([]byte(" "), MaxRecording)...),
	} {
		if _, err := ReadRecording(b); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestMarkOutsideOfWhatWasRecorded finds no sample for a mark that is far from all.
func TestMarkOutsideOfWhatWasRecorded(t *testing.T) {
	r, err := ReadRecording(recorded(func(r *Recording) { r.Mark.At = r.Mark.At.Add(5 * time.Minute) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := r.Marked(); ok {
		t.Error("a sample is marked that is five minutes off")
	}
}
