package metrics

import "slices"

// SeriesIn counts the series of a request, and says whether one is of an endpoint.
func SeriesIn(body []byte, endpoint string) (n int, is bool) {
	series, _ := unpack(body)
	for _, s := range series {
		for _, l := range s.Labels {
			is = is || l.Name == "endpoint" && l.Value == endpoint
		}
	}
	return len(slices.Clip(series)), is
}
