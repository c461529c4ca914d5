package uplink

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestReadNetwork looks at a network of its own, which it changes.
func TestReadNetwork(t *testing.T) {
	if os.Getenv("UPLINK_TEST_NETWORK") == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestReadNetwork$", "-test.v")
		c.Env = append(os.Environ(), "UPLINK_TEST_NETWORK=own")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "PASS") {
			t.Fatalf("a network of its own needs root and iproute2: %v\n%s", err, out)
		}
		return
	}
	ip := func(args string) {
		t.Helper()
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v %s", args, err, out)
		}
	}
	const server = "192.0.2.1:443"
	last := readNetwork(server)
	if last.Out.IsValid() {
		t.Fatalf("a way out without an interface: %v", last)
	}
	steps := []struct {
		do    string
		same  bool   // as before
		leave string // the address from which packets leave
	}{
		{"link set lo up", true, ""},
		{"link add d0 type veth peer name d1", true, ""},
		{"link set d1 up", true, ""},
		{"link set d0 up", true, ""}, // a link-local address
		{"addr add 10.1.0.5/24 dev d0", false, ""},
		{"route add default via 10.1.0.1", false, "10.1.0.5"},
		{"addr add fd00::1234/64 dev d0 nodad", false, "10.1.0.5"},
		{"addr add fd00::5678/64 dev d0 nodad", true, "10.1.0.5"}, // a privacy address
		{"route replace default via 10.1.0.2", false, "10.1.0.5"},
		{"addr add 172.17.0.1/16 dev d0", false, "10.1.0.5"},
		{"route replace default via 10.1.0.2 src 172.17.0.1", true, "172.17.0.1"},
	}
	for _, s := range steps {
		ip(s.do)
		n := readNetwork(server)
		if (n.Hash == last.Hash) != s.same {
			t.Errorf("after %q the hash is the same: %v, want %v", s.do, n.Hash == last.Hash, s.same)
		}
		if got := n.Out.String(); got != s.leave && (s.leave != "" || n.Out.IsValid()) {
			t.Errorf("after %q packets leave from %s, want %q", s.do, got, s.leave)
		}
		last = n
	}
	fmt.Println("PASS")
}
