package fix

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/fault"
)

// step plans and does a step, and returns what it said, or why not.
func step(t *testing.T, s Doer) (string, error) {
	t.Helper()
	p, err := s.Plan(t.Context())
	if err != nil {
		return "", err
	}
	d, err := s.Do(t.Context(), p)
	return p.Says + " " + d.Says, err
}

func TestFlushDNS(t *testing.T) {
	dir := smallSystem(t, map[string]string{"resolvectl": "", "nscd": ""})
	if _, err := step(t, FlushDNS{}); !fault.Is(err, fault.NotFound) || len(calls(t, dir)) != 0 {
		t.Errorf("with nobody who keeps names: %v, %q", err, calls(t, dir))
	}
	write(t, dir+"/run/nscd/socket", "")
	if says, err := step(t, FlushDNS{}); err != nil || !strings.Contains(says, "nscd") {
		t.Errorf("%q, %v", says, err)
	}
	write(t, dir+"/run/systemd/resolve/stub-resolv.conf", "")
	if says, err := step(t, FlushDNS{}); err != nil || !strings.Contains(says, "systemd-resolved") {
		t.Errorf("%q, %v", says, err)
	}
	if got, want := calls(t, dir), []string{"nscd --invalidate=hosts", "resolvectl flush-caches"}; !slices.Equal(got, want) {
		t.Errorf("called: %q, want %q", got, want)
	}
	smallSystem(t, map[string]string{"resolvectl": "echo no >&2; exit 1"})
	write(t, root+"/run/systemd/resolve/stub-resolv.conf", "")
	if _, err := step(t, FlushDNS{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("refused: %v", err)
	}
}

// systemctl answers as systemd's does: the state in the file “state”.
const systemctl = `cd "$(dirname "$0")"
case "$1" in
show) cat state ;;
restart) cp after state; exit "$(cat status)" ;;
esac`

func TestRestartService(t *testing.T) {
	for name, c := range map[string]struct {
		before, after, status string
		code                  fault.Code
		says                  string
	}{
		"comes up":      {"LoadState=loaded\nActiveState=failed\nResult=exit-code\n", "LoadState=loaded\nActiveState=active\n", "0", "", "was started again"},
		"fails again":   {"LoadState=loaded\nActiveState=failed\n", "LoadState=loaded\nActiveState=failed\n", "1", fault.Unavailable, ""},
		"falls over":    {"LoadState=loaded\nActiveState=failed\n", "LoadState=loaded\nActiveState=failed\n", "0", fault.Unavailable, ""},
		"is not there":  {"LoadState=not-found\nActiveState=inactive\n", "", "0", fault.Stale, ""},
		"is up already": {"LoadState=loaded\nActiveState=active\n", "LoadState=loaded\nActiveState=active\n", "0", "", "runs, and would be stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := smallSystem(t, map[string]string{"systemctl": systemctl})
			write(t, dir+"/run/systemd/system/.keep", "")
			for file, text := range map[string]string{"state": c.before, "after": c.after, "status": c.status} {
				write(t, dir+"/usr/bin/"+file, text)
			}
			says, err := step(t, RestartService{Name: "cups"})
			if fault.CodeOf(err) != c.code || !strings.Contains(says, c.says) && err == nil {
				t.Errorf("%q, %v", says, err)
			}
			if c.code == "" && !slices.Contains(calls(t, dir), "systemctl restart --no-ask-password --no-pager -- cups.service") {
				t.Errorf("called: %q", calls(t, dir))
			}
		})
	}
}

// A name that is none never reaches a program; a system without systemd is named.
func TestServiceNames(t *testing.T) {
	dir := smallSystem(t, map[string]string{"systemctl": systemctl})
	if _, err := step(t, RestartService{Name: "cups"}); !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "systemd") {
		t.Errorf("without systemd: %v", err)
	}
	write(t, dir+"/run/systemd/system/.keep", "")
	for _, name := range []string{"", "--now", "a b", "a;b", "../x", "a\nb", "$(x)", strings.Repeat("a", 300)} {
		if _, err := step(t, RestartService{Name: name}); !fault.Is(err, fault.Stale) {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	if got := calls(t, dir); len(got) != 0 {
		t.Errorf("called: %q", got)
	}
}

func TestRenewLease(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET) {
		return
	}
	cable(t)
	dir := smallSystem(t, map[string]string{
		"networkctl": "/usr/sbin/ip addr add 192.0.2.77/24 dev near0 || /usr/bin/ip addr add 192.0.2.77/24 dev near0",
		"nmcli":      `if [ "$1" = -g ]; then echo "100 (connected)"; fi`,
		"dhcpcd":     "",
	})
	s := RenewLease{Link: "near0"}
	if _, err := step(t, s); !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "set by hand") {
		t.Errorf("with nobody who asks: %v", err)
	}
	write(t, dir+"/run/dhcpcd/near0.pid", "1")
	if says, err := step(t, s); err != nil || !strings.Contains(says, "dhcpcd") {
		t.Errorf("%q, %v", says, err)
	}
	write(t, dir+"/run/NetworkManager/.keep", "")
	if says, err := step(t, s); err != nil || !strings.Contains(says, "NetworkManager") || !strings.Contains(says, "192.0.2.10/24") {
		t.Errorf("%q, %v", says, err)
	}
	probetest.Run(t, "ip", "addr", "flush", "dev", "near0")
	link, err := linkOf("near0")
	if err != nil {
		t.Fatal(err)
	}
	write(t, fmt.Sprintf("%s/run/systemd/netif/links/%d", dir, link.Index), "ADMIN_STATE=configured\n")
	says, err := step(t, s)
	if err != nil || !strings.Contains(says, "Now it has no address") || !strings.Contains(says, "near0 has the address 192.0.2.77/24") {
		t.Errorf("%q, %v", says, err)
	}
	if got := calls(t, dir); !slices.Contains(got, "dhcpcd --rebind near0") || !slices.Contains(got, "nmcli --wait 20 device connect near0") || !slices.Contains(got, "networkctl renew near0") {
		t.Errorf("called: %q", got)
	}
}

// A program that does not end is ended with all that it has started, and what it
// prints is bounded.
func TestProgramsAreBounded(t *testing.T) {
	dir := smallSystem(t, map[string]string{"hangs": "sleep 1000 & echo $! > \"$(dirname \"$0\")/child\"; wait", "talks": "yes | head -c 1000000"})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for range 5000 {
			if b, err := os.ReadFile(dir + "/usr/bin/child"); err == nil && strings.HasSuffix(string(b), "\n") {
				break
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := program(ctx, "hangs"); err == nil {
		t.Error("it went on")
	}
	b, err := os.ReadFile(dir + "/usr/bin/child")
	if err != nil {
		t.Fatal(err)
	}
	gone := func() bool {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(b)) + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	}
	for n := 0; !gone() && n < 5000; n++ {
		time.Sleep(time.Millisecond)
	}
	if !gone() {
		t.Error("what it had started lives on")
	}
	if out, err := program(t.Context(), "talks"); err != nil || len(out) != maxOutput {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if _, err := program(t.Context(), "nothing"); !fault.Is(err, fault.Unsupported) {
		t.Errorf("a program that is not there: %v", err)
	}
}
