package wire_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// FuzzHealth reads frames of strangers. What is read is within bounds, and written
// again it is read the same.
func FuzzHealth(f *testing.F) {
	schema, err := wire.NewSchema(wire.DefaultColumns())
	if err != nil {
		f.Fatal(err)
	}
	s := diagnostics.Sample{At: time.Unix(1_700_000_000, 0)}
	s.SetSteps(diagnostics.CPUBusy, 12)
	s.SetSteps(diagnostics.DiskUsed, -7)
	next := s
	next.At = s.At.Add(15 * time.Second)
	f.Add(wire.AppendHealth(nil, wire.Health{Seq: 1, Interval: 15 * time.Second, Samples: []diagnostics.Sample{s, next}}))
	f.Add([]byte{wire.FrameHealth, 0, 1, 0, 15, 0xf0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var h, again wire.Health
		if err := wire.DecodeHealth(b, schema, &h); err != nil {
			return
		}
		if len(h.Samples) == 0 || len(h.Samples) > wire.MaxSamples || h.Interval < time.Second || h.Interval > time.Hour {
			t.Fatalf("out of bounds: %d samples, every %v", len(h.Samples), h.Interval)
		}
		if err := wire.DecodeHealth(wire.AppendHealth(nil, h), schema, &again); err != nil {
			t.Fatal(err)
		}
		if again.Seq != h.Seq || again.Flags != h.Flags || again.Interval != h.Interval || !sameSamples(h.Samples, again.Samples) {
			t.Fatalf("%+v became %+v", h, again)
		}
	})
}

// FuzzBlob reads chunks of strangers.
func FuzzBlob(f *testing.F) {
	f.Add(wire.AppendBlob(nil, "01J", 70_000, []byte("abc")))
	f.Add([]byte{wire.FrameBlob, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		re, offset, data, err := wire.DecodeBlob(b)
		if err != nil {
			return
		}
		if offset < 0 || offset > wire.MaxBlob || len(data) > wire.MaxBlobChunk || len(re) > 64 {
			t.Fatalf("out of bounds: %q %d %d", re, offset, len(data))
		}
		re2, offset2, data2, err := wire.DecodeBlob(wire.AppendBlob(nil, re, offset, data))
		if err != nil || re2 != re || offset2 != offset || !bytes.Equal(data2, data) {
			t.Fatalf("%q %d became %q %d, %v", re, offset, re2, offset2, err)
		}
	})
}

// FuzzText reads messages of strangers into every body that there is.
func FuzzText(f *testing.F) {
	for name, fresh := range bodies {
		b, err := wire.Encode(name, "01J", "", fresh())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := wire.Decode(b)
		if err != nil {
			return
		}
		if e.Type == "" || len(e.ID) > 64 || len(e.Re) > 64 {
			t.Fatalf("out of bounds: %+v", e)
		}
		if fresh := bodies[e.Type]; fresh != nil {
			if body := fresh(); body != nil && e.Into(body) == nil {
				if _, err := wire.Encode(e.Type, e.ID, e.Re, body); err != nil {
					t.Fatalf("what was read cannot be written: %v", err)
				}
			}
		}
	})
}

// FuzzEnrolment reads what people paste.
func FuzzEnrolment(f *testing.F) {
	f.Add(wire.Enrolment{URL: "https://desk.example", Token: "t", Key: make([]byte, 32)}.String())
	f.Add("deskbell-enrol-1.AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		e, err := wire.ParseEnrolment(s)
		if err != nil {
			return
		}
		if again, err := wire.ParseEnrolment(e.String()); err != nil || again.URL != e.URL || again.Token != e.Token {
			t.Fatalf("%+v became %+v, %v", e, again, err)
		}
	})
}
