package snmp_test

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/device/snmp"
	"github.com/deskbell/deskbell/server/device/snmptest"
)

// hasty is for what does not answer.
var hasty = snmp.Reader{Patience: 300 * time.Millisecond, Once: true}

// TestDaemon: Debian's snmpd is read by v2c and by v3 alike, with its interfaces and their
// wide counters; whoever has a wrong name, password or level is told which it is, and no
// sentence has a secret.
func TestDaemon(t *testing.T) {
	d := snmptest.Start(t, "override .1.3.6.1.2.1.31.1.1.1.18.1 octet_str \"To the <b>roof</b>\"")
	v3 := func(user string, auth device.Auth, authPassword string, priv device.Priv, privPassword string) device.Access {
		return device.Access{Version: device.V3, User: user, Auth: auth, AuthPassword: authPassword, Priv: priv, PrivPassword: privPassword}
	}
	good, bad := snmptest.AuthPassword, "not the passw0rd"
	for name, c := range map[string]struct {
		access device.Access
		says   string // empty: it is well
	}{
		"v2c":                    {d.Target().Access, ""},
		"v3":                     {v3(snmptest.User, "SHA256", good, "AES", snmptest.PrivPassword), ""},
		"v3 without privacy":     {v3("old", "MD5", good, "", ""), ""},
		"v3, old ways":           {v3("old", "MD5", good, "DES", snmptest.PrivPassword), ""},
		"another user":           {v3("nobody", "SHA256", good, "AES", snmptest.PrivPassword), "It does not know the user nobody."},
		"another password":       {v3(snmptest.User, "SHA256", bad, "AES", snmptest.PrivPassword), "The password of reader is wrong, or the device checks it by another way than SHA256."},
		"another way":            {v3(snmptest.User, "SHA512", good, "AES", snmptest.PrivPassword), "The password of reader is wrong, or the device checks it by another way than SHA512."},
		"another password there": {v3(snmptest.User, "SHA256", good, "AES", bad), "What was encrypted cannot be read"},
		"too low a level":        {v3(snmptest.User, "SHA256", good, "", ""), "The device does not let reader in at the level authNoPriv."},
		"without a password":     {v3(snmptest.User, "", "", "", ""), "The device does not let reader in at the level noAuthNoPriv."},
	} {
		t.Run(name, func(t *testing.T) {
			to := d.Target()
			to.Access = c.access
			reader := snmp.Reader{}
			if c.access.PrivPassword == bad {
				reader = hasty // this one is not answered
			}
			r := reader.Read(t.Context(), to)
			for _, secret := range []string{snmptest.Community, good, bad, snmptest.PrivPassword} {
				if strings.Contains(r.Result.Says, secret) {
					t.Errorf("a secret is told: %s", r.Result.Says)
				}
			}
			if c.says != "" {
				if r.Result.Outcome != check.Failed || !strings.HasPrefix(r.Result.Says, c.says) {
					t.Errorf("%+v", r.Result)
				}
				return
			}
			if r.Result.Outcome != check.OK || r.Result.Address != "127.0.0.1" || !r.Timed || r.Uptime > time.Hour || r.Trouble != "" || !r.Whole {
				t.Errorf("%+v", r)
			}
			if r.System != (device.System{Name: "core-1", Descr: "A switch <b>of a test</b>", Location: "The cellar"}) {
				t.Errorf("%+v", r.System)
			}
			if len(r.Interfaces) == 0 {
				t.Fatal("it has no interface")
			}
			lo := r.Interfaces[0]
			if lo.Index != 1 || lo.Name != "lo" || lo.Alias != "To the <b>roof</b>" || lo.Admin != device.IfUp || lo.Oper != device.IfUp || !lo.In.Wide || !lo.Out.OK || lo.In.Value == 0 || !lo.InErrors.OK || lo.InErrors.Wide {
				t.Errorf("%+v", lo)
			}
		})
	}
}

// TestSilence: what does not answer says why as well as one can know: a wrong community is
// as silent as a device that is away, a port at which nothing listens is not, and nothing
// is sent to addresses at which clouds keep secrets.
func TestSilence(t *testing.T) {
	t.Parallel()
	deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deaf.Close() })
	d := snmptest.Start(t)
	at := func(host string, port int, a device.Access) device.Target {
		return device.Target{Host: host, Port: port, Access: a}
	}
	v2c, v3 := device.Access{Version: device.V2c, Community: "a wr0ng one"}, device.Access{Version: device.V3, User: "reader"}
	away := deaf.LocalAddr().(*net.UDPAddr).Port
	for name, c := range map[string]struct {
		to      device.Target
		outcome check.Outcome
		says    string
	}{
		"wrong community": {at("127.0.0.1", d.Port, v2c), check.Failed, "Nothing answers. The device is away, a firewall is between, or the community is wrong"},
		"v2c":             {at("127.0.0.1", away, v2c), check.Failed, "Nothing answers. The device is away, a firewall is between, or the community is wrong"},
		"v3":              {at("127.0.0.1", away, v3), check.Failed, "Nothing answers. The device is away, a firewall is between, or it does not let this server speak SNMP v3."},
		"no port":         {at("127.0.0.1", snmptest.FreePort(t), v2c), check.Failed, "Nothing listens for SNMP at this port."},
		"link":            {at("169.254.169.254", 161, v2c), check.Unable, "169.254.169.254 is an address for a machine's own link only"},
		"no name":         {at("no-such-name.invalid", 161, v2c), check.Failed, "It cannot be asked: name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := hasty.Read(t.Context(), c.to)
			if r.Result.Outcome != c.outcome || !strings.HasPrefix(r.Result.Says, c.says) {
				t.Errorf("%+v", r.Result)
			}
		})
	}
}

// box answers to SNMP v2c as it is told to, by packets that gosnmp makes.
func box(t *testing.T, answer func(oid string, reps uint32) []gosnmp.SnmpPDU) device.Target {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			q, err := gosnmp.Default.SnmpDecodePacket(b[:n])
			if err != nil || len(q.Variables) == 0 {
				continue
			}
			q.PDUType = gosnmp.GetResponse
			var vars []gosnmp.SnmpPDU
			if len(q.Variables) == 1 {
				vars = answer(q.Variables[0].Name, q.MaxRepetitions)
			} else {
				for _, v := range q.Variables {
					vars = append(vars, answer(v.Name, 0)...)
				}
			}
			p := gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: q.Community, PDUType: gosnmp.GetResponse, RequestID: q.RequestID, Variables: vars}
			if out, err := p.MarshalMsg(); err == nil {
				_, _ = c.WriteTo(out, from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return device.Target{Host: "127.0.0.1", Port: c.LocalAddr().(*net.UDPAddr).Port, Access: device.Access{Version: device.V2c, Community: "c"}}
}

// TestHostile: a device that tells interfaces without end, or in a circle, or texts that
// are no texts, is read as far as it makes sense.
func TestHostile(t *testing.T) {
	system := func(oid string) []gosnmp.SnmpPDU {
		if strings.HasSuffix(oid, ".1.3.0") {
			return []gosnmp.SnmpPDU{{Name: oid, Type: gosnmp.TimeTicks, Value: uint32(4200)}}
		}
		return []gosnmp.SnmpPDU{{Name: oid, Type: gosnmp.OctetString, Value: []byte("a\x00\n\xff\u202e" + strings.Repeat("x", 5000))}}
	}
	rows := func(oid string, reps uint32, next func(int) int) []gosnmp.SnmpPDU {
		if reps == 0 {
			return system(oid)
		}
		var out []gosnmp.SnmpPDU
		parts := strings.Split(oid, ".")
		root, at, column := oid, 0, len(strings.Split(".1.3.6.1.2.1.2.2.1.8", "."))
		if strings.HasPrefix(oid, ".1.3.6.1.2.1.31.") {
			column = len(strings.Split(".1.3.6.1.2.1.31.1.1.1.6", "."))
		}
		if len(parts) > column {
			root = strings.Join(parts[:column], ".")
			at, _ = strconv.Atoi(parts[len(parts)-1])
		}
		for range reps {
			at = next(at)
			v := gosnmp.SnmpPDU{Name: root + "." + strconv.Itoa(at), Type: gosnmp.Integer, Value: 1}
			if strings.HasSuffix(root, ".2.2.1.2") {
				v.Type, v.Value = gosnmp.OctetString, []byte("the same\x00")
			}
			out = append(out, v)
		}
		return out
	}
	endless := snmp.Reader{}.Read(t.Context(), box(t, func(oid string, reps uint32) []gosnmp.SnmpPDU {
		return rows(oid, reps, func(i int) int { return i + 1 })
	}))
	if endless.Result.Outcome != check.OK || len(endless.Interfaces) != device.MaxInterfaces || !endless.More || endless.Whole || endless.Trouble != "" {
		t.Errorf("%d interfaces, %+v, %s", len(endless.Interfaces), endless.Result, endless.Trouble)
	}
	if s := endless.System.Name; len([]rune(s)) != 100 || !strings.HasPrefix(s, "a xxx") {
		t.Errorf("the name is %q", s)
	}
	if a, b := endless.Interfaces[0].Name, endless.Interfaces[1].Name; a != "the same #1" || b != "the same #2" {
		t.Errorf("interfaces are named %q, %q", a, b)
	}
	circle := snmp.Reader{}.Read(t.Context(), box(t, func(oid string, reps uint32) []gosnmp.SnmpPDU {
		return rows(oid, reps, func(i int) int { return i%7 + 1 })
	}))
	if circle.Result.Outcome != check.OK || len(circle.Interfaces) != 0 || circle.Trouble != "Its interfaces could not be read: it tells them in no order." {
		t.Errorf("%d interfaces, %q", len(circle.Interfaces), circle.Trouble)
	}
	none := snmp.Reader{}.Read(t.Context(), box(t, func(oid string, reps uint32) []gosnmp.SnmpPDU {
		if reps == 0 {
			return system(oid)
		}
		return []gosnmp.SnmpPDU{{Name: oid, Type: gosnmp.EndOfMibView}}
	}))
	if none.Result.Outcome != check.OK || len(none.Interfaces) != 0 || none.Trouble != "" || !none.Whole {
		t.Errorf("%+v", none)
	}
}
