package promapi_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/prompb"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/promapi"
	"github.com/deskbell/deskbell/server/servertest"
)

func one(at time.Time, value float64, pairs ...string) prompb.TimeSeries {
	s := prompb.TimeSeries{Samples: []prompb.Sample{{Timestamp: at.UnixMilli(), Value: value}}}
	for i := 0; i < len(pairs); i += 2 {
		s.Labels = append(s.Labels, prompb.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	return s
}

func pack(t *testing.T, list ...prompb.TimeSeries) []byte {
	t.Helper()
	b, err := (&prompb.WriteRequest{Timeseries: list}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return snappy.Encode(nil, b)
}

// TestWrite sends as Prometheus does: what is refused is named and counted, the rest is
// kept, nobody forges what this server says of its endpoints, and nobody chooses whence it
// is.
func TestWrite(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) { o.MaxSeries = 12 })
	boss := s.Person(auth.Manager)
	sender := s.TokenOf(boss.ID, auth.Sender)
	send := func(token string, body []byte, headers ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.HTTP+promapi.Root+"/api/v1/write", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/x-protobuf")
		r.Header.Set("Content-Encoding", "snappy")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(said)
	}
	now := time.Now().Truncate(time.Second)
	servertest.Wait(t, "the series are open", func() bool {
		status, _ := send(sender, pack(t, one(now, 1, "__name__", "first")))
		return status == http.StatusNoContent
	})
	hostile := "rack <b>\"7\"</b>\u202e"
	for _, c := range []struct {
		name   string
		token  string
		body   []byte
		header []string
		status int
		says   string
	}{
		{"one series", sender, pack(t, one(now, 7, "__name__", "up", "job", "snmp", "place", hostile)), nil, 204, ""},
		{"the same again", sender, pack(t, one(now, 7, "__name__", "up", "job", "snmp", "place", hostile)), nil, 204, ""},
		{"another value of that time", sender, pack(t, one(now, 8, "__name__", "up", "job", "snmp", "place", hostile)), nil, 400, "another value"},
		{"of an hour ago", sender, pack(t, one(now.Add(-time.Hour), 6, "__name__", "up", "job", "snmp", "place", hostile)), nil, 204, ""},
		{"of two days ago, and one that is well", sender, pack(t, one(now.Add(-48*time.Hour), 6, "__name__", "up", "job", "old"), one(now, 9, "__name__", "beside", "job", "old")), nil, 400, "older than 25 hours. Of this write 1"},
		{"of 2038", sender, pack(t, one(time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), 1, "__name__", "up", "job", "future"), one(now, 9, "__name__", "beside", "job", "future")), nil, 400, "later than the server's clock"},
		{"an endpoint's health", sender, pack(t, one(now, 1, "__name__", "deskbell_health_score", "endpoint", "x"), one(now, 9, "__name__", "beside", "job", "health")), nil, 400, "“deskbell_health_score” is refused"},
		{"as if of an endpoint", sender, pack(t, one(now, 3, "__name__", "disk", "endpoint", "01J", "heartbeat", "h", "origin", "Mars", "exported_origin", "Venus")), nil, 204, ""},
		{"a histogram", sender, pack(t, prompb.TimeSeries{Labels: []prompb.Label{{Name: "__name__", Value: "h"}}, Histograms: []prompb.Histogram{{}}}), nil, 400, "native histogram"},
		{"no name", sender, pack(t, one(now, 1, "job", "x")), nil, 400, "no name of a metric"},
		{"a name that is none", sender, pack(t, one(now, 1, "__name__", "a b")), nil, 400, `"a b"`},
		{"a label that is none", sender, pack(t, one(now, 1, "__name__", "a", "b-c", "d")), nil, 400, `"b-c"`},
		{"a label of its own", sender, pack(t, one(now, 1, "__name__", "a", "__x", "d")), nil, 400, `"__x"`},
		{"a label twice", sender, pack(t, one(now, 1, "__name__", "a", "b", "c", "b", "d")), nil, 400, "twice"},
		{"a value that is no UTF-8", sender, pack(t, one(now, 1, "__name__", "a", "b", "\xff")), nil, 400, "UTF-8"},
		{"no protobuf", sender, []byte("hello"), nil, 400, "no remote write 1.0"},
		{"too much", sender, make([]byte, 5<<20), nil, 413, "Send less"},
		{"remote write 2.0", sender, nil, []string{"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"}, 415, "1.0"},
		{"1.0 by its whole name", sender, pack(t, one(now, 1, "__name__", "first")), []string{"Content-Type", "application/x-protobuf;proto=prometheus.WriteRequest"}, 204, ""},
		{"JSON", sender, []byte("{}"), []string{"Content-Type", "application/json"}, 415, "1.0"},
		{"gzip", sender, nil, []string{"Content-Encoding", "gzip"}, 415, "snappy"},
		{"a technician", s.Token(auth.Technician), pack(t, one(now, 1, "__name__", "first")), nil, 403, "role"},
		{"a token that is limited to less", s.TokenOf(boss.ID, auth.Technician), pack(t, one(now, 1, "__name__", "first")), nil, 403, "role"},
		{"nobody's token", sender + "x", pack(t, one(now, 1, "__name__", "first")), nil, 401, "token"},
	} {
		if status, said := send(c.token, c.body, c.header...); status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", c.name, status, said)
		}
	}
	// The sender's token opens nothing else.
	if _, _, err := client(t, s, auth.Operator).Query(t.Context(), "1", now); err != nil {
		t.Error(err)
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.HTTP+promapi.Root+"/api/v1/query?query=1", nil)
	r.Header.Set("Authorization", "Bearer "+sender)
	if resp, err := s.Client().Do(r); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a sender asks: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}

	c := client(t, s, auth.Operator)
	ask := func(query string, at time.Time) model.Vector {
		t.Helper()
		v, _, err := c.Query(t.Context(), query, at)
		if err != nil {
			t.Fatal(err)
		}
		return v.(model.Vector)
	}
	if v := ask(`up`, now); len(v) != 1 || v[0].Value != 7 || string(v[0].Metric["place"]) != hostile || v[0].Metric["origin"] != "test" {
		t.Errorf("up is %v", v)
	}
	if v := ask(`up`, now.Add(-time.Hour)); len(v) != 1 || v[0].Value != 6 {
		t.Errorf("an hour ago it was %v", v)
	}
	if v := ask(`beside`, now); len(v) != 3 {
		t.Errorf("beside what was refused: %v", v)
	}
	if v := ask(`disk`, now); len(v) != 1 || v[0].Metric["endpoint"] != "" || v[0].Metric["heartbeat"] != "" || v[0].Metric["exported_endpoint"] != "01J" || v[0].Metric["origin"] != "test" ||
		v[0].Metric["exported_exported_origin"] != "Mars" || v[0].Metric["exported_origin"] != "Venus" {
		t.Errorf("disk is %v", v)
	}
	if v := ask(`{__name__=~"deskbell_health_score|h|a"}`, now); len(v) != 0 {
		t.Errorf("what was refused: %v", v)
	}

	// A sender has as many series as a metric may have: names have no end.
	var flood []prompb.TimeSeries
	for i := range 40 {
		flood = append(flood, one(now, 1, "__name__", "flood_"+strings.Repeat("x", i)))
	}
	if status, said := send(sender, pack(t, flood...)); status != 400 || !strings.Contains(said, "one too many") {
		t.Errorf("a flood: %d %s", status, said)
	}
	if v := ask(`count({origin="test"})`, now); len(v) != 1 || v[0].Value > 12 || v[0].Value < 10 {
		t.Errorf("of the sender there are %v", v)
	}
	resp, err := s.Client().Get(s.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	counted, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	for _, line := range []string{`{reason="future"} 1`, `{reason="too_old"} 1`} {
		if err != nil || !strings.Contains(string(counted), "deskbell_telemetry_refused_values_total"+line) {
			t.Errorf("not counted: %s, %v", line, err)
		}
	}
	if status, said := send(sender, pack(t, one(now.Add(15*time.Second), 1, "__name__", "first"))); status != 204 {
		t.Errorf("one that was there before: %d %s", status, said)
	}
}
