package model_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
)

// recording is half a minute around a mark, with a clock that was set in it.
func recording() *diagnostics.Recording {
	steps := func(v int32) *int32 { return &v }
	r := &diagnostics.Recording{
		Version: 1, Mark: diagnostics.Mark{Kind: local.MarkFroze, At: noon.Add(20 * time.Second)}, Names: []string{"fire\x1b[31mfox", "indexer"},
		Columns: []diagnostics.RecordColumn{
			{Name: "cpu_busy_percent", Unit: "%", Scale: 10}, {Name: "memory_available_mebibytes", Unit: "MiB", Scale: 1}, {Name: "of_a_newer_service", Unit: "x", Scale: 1}, {Name: "disk_busy_percent", Unit: "%", Scale: 10},
		},
	}
	first := diagnostics.RecordStretch{Start: noon}
	for i := range 20 {
		first.Samples = append(first.Samples, diagnostics.RecordSample{
			MS: int64(i) * 1000, Values: []*int32{steps(int32(100 + i)), steps(int32(5000 - i)), nil, steps(0)}, Top: [][4]int64{{0, 7, int64(20 * i), 99}, {1, 8, 50, 12}, {9, 9, 1000, 1}},
		})
	}
	second := diagnostics.RecordStretch{Why: "clock_set", Start: noon.Add(-time.Hour), Samples: []diagnostics.RecordSample{{Values: []*int32{nil, nil, steps(3), nil}}}}
	r.Stretches = []diagnostics.RecordStretch{first, second}
	return r
}

// What is sent of the flight recorder can be read before: the worst of ten seconds
// a line.
func TestRecordingText(t *testing.T) {
	want := []string{
		"“It froze just now” was chosen at 12:00:20. Of each ten seconds, the worst:",
		"12:00:00, processor 10.9 %, free memory 4991 MiB, fire[31mfox 18 %, indexer 5 %",
		"12:00:10, processor 11.9 %, free memory 4981 MiB, fire[31mfox 38 %, indexer 5 %",
		"Here the clock was set.",
		"11:00:00, of_a_newer_service 3 x",
	}
	if d := cmp.Diff(want, model.RecordingText(recording(), time.UTC)); d != "" {
		t.Error(d)
	}
}

// The recording is a part of what is sent, can be taken out, and stays out when the
// computer cannot be checked at all.
func TestRingWithRecording(t *testing.T) {
	r := model.Ring{Draft: model.Draft{Question: "q"}, Checkup: &local.Checkup{ID: "C", Done: true}, Recording: recording()}
	at := r.Recording.Mark.At.Local().Format("15:04")
	v := r.View()
	if len(v.Recorded) != 1 || !v.Recorded[0].Ticked || v.Recorded[0].Label != "Flight recorder" || !strings.Contains(v.Recorded[0].Summary, "around "+at+": 1 minute,") {
		t.Errorf("it is shown as %+v", v.Recorded)
	}
	if v.SendText != "Your words and the check-up of this computer. And what this computer did around "+at+"." || r.RecordingToSend() != r.Recording {
		t.Errorf("it is sent: %v, said is %q", r.RecordingToSend() != nil, v.SendText)
	}
	r.Draft.Tick(model.SectionRecorder, false)
	r.Draft.Tick(diagnostics.SectionLog, false)
	v = r.View()
	if m := r.Message(nil); r.RecordingToSend() != nil || v.Recorded[0].Ticked || strings.Contains(v.SendText, "around") || len(m.Without) != 1 || m.Without[0] != diagnostics.SectionLog {
		t.Errorf("taken out, it is %+v and %+v", v.Recorded, m)
	}
	r.Draft.Tick(model.SectionRecorder, true)
	r.Failed = errors.New("no check-up")
	if v = r.View(); r.RecordingToSend() != nil || len(v.Recorded) != 0 || v.SendText != "Only your words" {
		t.Errorf("without a check-up it goes along: %q", v.SendText)
	}
	if (model.Ring{}).RecordingToSend() != nil || len((model.Ring{}).View().Recorded) != 0 {
		t.Error("nothing was marked, and something is sent")
	}
}
