package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// freeAddress is one of loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// program runs one of Debian's until the test ends, and waits until a page of it answers.
func program(t *testing.T, ready string, args ...string) {
	t.Helper()
	said := &bytes.Buffer{}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s is needed: %v", args[0], err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt) // it may have ended
		cmd.Wait()                       // it was told to end
		if t.Failed() {
			t.Logf("%s said: %s", args[0], said)
		}
	})
	servertest.Wait(t, args[0], func() bool {
		resp, err := http.Get(ready)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAPrometheusSends has Debian's Prometheus scrape a device that answers and one that
// does not, and send what it knows here: it can be asked for, a rule over it fires with the
// words of its labels and is told to a channel, and ends when the device is back. So does
// what that Prometheus finds itself: it takes this server for its Alertmanager.
func TestAPrometheusSends(t *testing.T) {
	var mu sync.Mutex
	well := false
	device := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if !well {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprintln(w, "fan_rpm 900")
	}))
	defer device.Close()
	hooks := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		hooks <- string(b)
	}))
	defer hook.Close()

	var rules string
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 100 * time.Millisecond
		rules = filepath.Join(o.Data, server.RulesFolder, "own.yaml")
		write(t, rules, `groups:
- name: firewalls
  rules:
  - alert: FirewallDown
    expr: up{job="firewalls"} == 0
    labels: {severity: critical}
    annotations: {summary: '{{ $labels.rack }} does not answer {{ $labels.origin }}.'}
`)
	})
	rest(t, s, "POST", "/channels", map[string]any{"name": "Hook", "kind": "webhook", "url": hook.URL, "wait_seconds": 1}, nil)
	token := s.TokenOf(s.Person(auth.Operator).ID, auth.Sender)
	dir, at := t.TempDir(), freeAddress(t)
	write(t, filepath.Join(dir, "prometheus.yml"), fmt.Sprintf(`
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
rule_files: [rules.yml]
alerting:
  alertmanagers:
  - static_configs: [{targets: [%q]}]
    path_prefix: /alertmanager
    authorization: {credentials: %s}
scrape_configs:
- job_name: firewalls
  static_configs: [{targets: [%q], labels: {rack: "Rack \"7\" <b>", endpoint: "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", site: "Zürich"}}]
remote_write:
- url: %s/prometheus/api/v1/write
  authorization: {credentials: %s}
  queue_config: {batch_send_deadline: 100ms}
`, strings.TrimPrefix(s.HTTP, "http://"), token, strings.TrimPrefix(device.URL, "http://"), s.HTTP, token))
	write(t, filepath.Join(dir, "rules.yml"), `groups: [{name: own, rules: [{alert: FoundThere, expr: up == 0, labels: {severity: page}, annotations: {summary: "{{ $labels.rack }} is down."}}]}]`)
	program(t, "http://"+at+"/-/ready", "prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+at)

	i := standing(t, s, "FirewallDown", "firing", 1)[0]
	if i.Severity != "critical" || i.Endpoint != "" || i.Labels["exported_endpoint"] != "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6" || i.Labels["site"] != "Zürich" || i.Labels["origin"] != "test" ||
		i.Summary != `Rack "7" <b> does not answer test.` {
		t.Errorf("the alert is %+v", i)
	}
	f := standing(t, s, "FoundThere", "firing", 1)[0]
	if f.From != "test" || f.Severity != "warning" || f.Summary != `Rack "7" <b> is down.` || !strings.Contains(f.Link, "/graph?") || f.Labels["exported_endpoint"] != "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6" || f.Labels["exported_severity"] != "page" {
		t.Errorf("what it has found is %+v", f)
	}
	told := <-hooks + <-hooks
	for _, want := range []string{`"rule":"FirewallDown"`, `"rule":"FoundThere"`, `"instance":"` + strings.TrimPrefix(device.URL, "http://")} {
		if !strings.Contains(told, want) {
			t.Errorf("the channel is not told %s, but %s", want, told)
		}
	}
	mu.Lock()
	well = true
	mu.Unlock()
	standing(t, s, "FirewallDown", "resolved", 1)
	standing(t, s, "FoundThere", "resolved", 1)
}

// TestAnAlertmanagerSends has Debian's Alertmanager tell what it knows by its webhook: it
// is an alert here, once, over a restart and with what people make of it, until it is told
// to be over. That Alertmanager is told of alerts too: neither hears of its own again.
func TestAnAlertmanagerSends(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 100 * time.Millisecond
		write(t, filepath.Join(o.Data, server.RulesFolder, "own.yaml"), `groups: [{name: own, rules: [{alert: OursFires, expr: vector(1), labels: {severity: warning}, annotations: {summary: Ours fires.}}]}]`)
	})
	token := s.TokenOf(s.Person(auth.Operator).ID, auth.Sender)
	dir, at := t.TempDir(), freeAddress(t)
	write(t, filepath.Join(dir, "am.yml"), fmt.Sprintf(`
route: {receiver: deskbell, group_wait: 100ms, group_interval: 200ms, repeat_interval: 4h}
receivers:
- name: deskbell
  webhook_configs: [{url: %q, send_resolved: true, http_config: {authorization: {credentials: %s}}}]
`, s.HTTP+"/alertmanager/webhook", token))
	program(t, "http://"+at+"/-/ready", "prometheus-alertmanager", "--config.file="+filepath.Join(dir, "am.yml"), "--storage.path="+filepath.Join(dir, "data"), "--web.listen-address="+at, "--cluster.listen-address=")
	type there struct {
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations,omitempty"`
		EndsAt       string            `json:"endsAt,omitempty"`
		GeneratorURL string            `json:"generatorURL,omitempty"`
	}
	find := func(list ...there) {
		t.Helper()
		b, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post("http://"+at+"/api/v2/alerts", "application/json", bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("the Alertmanager answers %s", resp.Status)
		}
	}
	known := func() (list []there) {
		t.Helper()
		resp, err := http.Get("http://" + at + "/api/v2/alerts")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	hot := there{Labels: map[string]string{"alertname": "RackHot", "severity": "critical", "rack": "7 <b>"}, Annotations: map[string]string{"summary": "Rack 7 <b> is hot."}, GeneratorURL: "http://prom.example.com/graph"}
	find(hot)
	i := standing(t, s, "RackHot", "firing", 1)[0]
	if i.From != "test" || i.Severity != "critical" || i.Summary != "Rack 7 <b> is hot." || i.Link != hot.GeneratorURL || i.Labels["rack"] != "7 <b>" || i.Endpoint != "" {
		t.Errorf("it is %+v", i)
	}
	rest(t, s, "POST", "/alerts/act", map[string]any{"do": "acknowledge", "alerts": []string{i.ID}}, nil)
	rest(t, s, "POST", "/channels", map[string]any{"name": "Back", "kind": "alertmanager", "url": "http://" + at, "wait_seconds": 1}, nil)
	s.Stop()
	s.Restart()
	if again := standing(t, s, "RackHot", "firing", 1)[0]; again.ID != i.ID || again.Care.AckedBy == "" {
		t.Errorf("after a restart it is %+v", again)
	}
	servertest.Wait(t, "the Alertmanager hears of ours", func() bool {
		return slices.ContainsFunc(known(), func(a there) bool { return a.Labels["alertname"] == "OursFires" })
	})
	// It tells all that it knows of at once: with the next one also of ours.
	find(hot, there{Labels: map[string]string{"alertname": "Later"}})
	standing(t, s, "Later", "firing", 1)
	for _, a := range standing(t, s, "OursFires", "firing", 1) {
		if a.From != "" {
			t.Errorf("ours came back: %+v", a)
		}
	}
	for _, a := range known() {
		if a.Labels["origin"] != "" {
			t.Errorf("theirs went back: %+v", a)
		}
	}
	hot.EndsAt = time.Now().Format(time.RFC3339Nano)
	find(hot)
	standing(t, s, "RackHot", "resolved", 1)
	standing(t, s, "Later", "firing", 1)
}
