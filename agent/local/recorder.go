package local

import (
	"context"
	"net/http"
	"time"
)

// MarkFroze is the mark of an employee who says “It froze just now”.
const MarkFroze = "froze"

// Mark is a moment that somebody has marked in the flight recorder.
type Mark struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at,omitzero"` // zero in a request: now
}

// Recording is what this machine did in the minutes around a mark, second by
// second. It is what a ticket carries as RecordingName: exactly this, as JSON. It
// is made small, because it has a thousand samples.
type Recording struct {
	Version   int             `json:"version"`
	Mark      Mark            `json:"mark"`
	Columns   []RecordColumn  `json:"columns"`
	Names     []string        `json:"names"` // of processes
	Stretches []RecordStretch `json:"stretches"`
	// Damaged tells that a part of what was recorded cannot be read any more.
	Damaged bool `json:"damaged,omitempty"`
}

// RecordingName is the name of the file that a ticket carries.
const RecordingName = "flight-recorder.json"

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

// End is the time of the last sample.
func (s RecordStretch) End() time.Time {
	if len(s.Samples) == 0 {
		return s.Start
	}
	return s.Start.Add(time.Duration(s.Samples[len(s.Samples)-1].MS) * time.Millisecond)
}

// Mark marks a moment in the flight recorder, and returns it.
func (c *Client) Mark(ctx context.Context, m Mark) (Mark, error) {
	return call[Mark](ctx, c, http.MethodPost, "/v1/recorder/marks", m)
}

// Recording returns what was recorded around the newest mark of the last hour.
// Without one it is a NotFound fault.
func (c *Client) Recording(ctx context.Context) (Recording, error) {
	return call[Recording](ctx, c, http.MethodGet, "/v1/recorder/around", nil)
}
