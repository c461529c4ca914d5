package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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
// words of its labels and is told to a channel, and ends when the device is back.
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
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs:
- job_name: firewalls
  static_configs: [{targets: [%q], labels: {rack: "Rack \"7\" <b>", endpoint: "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6", site: "Zürich"}}]
remote_write:
- url: %s/prometheus/api/v1/write
  authorization: {credentials: %s}
  queue_config: {batch_send_deadline: 100ms}
`, strings.TrimPrefix(device.URL, "http://"), s.HTTP, token))
	program(t, "http://"+at+"/-/ready", "prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+at)

	i := standing(t, s, "FirewallDown", "firing", 1)[0]
	if i.Severity != "critical" || i.Endpoint != "" || i.Labels["exported_endpoint"] != "01J9ZC6WQ0Z7K4M2T5V8X1Y3A6" || i.Labels["site"] != "Zürich" || i.Labels["origin"] != "test" ||
		i.Summary != `Rack "7" <b> does not answer test.` {
		t.Errorf("the alert is %+v", i)
	}
	if said := <-hooks; !strings.Contains(said, `"rule":"FirewallDown"`) || !strings.Contains(said, `"instance":"`+strings.TrimPrefix(device.URL, "http://")) {
		t.Errorf("the channel is told %s", said)
	}
	mu.Lock()
	well = true
	mu.Unlock()
	standing(t, s, "FirewallDown", "resolved", 1)
}
