package promapi

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"

	"github.com/deskbell/deskbell/internal/fault"
)

func packed(t *testing.T, w *prompb.WriteRequest) []byte {
	t.Helper()
	b, err := w.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return snappy.Encode(nil, b)
}

// TestDecodeLikePrometheus reads what Prometheus's own types write, all of it.
func TestDecodeLikePrometheus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string { return string(bytes.Repeat([]byte("é"), r.IntN(5))) }
	for range 200 {
		w := &prompb.WriteRequest{Metadata: []prompb.MetricMetadata{{MetricFamilyName: "x", Help: "y", Unit: "z"}}}
		for range r.IntN(6) {
			s := prompb.TimeSeries{Exemplars: []prompb.Exemplar{{Value: 1, Timestamp: 2}}}
			for range r.IntN(5) {
				s.Labels = append(s.Labels, prompb.Label{Name: text(), Value: text()})
			}
			for range r.IntN(5) {
				s.Samples = append(s.Samples, prompb.Sample{Value: math.Float64frombits(r.Uint64()), Timestamp: r.Int64() - 1<<62})
			}
			for range r.IntN(2) {
				s.Histograms = append(s.Histograms, prompb.Histogram{Sum: 3})
			}
			w.Timeseries = append(w.Timeseries, s)
		}
		got, err := decode(packed(t, w))
		if err != nil || len(got) != len(w.Timeseries) {
			t.Fatalf("%d series of %d, %v", len(got), len(w.Timeseries), err)
		}
		for i, want := range w.Timeseries {
			if len(got[i].labels) != len(want.Labels) || len(got[i].samples) != len(want.Samples) || got[i].histograms != len(want.Histograms) {
				t.Fatalf("%+v\nof %+v", got[i], want)
			}
			for k, l := range want.Labels {
				if got[i].labels[k] != (label{l.Name, l.Value}) {
					t.Errorf("label %+v of %+v", got[i].labels[k], l)
				}
			}
			for k, v := range want.Samples {
				if g := got[i].samples[k]; g.at != v.Timestamp || math.Float64bits(g.value) != math.Float64bits(v.Value) {
					t.Errorf("sample %+v of %+v", g, v)
				}
			}
		}
	}
}

// TestDecodeHostile: whatever comes is refused with a sentence, and nothing that is small
// becomes large.
func TestDecodeHostile(t *testing.T) {
	whole := &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{Labels: []prompb.Label{{Name: "__name__", Value: "up"}}, Samples: []prompb.Sample{{Value: 1, Timestamp: 1 << 60}}}}}
	plain, err := whole.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(plain); cut++ {
		if _, err := decode(snappy.Encode(nil, plain[:cut])); !fault.Is(err, fault.Invalid) {
			t.Errorf("cut after %d bytes: %v", cut, err)
		}
	}
	many := func(part string, n int) []byte { return snappy.Encode(nil, bytes.Repeat([]byte(part), n)) }
	nested := func(part string, n int) []byte {
		inside := bytes.Repeat([]byte(part), n)
		n = len(inside)
		return snappy.Encode(nil, append([]byte{0x0a, byte(n)&0x7f | 0x80, byte(n>>7)&0x7f | 0x80, byte(n >> 14)}, inside...))
	}
	for name, c := range map[string]struct {
		body []byte
		want fault.Code
	}{
		"no snappy":                    {plain, fault.Invalid},
		"nothing":                      {nil, fault.Invalid},
		"a length of 4 GiB":            {[]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0}, fault.TooLarge},
		"JSON":                         {snappy.Encode(nil, []byte(`{"a":1}`)), fault.Invalid},
		"a group":                      {snappy.Encode(nil, []byte{0x0b}), fault.Invalid},
		"17 MiB of zeros":              {snappy.Encode(nil, make([]byte, 17<<20)), fault.TooLarge},
		"a million series of 2 bytes":  {many("\x0a\x00", 1<<20), fault.TooLarge},
		"a series of a million labels": {nested("\x0a\x00", 1<<19), fault.Invalid},
		"a million samples":            {nested("\x12\x00", 1<<19), fault.TooLarge},
		"a length beyond the end":      {snappy.Encode(nil, []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), fault.Invalid},
	} {
		var err error
		got := testing.AllocsPerRun(1, func() { _, err = decode(c.body) })
		if !fault.Is(err, c.want) || fault.Sentence(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if got > 5000 {
			t.Errorf("%s took %v pieces of memory", name, got)
		}
	}
}
