// Package snmptest runs Debian's snmpd for tests, on a port of its own.
package snmptest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/device/snmp"
)

// What the daemon lets in.
const (
	Community    = "reading c0mmunity"
	Writing      = "writing c0mmunity"
	User         = "reader"
	AuthPassword = "an auth p4ssword"
	PrivPassword = "a priv p4ssword"
)

// Daemon is an snmpd.
type Daemon struct {
	t    testing.TB
	Port int
	conf string
	cmd  *exec.Cmd
	said bytes.Buffer
}

// Start runs a daemon with further lines of configuration, until the test ends.
func Start(t testing.TB, lines ...string) *Daemon {
	t.Helper()
	d := &Daemon{t: t, Port: FreePort(t), conf: t.TempDir()}
	lines = append([]string{
		fmt.Sprintf("agentaddress udp:127.0.0.1:%d", d.Port),
		fmt.Sprintf("rocommunity %q 127.0.0.1", Community),
		fmt.Sprintf("rwcommunity %q 127.0.0.1", Writing),
		fmt.Sprintf("createUser %s SHA-256 %q AES %q", User, AuthPassword, PrivPassword),
		fmt.Sprintf("createUser old MD5 %q DES %q", AuthPassword, PrivPassword),
		"rouser " + User + " priv", "rouser old auth",
		"sysname core-1", "sysdescr A switch <b>of a test</b>", "syslocation The cellar",
	}, lines...)
	if err := os.WriteFile(filepath.Join(d.conf, "snmpd.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	d.Again()
	return d
}

// FreePort is one of UDP at which nothing listens.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.LocalAddr().(*net.UDPAddr).Port
}

// Target is the daemon, by v2c.
func (d *Daemon) Target() device.Target {
	return device.Target{Host: "127.0.0.1", Port: d.Port, Access: device.Access{Version: device.V2c, Community: Community}}
}

// Again starts it once more, and waits until it answers.
func (d *Daemon) Again() {
	d.t.Helper()
	d.said.Reset()
	d.cmd = exec.CommandContext(context.WithoutCancel(d.t.Context()), "snmpd", "-f", "-Le", "-C", "-c", filepath.Join(d.conf, "snmpd.conf"), "-p", filepath.Join(d.conf, "pid"))
	d.cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "SNMP_PERSISTENT_DIR="+filepath.Join(d.conf, "state"), "MIBS=")
	if path, err := exec.LookPath("/usr/sbin/snmpd"); err == nil {
		d.cmd.Path = path
		d.cmd.Err = nil
	}
	d.cmd.Stdout, d.cmd.Stderr = &d.said, &d.said
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal("snmpd (Debian's package snmpd) cannot be started: ", err)
	}
	for end := time.Now().Add(time.Minute); ; {
		r := snmp.Reader{}.Read(d.t.Context(), d.Target())
		if r.Result.Outcome == check.OK {
			return
		}
		if time.Now().After(end) {
			d.Stop()
			d.t.Fatal("snmpd does not answer: ", r.Result.Says, "\n", d.said.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Stop ends it; it can be started again.
func (d *Daemon) Stop() {
	if d.cmd == nil || d.cmd.Process == nil {
		return
	}
	if err := d.cmd.Process.Kill(); err != nil {
		d.t.Log(err)
	}
	_ = d.cmd.Wait() // it was killed
	d.cmd = nil
}
