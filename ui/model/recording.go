package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// SectionRecorder is the flight recorder's place among the parts of what is sent.
// It is none of the check-up's.
const SectionRecorder diagnostics.SectionName = "flight_recorder"

// sendsRecording reports whether the recording goes along.
func (r Ring) sendsRecording() bool {
	return r.Recording != nil && r.Failed == nil && !slices.Contains(r.Draft.Without, SectionRecorder)
}

// RecordingToSend returns what goes along as a file, or nil.
func (r Ring) RecordingToSend() *diagnostics.Recording {
	if r.sendsRecording() {
		return r.Recording
	}
	return nil
}

// sectionOfRecording is the recording as one of the parts that are sent.
func sectionOfRecording(r *diagnostics.Recording, without []diagnostics.SectionName, zone *time.Location) Section {
	return Section{
		Name: SectionRecorder, Label: SectionLabel(SectionRecorder), HasData: true, Ticked: !slices.Contains(without, SectionRecorder),
		Summary: wordsRecorderSummary(r.Mark.At.In(zone).Format("15:04"), recordedSeconds(r)),
	}
}

func recordedSeconds(r *diagnostics.Recording) (n int) {
	for _, s := range r.Stretches {
		n += len(s.Samples)
	}
	return n
}

// RecordingText is the recording for people: each ten seconds a line, with the
// worst of each number in them. The numbers of the seconds go along as they are.
func RecordingText(r *diagnostics.Recording, zone *time.Location) []string {
	if r == nil {
		return nil
	}
	lines := []string{wordsRecorderMark(r.Mark.At.In(zone).Format("15:04:05"))}
	for _, s := range r.Stretches {
		switch s.Why {
		case "clock_set":
			lines = append(lines, wordsRecorderClock())
		case "restarted":
			lines = append(lines, wordsRecorderRestart())
		}
		for rest := s.Samples; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].MS/10_000 == rest[0].MS/10_000 {
				n++
			}
			at := s.Start.Add(time.Duration(rest[0].MS) * time.Millisecond).In(zone).Format("15:04:05")
			lines = append(lines, strings.Join(append([]string{at}, tenSeconds(r, rest[:n])...), ", "))
			rest = rest[n:]
		}
	}
	return lines
}

// tenSeconds names the worst of each number, and the processes that were busiest.
func tenSeconds(r *diagnostics.Recording, samples []diagnostics.RecordSample) (parts []string) {
	for c, column := range r.Columns {
		label, low := recorderLabel(column.Name)
		var worst *int32
		for _, s := range samples {
			if c < len(s.Values) && s.Values[c] != nil && (worst == nil || (*s.Values[c] < *worst) == low) {
				worst = s.Values[c]
			}
		}
		if worst == nil || column.Scale == 0 || *worst == 0 && !low {
			continue // nothing to tell
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", label, strconv.FormatFloat(float64(*worst)/column.Scale, 'f', -1, 64), column.Unit))
	}
	type load struct {
		name string
		cpu  int64
	}
	var busy []load
	for _, s := range samples {
		for _, p := range s.Top {
			if p[0] < 0 || p[0] >= int64(len(r.Names)) || p[2] == 0 {
				continue
			}
			name := clip(r.Names[p[0]], 64)
			i := slices.IndexFunc(busy, func(l load) bool { return l.name == name })
			if i < 0 {
				i = len(busy)
				busy = append(busy, load{name: name})
			}
			busy[i].cpu = max(busy[i].cpu, p[2])
		}
	}
	slices.SortFunc(busy, func(a, b load) int { return cmp.Or(cmp.Compare(b.cpu, a.cpu), cmp.Compare(a.name, b.name)) })
	for _, l := range busy[:min(3, len(busy))] {
		parts = append(parts, fmt.Sprintf("%s %d %%", l.name, (l.cpu+5)/10))
	}
	return parts
}

// MarkKey is the key of the note that tells what has become of a mark.
const MarkKey = "mark"

// NoteMarked tells that a moment was marked, and what that is good for.
func NoteMarked() Note {
	return Note{Key: MarkKey, Title: wordsNoteMarked(), Body: wordsNoteMarkedIs()}
}

// NoteNotMarked tells why it was not.
func NoteNotMarked(reason string) Note {
	return Note{Key: MarkKey, Title: wordsNoteNotMarked(), Body: clip(reason, 240)}
}
