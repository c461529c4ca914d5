package fix

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/ipp"
)

const cupsConfig = `Listen /run/cups/cups.sock
LogLevel warn
DefaultAuthType Basic
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit Cancel-Jobs Resume-Printer>
    AuthType Default
    Require user @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
`

// printing runs a real CUPS with one queue that is stopped, in mounts of the
// test's own. It lets nobody but the administrator clear it.
func printing(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"/run/cups", "/etc/cups", "/var/spool/cups", "/var/cache/cups", "/var/log/cups"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "/etc/cups/cupsd.conf", cupsConfig)
	write(t, "/etc/cups/cups-files.conf", "SystemGroup root\nUser lp\nGroup lp\nErrorLog /var/log/cups/error_log\nAccessLog /dev/null\nPageLog /dev/null\n")
	write(t, "/etc/cups/printers.conf", "<Printer Office>\nInfo Office\nDeviceURI ipp://203.0.113.99/ipp/print\nState Stopped\nReason paused\nAccepting Yes\nShared No\nErrorPolicy stop-printer\n</Printer>\n")
	if err := os.MkdirAll("/var/spool/cups/tmp", 0o770); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/sbin/cupsd", "-f")
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (the test needs the package cups-daemon)", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 5000 {
		if ipp.Socket() != "" {
			if _, err := ipp.Call(t.Context(), ipp.Socket(), "", ipp.GetPrinters, nil); err == nil {
				return
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	log, _ := os.ReadFile("/var/log/cups/error_log")
	t.Fatalf("CUPS does not answer\n%s", log)
}

// printDocument hands a document to the queue (Print-Job, RFC 8011), which its
// owner may hold back.
func printDocument(t *testing.T, user string, hold bool) {
	t.Helper()
	b := []byte{1, 1, 0, 2, 0, 0, 0, 1, ipp.TagOperation}
	for _, a := range []struct {
		tag         byte
		name, value string
	}{
		{0x47, "attributes-charset", "utf-8"}, {0x48, "attributes-natural-language", "en"}, {ipp.TagURI, "printer-uri", "ipp://localhost/printers/Office"},
		{ipp.TagName, "requesting-user-name", user}, {0x49, "document-format", "application/octet-stream"},
	} {
		b = append(b, ipp.Attributes(a.name, a.tag, a.value)...)
	}
	if hold {
		b = append(append(b, ipp.TagJob), ipp.Attributes("job-hold-until", ipp.TagKeyword, "indefinite")...)
	}
	b = append(append(b, ipp.TagEnd), "A letter.\n"...)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", ipp.Socket())
	}}}
	answer, err := client.Post("http://localhost/printers/Office", "application/ipp", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || len(said) < 4 || said[2] != 0 {
		t.Fatalf("CUPS says %s %q, %v", answer.Status, said, err)
	}
}

func TestClearQueue(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	printing(t)
	step := ClearQueue{Printer: "Office"}
	for _, name := range []string{"anna", "anna", "ben"} {
		printDocument(t, name, false)
	}
	printDocument(t, "chris", true)
	plan, err := step.Plan(t.Context())
	if err != nil || plan.Count != 3 || !strings.Contains(plan.Says, "3 documents that wait") || !strings.Contains(plan.Says, "anna, ben") {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	if all, _, err := step.waiting(t.Context()); err != nil || len(all) != 3 {
		t.Fatalf("after the dry run %v wait, %v", all, err)
	}
	done, err := step.Do(t.Context(), plan)
	if err != nil || done.Count != 3 {
		log, _ := os.ReadFile("/var/log/cups/error_log")
		t.Fatalf("done %+v, %v\n%s", done, err, log)
	}
	if all, _, err := step.waiting(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v wait still, %v", all, err)
	}
	if groups, err := step.call(t.Context(), ipp.GetJobs); err != nil || !slices.ContainsFunc(groups, func(g ipp.Group) bool { return g.Tag == ipp.TagJob }) {
		t.Errorf("what was held back is gone: %v, %v", groups, err)
	}
	groups, err := ipp.Call(t.Context(), ipp.Socket(), "", ipp.GetPrinters, nil)
	if err != nil || len(groups) < 2 {
		t.Fatalf("%v, %v", groups, err)
	}
	for _, g := range groups {
		if g.Tag == ipp.TagPrinter && g.Number("printer-state") == 5 {
			t.Error("the printer is stopped still")
		}
	}
	if _, err := (ClearQueue{Printer: "Attic"}).Plan(t.Context()); err != nil && !fault.Is(err, fault.Unavailable) {
		t.Errorf("a printer that is not there: %v", err)
	}
	if _, err := (ClearQueue{Printer: "Attic"}).Do(t.Context(), Plan{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a printer that is not there: %v", err)
	}
}

func TestNoPrinting(t *testing.T) {
	was := socket
	socket = func() string { return "" }
	t.Cleanup(func() { socket = was })
	if _, err := (ClearQueue{Printer: "Office"}).Plan(context.Background()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}
