package promapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/promapi"
	"github.com/deskbell/deskbell/server/servertest"
)

// bearer adds a token to each request, as Grafana does.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// client is Prometheus's own client, which others wrote.
func client(t *testing.T, s *servertest.Server, role auth.Role) v1.API {
	t.Helper()
	c, err := api.NewClient(api.Config{Address: s.HTTP + promapi.Root, RoundTripper: bearer(s.Token(role))})
	if err != nil {
		t.Fatal(err)
	}
	return v1.NewAPI(c)
}

// measured is a machine that reports how busy it is: 10, 20, 30 and so on per cent,
// a quarter of a minute apart, the last one at end.
func measured(t *testing.T, s *servertest.Server, name string, end time.Time, samples int) string {
	t.Helper()
	m := s.Machine(name)
	prove := m.Prove()
	prove.Hostname = name
	link, err := m.Dialer.Dial(t.Context(), m.Key, prove)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { link.Close(1000, "") })
	for i := range samples {
		one := diagnostics.Sample{At: end.Add(time.Duration(i+1-samples) * 15 * time.Second)}
		one.Set(diagnostics.CPUBusy, float64(10*(i+1)))
		if err := link.SendHealth(wire.Health{Seq: uint64(i + 1), Flags: wire.HealthLate, Interval: 15 * time.Second, Samples: []diagnostics.Sample{one}}); err != nil {
			t.Fatal(err)
		}
	}
	return m.ID
}

// TestPrometheusClient asks with Prometheus's own client for what machines have
// reported, by their names and sites.
func TestPrometheusClient(t *testing.T) {
	s := servertest.Start(t)
	end := time.Now().Truncate(time.Second)
	const hostile = `PC"17\<b>` + "\u202e"
	busy := measured(t, s, "PC-17", end, 8)
	measured(t, s, hostile, end, 4)
	c := client(t, s, auth.Operator)

	var vector model.Vector
	servertest.Wait(t, "the samples", func() bool {
		v, warnings, err := c.Query(t.Context(), "deskbell_cpu_busy_percent", end)
		if err != nil || len(warnings) > 0 {
			t.Logf("%v %v", warnings, err)
			return false
		}
		vector = v.(model.Vector)
		return len(vector) == 2 && vector[0].Value+vector[1].Value == 80+40
	})

	// The names are joined to the series, which know the endpoint's id alone.
	v, _, err := c.Query(t.Context(), "deskbell_cpu_busy_percent * on (endpoint) group_left (name, site, os) deskbell_endpoint_info", end)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]model.SampleValue{}
	for _, one := range v.(model.Vector) {
		if one.Metric["site"] != "Berlin" || one.Metric["os"] != "linux" {
			t.Errorf("%v", one.Metric)
		}
		names[string(one.Metric["name"])] = one.Value
	}
	if names["PC-17"] != 80 || len(names) != 2 {
		t.Errorf("by name: %v", names)
	}

	// Against what was sent: the mean of the last minute of each quarter minute.
	r := v1.Range{Start: end.Add(-105 * time.Second), End: end, Step: 15 * time.Second}
	v, _, err = c.QueryRange(t.Context(), fmt.Sprintf("avg_over_time(deskbell_cpu_busy_percent{endpoint=%q}[31s])", busy), r)
	if err != nil {
		t.Fatal(err)
	}
	matrix := v.(model.Matrix)
	if len(matrix) != 1 || len(matrix[0].Values) != 8 {
		t.Fatalf("the range is %v", matrix)
	}
	for i, p := range matrix[0].Values {
		sum, n := 0.0, 0.0
		for k := max(0, i-2); k <= i; k++ {
			sum, n = sum+float64(10*(k+1)), n+1
		}
		if float64(p.Value) != sum/n || !p.Timestamp.Time().Equal(r.Start.Add(time.Duration(i)*r.Step)) {
			t.Errorf("at %v it is %v, and was %v", p.Timestamp.Time(), p.Value, sum/n)
		}
	}

	// A month of what is not stored, in steps that a chart takes.
	v, _, err = c.QueryRange(t.Context(), "count(deskbell_endpoint_info)", v1.Range{Start: end.AddDate(0, -1, 0), End: end, Step: 2 * time.Hour})
	if err != nil || len(v.(model.Matrix)) != 1 || len(v.(model.Matrix)[0].Values) < 330 {
		t.Errorf("a month of names: %v, %v", v, err)
	}
	if v, _, err = c.Query(t.Context(), "1/0", end); err != nil || v.(*model.Scalar).Value.String() != "+Inf" {
		t.Errorf("1/0 is %v, %v", v, err)
	}
	if v, _, err = c.Query(t.Context(), "nobody_has_this", end); err != nil || v.Type() != model.ValVector || len(v.(model.Vector)) != 0 {
		t.Errorf("what nobody has is %v, %v", v, err)
	}

	series, _, err := c.Series(t.Context(), []string{"deskbell_cpu_busy_percent", "{__name__=~\"deskbell_(endpoint_info|cpu_busy_percent)\"}"}, end.Add(-time.Hour), end)
	if err != nil || len(series) != 4 {
		t.Errorf("the series are %v, %v", series, err)
	}
	labels, _, err := c.LabelNames(t.Context(), nil, end.Add(-time.Hour), end)
	if err != nil || !slices.Equal(labels, model.LabelNames{"__name__", "agent", "endpoint", "name", "os", "site"}) {
		t.Errorf("the labels are %v, %v", labels, err)
	}
	values, _, err := c.LabelValues(t.Context(), "name", []string{"deskbell_endpoint_info"}, end.Add(-time.Hour), end)
	if err != nil || len(values) != 2 || values[1] != "PC-17" && values[0] != "PC-17" {
		t.Errorf("the names are %q, %v", values, err)
	}
	if values, _, err = c.LabelValues(t.Context(), "__name__", nil, time.Time{}, time.Time{}); err != nil || !slices.Contains(values, "deskbell_cpu_busy_percent") || !slices.Contains(values, "deskbell_endpoint_info") {
		t.Errorf("the metrics are %v, %v", values, err)
	}
	if values, warnings, err := c.LabelValues(t.Context(), "name", nil, end.Add(-time.Hour), end, v1.WithLimit(1)); err != nil || len(values) != 1 || len(warnings) != 1 {
		t.Errorf("one name of two: %v, %v, %v", values, warnings, err)
	}
	meta, err := c.Metadata(t.Context(), "deskbell_cpu_busy_percent", "")
	if m := meta["deskbell_cpu_busy_percent"]; err != nil || len(m) != 1 || m[0].Type != v1.MetricTypeGauge || m[0].Unit != "%" || m[0].Help == "" {
		t.Errorf("the metadata are %v, %v", meta, err)
	}
	if b, err := c.Buildinfo(t.Context()); err != nil || b.Version != metrics.EngineVersion {
		t.Errorf("it calls itself %+v, %v", b, err)
	}
}

// TestQueriesThatAreRefused says what is wrong, where, and in Prometheus's form.
func TestQueriesThatAreRefused(t *testing.T) {
	s := servertest.Start(t)
	token := s.Token(auth.Operator)
	ask := func(method, path string, q url.Values, token string) (int, map[string]any) {
		t.Helper()
		var body io.Reader
		target := s.HTTP + promapi.Root + path
		if method == http.MethodPost {
			body = strings.NewReader(q.Encode())
		} else {
			target += "?" + q.Encode()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, target, body)
		if err != nil {
			t.Fatal(err)
		}
		if body != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Errorf("%s is answered with no JSON: %v", path, err)
		}
		return resp.StatusCode, out
	}
	servertest.Wait(t, "the series", func() bool {
		status, _ := ask(http.MethodGet, "/api/v1/query", url.Values{"query": {"1"}}, token)
		return status == http.StatusOK
	})
	of := func(pairs ...string) url.Values {
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return q
	}
	for name, c := range map[string]struct {
		path   string
		q      url.Values
		status int
		kind   string
		says   string
	}{
		"a mistake with its place":   {"/api/v1/query", of("query", "sum(deskbell_cpu_busy_percent"), 400, "bad_data", "1:"},
		"no query":                   {"/api/v1/query", of(), 400, "bad_data", "not valid PromQL"},
		"a time that is none":        {"/api/v1/query", of("query", "1", "time", "yesterday"), 400, "bad_data", "Unix seconds"},
		"a range that ends early":    {"/api/v1/query_range", of("query", "1", "start", "100", "end", "50", "step", "1"), 400, "bad_data", "ends before it begins"},
		"a range without an end":     {"/api/v1/query_range", of("query", "1", "start", "100", "step", "1"), 400, "bad_data", "“end”"},
		"a step of nothing":          {"/api/v1/query_range", of("query", "1", "start", "100", "end", "500", "step", "0"), 400, "bad_data", "longer than nothing"},
		"too many steps":             {"/api/v1/query_range", of("query", "1", "start", "0", "end", "1e9", "step", "15s"), 400, "bad_data", "more than 11000 steps"},
		"series of everything":       {"/api/v1/series", of(), 400, "bad_data", "“match[]”"},
		"a selector that is none":    {"/api/v1/series", of("match[]", "{"), 400, "bad_data", "“match[]”"},
		"two that cannot be joined":  {"/api/v1/query", of("query", `label_replace(vector(1), "x", "1", "", "") + on (x) group_left vector(1) * on () (vector(1) or label_replace(vector(1), "x", "2", "", ""))`), 400, "bad_data", "cannot be worked out"},
		"a limit that is no number":  {"/api/v1/labels", of("limit", "few"), 400, "bad_data", "a number"},
		"a query that is far larger": {"/api/v1/query", of("query", strings.Repeat("1+", 600<<10)+"1"), 400, "bad_data", "1 MiB"},
	} {
		method := http.MethodGet
		if len(c.q.Encode()) > 4000 {
			method = http.MethodPost
		}
		status, out := ask(method, c.path, c.q, token)
		says, _ := out["error"].(string)
		if status != c.status || out["errorType"] != c.kind || out["status"] != "error" || !strings.Contains(says, c.says) {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if status, _ := ask(http.MethodGet, "/api/v1/query", of("query", "1"), ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if status, _ := ask(http.MethodGet, "/api/v1/query", of("query", "1"), token+"x"); status != http.StatusUnauthorized {
		t.Errorf("with a wrong token: %d", status)
	}
}
