//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// eventually waits until something holds, for ten seconds.
func eventually(what string, holds func() bool) error {
	for range 500 {
		if holds() {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New(what + " did not come in 10 s")
}

func isThere(path string) func() bool {
	return func() bool {
		_, err := os.Stat(path)
		return err == nil
	}
}

const busConfig = `<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/></policy></busconfig>`

// services answers systemctl in systemd's place: units and their states, on a
// D-Bus of this machine's own.
func (m *machine) services(units map[string]string) error {
	if err := m.sh("mkdir -p /run/systemd/system /run/dbus"); err != nil {
		return err
	}
	if err := os.WriteFile("/run/lab/bus.conf", []byte(busConfig), 0o644); err != nil {
		return err
	}
	if _, err := m.start("dbus-daemon", "--config-file=/run/lab/bus.conf", "--nofork", "--nopidfile"); err != nil {
		return err
	}
	if err := eventually("the bus", isThere("/run/dbus/system_bus_socket")); err != nil {
		return err
	}
	conn, err := dbus.Connect("unix:path=/run/dbus/system_bus_socket")
	if err != nil {
		return err
	}
	m.undo = append(m.undo, func() { conn.Close() })
	manager := manager{units}
	if err := conn.Export(manager, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"); err != nil {
		return err
	}
	for name, state := range units {
		if err := conn.Export(unit{name, state}, unitPath(name), "org.freedesktop.DBus.Properties"); err != nil {
			return err
		}
	}
	reply, err := conn.RequestName("org.freedesktop.systemd1", dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		return fmt.Errorf("systemd's name on the bus: %v %w", reply, err)
	}
	return nil
}

// unitPath is systemd's way to write a unit's name as a path.
func unitPath(name string) dbus.ObjectPath {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return dbus.ObjectPath("/org/freedesktop/systemd1/unit/" + b.String())
}

// manager is systemd's manager as far as systemctl list-units asks it.
type manager struct{ units map[string]string }

// listed is a unit in the manager's list.
type listed struct {
	Name, Description, Load, Active, Sub, Followed string
	Path                                           dbus.ObjectPath
	Job                                            uint32
	JobType                                        string
	JobPath                                        dbus.ObjectPath
}

// ListUnitsByPatterns lists every unit.
func (m manager) ListUnitsByPatterns(_, _ []string) ([]listed, *dbus.Error) {
	var all []listed
	for name, state := range m.units {
		l := listed{Name: name, Description: name, Load: "loaded", Active: "active", Sub: state, Path: unitPath(name), JobPath: "/"}
		switch state {
		case "failed":
			l.Active = "failed"
		case "dead":
			l.Active = "inactive"
		}
		all = append(all, l)
	}
	return all, nil
}

// unit is one unit as systemctl show asks it.
type unit struct{ name, state string }

// GetAll returns what is known of the unit.
func (u unit) GetAll(string) (map[string]dbus.Variant, *dbus.Error) {
	result, status := "success", int32(0)
	if u.state == "failed" {
		result, status = "exit-code", 3
	}
	return map[string]dbus.Variant{
		"Id": dbus.MakeVariant(u.name), "Result": dbus.MakeVariant(result),
		"ExecMainCode": dbus.MakeVariant(int32(1)), "ExecMainStatus": dbus.MakeVariant(status),
	}, nil
}

const cupsConfig = `Listen /run/cups/cups.sock
LogLevel warn
DefaultAuthType None
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
`

// printing starts a CUPS with one queue in the state, with or without a document.
func (m *machine) printing(state string, document bool) error {
	const cupsd = "/usr/sbin/cupsd"
	if !isThere(cupsd)() {
		return errors.New("CUPS is not installed here (the package cups-daemon)")
	}
	if err := m.sh("mkdir -p /run/cups /etc/cups /var/spool/cups /var/cache/cups; mount -t tmpfs none /var/spool/cups; mount -t tmpfs none /var/cache/cups; mkdir -p /var/spool/cups/tmp /var/log/cups"); err != nil {
		return err
	}
	queue := "<Printer Office>\nInfo Office\nDeviceURI ipp://203.0.113.99/ipp/print\nState " + state + "\nStateMessage The printer is not connected.\nReason paused\nAccepting Yes\nShared No\nErrorPolicy stop-printer\n</Printer>\n"
	if state == "Idle" {
		queue = strings.Replace(strings.Replace(queue, "Reason paused\n", "", 1), "StateMessage The printer is not connected.\n", "", 1)
	}
	for path, text := range map[string]string{
		"/etc/cups/cupsd.conf": cupsConfig, "/etc/cups/printers.conf": queue,
		"/etc/cups/cups-files.conf": "SystemGroup root\nUser lp\nGroup lp\nErrorLog /var/log/cups/error_log\nAccessLog /dev/null\nPageLog /dev/null\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			return err
		}
	}
	c := exec.Command(cupsd, "-f")
	if err := c.Start(); err != nil {
		return err
	}
	m.undo = append(m.undo, func() {
		c.Process.Kill()
		c.Wait()
	})
	if err := eventually("CUPS", isThere("/run/cups/cups.sock")); err != nil {
		return err
	}
	if !document {
		return nil
	}
	return eventually("the document", func() bool { return printDocument() == nil })
}

// printDocument hands a document to the queue (Print-Job, RFC 8011).
func printDocument() error {
	b := []byte{1, 1, 0, 2, 0, 0, 0, 1, 1}
	for _, a := range []struct {
		tag         byte
		name, value string
	}{
		{0x47, "attributes-charset", "utf-8"}, {0x48, "attributes-natural-language", "en"}, {0x45, "printer-uri", "ipp://localhost/printers/Office"},
		{0x42, "requesting-user-name", "anna"}, {0x42, "job-name", "Letter"}, {0x49, "document-format", "application/octet-stream"},
	} {
		b = append(b, a.tag)
		b = binary.BigEndian.AppendUint16(b, uint16(len(a.name)))
		b = append(b, a.name...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(a.value)))
		b = append(b, a.value...)
	}
	b = append(append(b, 3), "A letter.\n"...)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "/run/cups/cups.sock")
	}}}
	answer, err := client.Post("http://localhost/printers/Office", "application/ipp", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil || answer.StatusCode != http.StatusOK || len(said) < 4 || binary.BigEndian.Uint16(said[2:]) >= 0x0100 {
		return fmt.Errorf("CUPS says %s %x: %w", answer.Status, said[:min(len(said), 8)], err)
	}
	return nil
}
