package people

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/recorder"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// What a person may do with the flight recorder. The recording is the machine's,
// and tells no more than a list of processes does, so a mark is everybody's.
const (
	marksAMinute = 10               // of one person
	markLives    = time.Hour        // so long a mark is what a ticket is about
	aroundMark   = 10 * time.Minute // before it and after it
)

// Mark marks a moment.
func (d *Desk) Mark(uid string, m diagnostics.Mark) (diagnostics.Mark, error) {
	if m.Kind != local.MarkFroze {
		return diagnostics.Mark{}, fault.Field("kind", "There is no mark of that kind. There is froze.")
	}
	if d.Recorder == nil {
		return diagnostics.Mark{}, fault.Say(fault.Forbidden, "error.recorder_off")
	}
	if m.At.IsZero() {
		m.At = time.Now()
	}
	if err := d.mayWrite("mark "+uid, marksAMinute); err != nil {
		return diagnostics.Mark{}, err
	}
	marked, err := d.Recorder.Mark(m.Kind, m.At)
	return diagnostics.Mark{Kind: marked.Kind, At: marked.At.UTC()}, err
}

// Recording returns what was recorded around the newest mark of the last hour.
func (d *Desk) Recording() (diagnostics.Recording, error) {
	var m recorder.Mark
	ok := d.Recorder != nil
	if ok {
		m, ok = d.Recorder.Newest(markLives)
	}
	if !ok {
		return diagnostics.Recording{}, fault.Say(fault.NotFound, "error.nothing_marked")
	}
	return recordingOf(m, d.Recorder.Around(m, aroundMark)), nil
}

func recordingOf(m recorder.Mark, r recorder.Recording) diagnostics.Recording {
	out := diagnostics.Recording{
		Version: 1, Mark: diagnostics.Mark{Kind: m.Kind, At: m.At.UTC()}, Names: []string{}, Stretches: []diagnostics.RecordStretch{}, Damaged: r.Damaged > 0,
	}
	for _, c := range recorder.Columns() {
		i := c.Info()
		out.Columns = append(out.Columns, diagnostics.RecordColumn{Name: i.Name, Unit: i.Unit, Scale: i.Scale})
	}
	for _, s := range r.Seconds {
		to := diagnostics.RecordStretch{Why: string(s.Why), Start: s.Samples[0].At.UTC()}
		for _, one := range s.Samples {
			// By the clock that nobody sets: the other may creep.
			sample := diagnostics.RecordSample{MS: (one.Up - s.Samples[0].Up).Milliseconds(), Values: make([]*int32, len(out.Columns))}
			for i, c := range recorder.Columns() {
				if v, ok := one.Values.Steps(c); ok {
					sample.Values[i] = &v
				}
			}
			for _, p := range one.Top {
				n := slices.Index(out.Names, p.Name)
				if n < 0 {
					n = len(out.Names)
					out.Names = append(out.Names, p.Name)
				}
				sample.Top = append(sample.Top, [4]int64{int64(n), int64(p.PID), int64(p.CPU), int64(p.RSS)})
			}
			to.Samples = append(to.Samples, sample)
		}
		out.Stretches = append(out.Stretches, to)
	}
	return out
}
