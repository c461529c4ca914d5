package diagnostics

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// RecordingName is the name of the file in which a ticket carries a Recording.
const RecordingName = "flight-recorder.json"

// Mark is a moment that somebody has marked in the flight recorder.
type Mark struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at,omitzero"` // zero in a request: now
}

// Recording is what a machine did in the minutes around a mark, second by second.
// It is what a ticket carries as RecordingName: exactly this, as JSON. It is made
// small, because it has a thousand samples.
type Recording struct {
	Version   int             `json:"version"`
	Mark      Mark            `json:"mark"`
	Columns   []RecordColumn  `json:"columns"`
	Names     []string        `json:"names"` // of processes
	Stretches []RecordStretch `json:"stretches"`
	// Damaged tells that a part of what was recorded cannot be read any more.
	Damaged bool `json:"damaged,omitempty"`
}

// RecordColumn describes a number of the samples.
type RecordColumn struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Scale float64 `json:"scale"` // the samples hold the number times this
}

// RecordStretch is recorded without a break. The times of two stretches cannot be
// compared when the clock was set in between; the later one was recorded later.
type RecordStretch struct {
	Why     string         `json:"why,omitempty"` // what stands before it: "restarted", "clock_set"
	Start   time.Time      `json:"start"`
	Samples []RecordSample `json:"samples"`
}

// RecordSample is one second.
type RecordSample struct {
	MS     int64    `json:"t"` // milliseconds since the stretch's start
	Values []*int32 `json:"v"` // in the order of the columns; null: not read
	// Top are the processes that weighed most: the name's place among Names, the
	// number, tenths of a per cent of one core, MiB.
	Top [][4]int64 `json:"p,omitempty"`
}

// At is the time of a sample by the machine's clock.
func (s RecordStretch) At(sample int) time.Time {
	return s.Start.Add(time.Duration(s.Samples[sample].MS) * time.Millisecond)
}

// End is the time of the last sample.
func (s RecordStretch) End() time.Time {
	if len(s.Samples) == 0 {
		return s.Start
	}
	return s.At(len(s.Samples) - 1)
}

// What a recording can hold. Twenty minutes are 1 200 samples, of which each names
// ten processes; the rest is room for what a newer agent may record.
const (
	MaxRecording     = 4 << 20 // bytes of its JSON
	maxRecordSamples = 7200
	maxRecordColumns = 64
	maxRecordNames   = 4096
	maxRecordTop     = 64
	maxRecordName    = 256 // bytes
)

// ReadRecording reads a recording that an endpoint has sent, and refuses one that is
// not in order: an endpoint can send anything under that name. The error says what is
// wrong, to follow “because”.
func ReadRecording(b []byte) (*Recording, error) {
	bad := func(why string) (*Recording, error) { return nil, errors.New(why) }
	if len(b) > MaxRecording {
		return bad("it is larger than 4 MiB")
	}
	var r Recording
	if err := json.Unmarshal(b, &r); err != nil {
		return bad("it is not in the recorder's form")
	}
	switch {
	case r.Version != 1:
		return bad("it is in a form that this server does not know")
	case len(r.Columns) == 0 || len(r.Columns) > maxRecordColumns || len(r.Names) > maxRecordNames:
		return bad("it has too many or too few columns, or too many names")
	}
	for _, c := range r.Columns {
		if !(c.Scale > 0) { // also not a number
			return bad("one of its columns has no scale")
		}
	}
	for i, c := range r.Columns {
		r.Columns[i].Name, r.Columns[i].Unit = plainLine(c.Name), plainLine(c.Unit)
	}
	for i, n := range r.Names {
		r.Names[i] = plainLine(n)
	}
	samples := 0
	for _, s := range r.Stretches {
		if samples += len(s.Samples); samples > maxRecordSamples {
			return bad("it is longer than two hours")
		}
		if !s.inOrder(len(r.Columns), len(r.Names)) {
			return bad("its samples are not in order")
		}
	}
	if samples == 0 {
		return bad("it is empty")
	}
	return &r, nil
}

func (s RecordStretch) inOrder(columns, names int) bool {
	last := int64(-1)
	for _, one := range s.Samples {
		if one.MS <= last || one.MS > 48*time.Hour.Milliseconds() || len(one.Values) > columns || len(one.Top) > maxRecordTop {
			return false
		}
		last = one.MS
		for _, p := range one.Top {
			if p[0] < 0 || p[0] >= int64(names) || p[1] < 0 || p[2] < 0 || p[3] < 0 {
				return false
			}
		}
	}
	return true
}

// plainLine is a text as one line of bounded length, without what a terminal or a
// page could take for a command.
func plainLine(s string) string {
	if len(s) > maxRecordName {
		s = s[:maxRecordName]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '�'
		}
		return r
	}, s)
}

// Value returns a number of a sample in its column's unit, and whether it was read.
func (r *Recording) Value(s RecordSample, column int) (float64, bool) {
	if column >= len(s.Values) || s.Values[column] == nil {
		return 0, false
	}
	return float64(*s.Values[column]) / r.Columns[column].Scale, true
}

// Marked returns the sample nearest to the mark, as its stretch's and its own place,
// and false when nothing was recorded within a minute of it.
func (r *Recording) Marked() (stretch, sample int, ok bool) {
	best := time.Minute
	for i, s := range r.Stretches {
		for n := range s.Samples {
			if off := s.At(n).Sub(r.Mark.At).Abs(); off <= best {
				// Of two that are as near, the later one: it was recorded later.
				best, stretch, sample, ok = off, i, n, true
			}
		}
	}
	return stretch, sample, ok
}
