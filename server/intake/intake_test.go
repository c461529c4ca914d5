package intake

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/watch"
)

// TestReports: what others say becomes plain lines and known words, whatever it was.
func TestReports(t *testing.T) {
	long := strings.Repeat("é", 3000)
	for name, c := range map[string]struct {
		o    one
		want watch.Report
		says string
	}{
		"as usual": {
			o:    one{Labels: map[string]string{"alertname": "HighLoad", "severity": "Critical"}, Annotations: map[string]string{"summary": "Load is high.", "description": "Look\nat it."}, GeneratorURL: "http://prom:9090/graph?g0.expr=x"},
			want: watch.Report{Rule: "HighLoad", Severity: alert.Critical, Summary: "Load is high.", Advice: "Look at it.", Link: "http://prom:9090/graph?g0.expr=x"},
		},
		"a severity that nobody knows": {o: one{Labels: map[string]string{"alertname": "A", "severity": "P1"}}, want: watch.Report{Rule: "A", Severity: alert.Warning, Summary: "A"}},
		"no name":                      {o: one{Labels: map[string]string{"x": "y"}, Annotations: map[string]string{"message": "m"}}, want: watch.Report{Rule: "Alert", Severity: alert.Warning, Summary: "m"}},
		"a script to click on":         {o: one{Labels: map[string]string{"alertname": "A"}, GeneratorURL: "javascript:alert(1)"}, want: watch.Report{Rule: "A", Severity: alert.Warning, Summary: "A"}},
		"a password in a link":         {o: one{Labels: map[string]string{"alertname": "A"}, GeneratorURL: "https://a:b@example.com/"}, want: watch.Report{Rule: "A", Severity: alert.Warning, Summary: "A"}},
		"data to click on":             {o: one{Labels: map[string]string{"alertname": "A"}, GeneratorURL: "data:text/html,x"}, want: watch.Report{Rule: "A", Severity: alert.Warning, Summary: "A"}},
		"lines and signs":              {o: one{Labels: map[string]string{"alertname": "A\x00\nB"}, Annotations: map[string]string{"summary": "<b>\x1b[31m\r\nred"}}, want: watch.Report{Rule: "A B", Severity: alert.Warning, Summary: "<b> [31m red"}},
		"a novel":                      {o: one{Labels: map[string]string{"alertname": "A"}, Annotations: map[string]string{"summary": long}}, want: watch.Report{Rule: "A", Severity: alert.Warning, Summary: long[:2*999] + "…"}},
		"no labels":                    {o: one{Labels: map[string]string{"a": ""}}, says: "at least one label"},
		"a long label":                 {o: one{Labels: map[string]string{"a": strings.Repeat("x", 5000)}}, says: "at most"},
		"a label without a name":       {o: one{Labels: map[string]string{"": "x"}}, says: "at most"},
	} {
		got, err := c.o.report()
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		got.Labels = nil
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", name, got, err, c.want)
		}
	}
	many := one{Labels: map[string]string{}}
	for i := range 65 {
		many.Labels[fmt.Sprint("l", i)] = "x"
	}
	if _, err := many.report(); err == nil {
		t.Error("65 labels were taken")
	}
}

// TestMessages reads both forms, and no other.
func TestMessages(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	x := &Receiver{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	list, err := x.webhook([]byte(`{"version":"4","truncatedAlerts":2,"groupKey":"g","alerts":[{"status":"firing","labels":{"a":"b"},"endsAt":"0001-01-01T00:00:00Z"},{"status":"resolved","labels":{"a":"c"}}]}`))
	if err != nil || len(list) != 2 || list[0].over || !list[1].over || !list[0].until.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"version":"3","alerts":[]}`, `{"version":"4","alerts":[{"status":"lit"}]}`, `{"version":"4","alerts":{}}`, `{"version":"4","alerts":[{"status":"firing","labels":[1]}]}`} {
		if _, err := x.webhook([]byte(bad)); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
	sent, err := json.Marshal([]map[string]any{{"labels": map[string]string{"a": "b"}, "endsAt": now.Add(4 * time.Minute)}, {"labels": map[string]string{"a": "c"}, "endsAt": now}, {"labels": map[string]string{"a": "d"}}})
	if err != nil {
		t.Fatal(err)
	}
	list, err = x.alerts(sent)
	if err != nil || len(list) != 3 || list[0].over || !list[0].until.Equal(now.Add(4*time.Minute)) || !list[1].over || list[2].over || !list[2].until.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{``, `{}`, `[{"endsAt":"soon"}]`, `[1]`} {
		if _, err := x.alerts([]byte(bad)); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
}
