package metrics

import (
	"slices"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
)

// request is what is sent with one remote write 1.0: series, each with its samples.
type request struct {
	series []prompb.TimeSeries
	at     map[uint64]int // where a series is, by its hash
	values int
}

// add appends a value to its series.
func (r *request) add(l labels.Labels, t int64, v float64) {
	if r.at == nil {
		r.at = map[uint64]int{}
	}
	h := l.Hash()
	i, ok := r.at[h]
	if !ok {
		i = len(r.series)
		r.at[h] = i
		r.series = append(r.series, prompb.TimeSeries{Labels: prompb.FromLabels(l, nil)})
	}
	r.series[i].Samples = append(r.series[i].Samples, prompb.Sample{Timestamp: t, Value: v})
	r.values++
}

// encode returns the body. Samples of a series are in order, and no moment has two: some
// stores refuse the whole request for one that is not.
func (r *request) encode() []byte {
	for i := range r.series {
		list := r.series[i].Samples
		slices.SortStableFunc(list, func(a, b prompb.Sample) int { return int(a.Timestamp - b.Timestamp) })
		r.series[i].Samples = slices.CompactFunc(list, func(a, b prompb.Sample) bool { return a.Timestamp == b.Timestamp })
	}
	return pack(r.series)
}

func pack(series []prompb.TimeSeries) []byte {
	b, err := (&prompb.WriteRequest{Timeseries: series}).Marshal()
	if err != nil {
		return nil // its types have nothing that could fail
	}
	return snappy.Encode(nil, b)
}

func unpack(body []byte) ([]prompb.TimeSeries, error) {
	b, err := snappy.Decode(nil, body)
	if err != nil {
		return nil, err
	}
	var w prompb.WriteRequest
	if err := w.Unmarshal(b); err != nil {
		return nil, err
	}
	return w.Timeseries, nil
}
