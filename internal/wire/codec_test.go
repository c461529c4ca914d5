package wire_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// samples draws samples with the same metrics at one interval.
func samples(t *rapid.T, interval time.Duration) []diagnostics.Sample {
	present := rapid.SliceOfDistinct(rapid.SampledFrom(diagnostics.Metrics()), rapid.ID).Draw(t, "metrics")
	start := time.Unix(rapid.Int64Range(0, 1<<34).Draw(t, "start"), 0)
	out := make([]diagnostics.Sample, rapid.IntRange(1, wire.MaxSamples).Draw(t, "samples"))
	for i := range out {
		out[i].At = start.Add(time.Duration(i) * interval)
		for _, m := range present {
			out[i].SetSteps(m, rapid.Int32().Draw(t, "steps"))
		}
	}
	return out
}

func sameSamples(a, b []diagnostics.Sample) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestHealthComesBackAsItWent(t *testing.T) {
	schema, err := wire.NewSchema(wire.DefaultColumns())
	if err != nil {
		t.Fatal(err)
	}
	var out wire.Health // reused, as a session does
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.IntRange(1, 3600).Draw(t, "interval")) * time.Second
		in := wire.Health{
			Seq: rapid.Uint64().Draw(t, "seq"), Flags: wire.HealthFlags(rapid.Uint8().Draw(t, "flags")), Interval: interval, Samples: samples(t, interval),
		}
		if n := wire.Uniform(in.Samples, interval); n != len(in.Samples) {
			t.Fatalf("%d of %d samples fit one frame", n, len(in.Samples))
		}
		frame := wire.AppendHealth(nil, in)
		if err := wire.DecodeHealth(frame, schema, &out); err != nil {
			t.Fatal(err)
		}
		if out.Seq != in.Seq || out.Flags != in.Flags || out.Interval != in.Interval || !sameSamples(in.Samples, out.Samples) {
			t.Fatalf("%+v became %+v", in, out)
		}
		// Cut off anywhere, or longer by anything, it is refused.
		cut := rapid.IntRange(0, len(frame)-1).Draw(t, "cut")
		if err := wire.DecodeHealth(frame[:cut], schema, &out); !fault.Is(err, fault.Invalid) {
			t.Fatalf("cut off at %d of %d: %v", cut, len(frame), err)
		}
		if err := wire.DecodeHealth(append(bytes.Clone(frame), 0), schema, &out); !fault.Is(err, fault.Invalid) {
			t.Fatalf("one byte more: %v", err)
		}
	})
}

func TestUniformEndsWhereAFrameHasTo(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	sample := func(second int, metrics ...diagnostics.Metric) diagnostics.Sample {
		s := diagnostics.Sample{At: at.Add(time.Duration(second) * time.Second)}
		for _, m := range metrics {
			s.SetSteps(m, 1)
		}
		return s
	}
	long := make([]diagnostics.Sample, wire.MaxSamples+5)
	for i := range long {
		long[i] = sample(15*i, diagnostics.CPUBusy)
	}
	for name, c := range map[string]struct {
		in   []diagnostics.Sample
		want int
	}{
		"none":             {nil, 0},
		"one":              {long[:1], 1},
		"a gap":            {[]diagnostics.Sample{long[0], long[1], long[3]}, 2},
		"back in time":     {[]diagnostics.Sample{long[1], long[0]}, 1},
		"a metric more":    {[]diagnostics.Sample{long[0], sample(15, diagnostics.CPUBusy, diagnostics.Battery)}, 1},
		"a metric too few": {[]diagnostics.Sample{long[0], sample(15)}, 1},
		"too many":         {long, wire.MaxSamples},
	} {
		if got := wire.Uniform(c.in, 15*time.Second); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if b := wire.AppendHealth(nil, wire.Health{}); b != nil {
		t.Errorf("no samples made the frame %x", b)
	}
}

// TestOlderAndNewerColumns reads frames of a neighbour who knows other columns, in
// another order and rounded otherwise.
func TestOlderAndNewerColumns(t *testing.T) {
	theirs := []wire.Column{{Name: "mood_percent", Scale: 1}, {Name: "disk_used_percent", Scale: 1}, {Name: "cpu_busy_percent", Scale: 1}}
	schema, err := wire.NewSchema(theirs)
	if err != nil {
		t.Fatal(err)
	}
	// Flags 0, seq 1, start 0, interval 15, one sample, all three columns: 7, 88, 12.
	frame := []byte{wire.FrameHealth, 0, 1, 0, 15, 1, 7, 14, 0xb0, 1, 24}
	var h wire.Health
	if err := wire.DecodeHealth(frame, schema, &h); err != nil {
		t.Fatal(err)
	}
	var want diagnostics.Sample
	want.At = h.Samples[0].At
	want.Set(diagnostics.DiskUsed, 88)
	want.Set(diagnostics.CPUBusy, 12)
	if h.Samples[0] != want {
		t.Errorf("%+v, want %+v", h.Samples[0], want)
	}
	for name, columns := range map[string][]wire.Column{
		"none": nil, "65": make([]wire.Column, 65), "one twice": {theirs[1], theirs[1]},
		"no scale": {{Name: "cpu_busy_percent"}}, "a negative scale": {{Name: "cpu_busy_percent", Scale: -1}}, "a huge scale": {{Name: "cpu_busy_percent", Scale: 1e7}},
	} {
		if _, err := wire.NewSchema(columns); fault.FieldOf(err) != "columns" {
			t.Errorf("columns, %s: %v", name, err)
		}
	}
	if a, _ := wire.SharedSchema(wire.DefaultColumns()); a == nil {
		t.Error("no shared schema")
	} else if b, _ := wire.SharedSchema(wire.DefaultColumns()); a != b {
		t.Error("two sessions of this version do not share the schema")
	}
	if own, err := wire.SharedSchema(theirs); err != nil || own == nil {
		t.Errorf("another declaration: %v", err)
	}
}

func TestFramesOutOfRangeAreRefused(t *testing.T) {
	schema, err := wire.NewSchema(wire.DefaultColumns()[:2])
	if err != nil {
		t.Fatal(err)
	}
	for name, frame := range map[string][]byte{
		"nothing": {}, "another kind": {wire.FrameBlob, 0, 1, 0, 15, 1, 0}, "no samples": {wire.FrameHealth, 0, 1, 0, 15, 0, 0},
		"too many samples": {wire.FrameHealth, 0, 1, 0, 15, 0xf1, 1, 0}, "no interval": {wire.FrameHealth, 0, 1, 0, 0, 1, 0},
		"an interval of more than an hour": {wire.FrameHealth, 0, 1, 0, 0x91, 0x1c, 1, 0}, "a column that was not declared": {wire.FrameHealth, 0, 1, 0, 15, 1, 4},
		"a value of 2³¹":       {wire.FrameHealth, 0, 1, 0, 15, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10},
		"a varint of 11 bytes": append([]byte{wire.FrameHealth, 0}, bytes.Repeat([]byte{0xff}, 11)...),
	} {
		var h wire.Health
		if err := wire.DecodeHealth(frame, schema, &h); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAcknowledgementsAndChunksComeBackAsTheyWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.Uint64().Draw(t, "seq")
		ack := wire.AppendHealthAck(nil, seq)
		if got, err := wire.DecodeHealthAck(ack); err != nil || got != seq {
			t.Fatalf("%d became %d, %v", seq, got, err)
		}
		if _, err := wire.DecodeHealthAck(append(ack, 0)); err == nil {
			t.Fatal("a byte more in an acknowledgement was read over")
		}
		re := rapid.StringN(0, 16, 64).Draw(t, "re")
		offset := rapid.Int64Range(0, wire.MaxBlob).Draw(t, "offset")
		data := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")
		gotRe, gotOffset, gotData, err := wire.DecodeBlob(wire.AppendBlob(nil, re, offset, data))
		if err != nil || gotRe != re || gotOffset != offset || !bytes.Equal(gotData, data) {
			t.Fatalf("%q %d %x became %q %d %x, %v", re, offset, data, gotRe, gotOffset, gotData, err)
		}
	})
	for name, chunk := range map[string][]byte{
		"nothing": {}, "cut off in the id": {wire.FrameBlob, 5, 'a'}, "no offset": {wire.FrameBlob, 1, 'a'},
		"too long an id":     append([]byte{wire.FrameBlob, 65}, make([]byte, 70)...),
		"too far an offset":  wire.AppendBlob(nil, "a", wire.MaxBlob+1, nil),
		"too much data":      wire.AppendBlob(nil, "a", 0, make([]byte, wire.MaxBlobChunk+1)),
		"a negative offset":  wire.AppendBlob(nil, "a", -1, nil),
		"the kind of health": {wire.FrameHealth, 0, 0},
	} {
		if _, _, _, err := wire.DecodeBlob(chunk); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEnvelopes(t *testing.T) {
	b, err := wire.Encode(wire.TypeTicketReply, "01J", "re", wire.TicketReply{Ticket: "t", Body: "<ü>"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	var got wire.TicketReply
	if err := e.Into(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wire.TicketReply{Ticket: "t", Body: "<ü>"}, got); diff != "" || e.Type != wire.TypeTicketReply || e.ID != "01J" || e.Re != "re" {
		t.Errorf("%+v: %s", e, diff)
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "{", "no object": "[]", "no type": `{"id":"a"}`, "two documents": `{"type":"a"}{"type":"b"}`,
		"too long an id": `{"type":"a","id":"` + strings.Repeat("x", 65) + `"}`, "too long a re": `{"type":"a","re":"` + strings.Repeat("x", 65) + `"}`,
	} {
		if _, err := wire.Decode([]byte(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (wire.Envelope{Type: "a"}).Into(&got); fault.FieldOf(err) != "body" {
		t.Errorf("no body: %v", err)
	}
	if err := (wire.Envelope{Type: "a", Body: []byte(`{"ticket":7}`)}).Into(&got); !fault.Is(err, fault.Invalid) {
		t.Errorf("a body of another form: %v", err)
	}
	if err := (wire.Envelope{Type: "a", Body: []byte(`{"ticket":"t","since_v2":true}`)}).Into(&got); err != nil {
		t.Errorf("a newer neighbour's field: %v", err)
	}
	if _, err := wire.Encode("a", "", "", make(chan int)); err == nil {
		t.Error("a body that is no JSON was encoded")
	}
}
