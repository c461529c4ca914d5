package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/api"
	"github.com/deskbell/deskbell/server/device/snmptest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestDevice: a switch that does not answer is an alert with its name, its site and the
// reason, through the one machinery of alerts, and ends when it answers again; an
// interface that was up and is down is one; what it carries is in the time series. Its
// secrets are told by nothing, and stay when it is changed.
func TestDevice(t *testing.T) {
	const status = ".1.3.6.1.2.1.2.2.1.8.1"
	d := snmptest.Start(t, "override -rw "+status+" integer 1")
	s := servertest.Start(t, func(o *server.Options) { o.AlertsEvery = 100 * time.Millisecond })
	type told struct {
		ID, State, Says string
		SysName         string `json:"sys_name"`
		Interfaces      []api.DeviceInterface
		Log             []struct{ Did, Interface string }
	}
	var made, got told
	body := map[string]any{
		"name": "Core <b>switch</b>", "site": "Berlin", "host": "127.0.0.1", "port": d.Port, "snmp": "3", "user": snmptest.User, "auth": "SHA256", "auth_password": snmptest.AuthPassword,
		"priv": "AES", "priv_password": snmptest.PrivPassword, "failures": 1, "successes": 1,
	}
	var all json.RawMessage
	rest(t, s, http.MethodPost, "/devices", body, &all)
	if err := json.Unmarshal(all, &made); err != nil {
		t.Fatal(err)
	}
	version := 1
	// again has it looked at at once, by a change that leaves its secrets out.
	again := func() {
		delete(body, "auth_password")
		delete(body, "priv_password")
		body["version"] = version
		version++
		rest(t, s, http.MethodPut, "/devices/"+made.ID, body, nil)
	}
	until := func(what string, done func() bool) {
		t.Helper()
		servertest.Wait(t, what, func() bool {
			rest(t, s, http.MethodGet, "/devices/"+made.ID, nil, &all)
			got = told{}
			if err := json.Unmarshal(all, &got); err != nil {
				t.Fatal(err)
			}
			return done()
		})
	}
	until("it to be up", func() bool { return got.State == "up" && len(got.Interfaces) > 0 })
	if lo := got.Interfaces[0]; got.SysName != "core-1" || lo.Name != "lo" || lo.State != "up" || lo.In != nil {
		t.Errorf("%+v", got)
	}

	// Somebody pulls a cable.
	g := &gosnmp.GoSNMP{Target: "127.0.0.1", Port: uint16(d.Port), Community: snmptest.Writing, Version: gosnmp.Version2c, Timeout: 5 * time.Second}
	if err := g.Connect(); err != nil {
		t.Fatal(err)
	}
	defer g.Conn.Close()
	if p, err := g.Set([]gosnmp.SnmpPDU{{Name: status, Type: gosnmp.Integer, Value: 2}}); err != nil || p.Error != gosnmp.NoError {
		t.Fatal(p, err)
	}
	again()
	i := standing(t, s, "InterfaceDown", "pending", 1)[0]
	if i.Summary != "lo of “Core <b>switch</b>” was up, and is down." || i.Labels["interface"] != "lo" || i.Labels["site"] != "Berlin" {
		t.Errorf("%+v", i)
	}
	until("what it carries", func() bool { return got.Interfaces[0].State == "down" })

	d.Stop()
	again()
	i = standing(t, s, "DeviceSilent", "firing", 1)[0]
	if i.Severity != "critical" || i.Labels["site"] != "Berlin" || i.Labels["network_device"] != made.ID ||
		!strings.HasPrefix(i.Summary, "The network device “Core <b>switch</b>” cannot be reached. Nothing listens for SNMP at this port.") {
		t.Errorf("%+v", i)
	}
	s.Stop()
	d.Again()
	s.Restart()
	again()
	until("it to be up again", func() bool { return got.State == "up" })
	standing(t, s, "DeviceSilent", "firing", 0)
	standing(t, s, "DeviceSilent", "resolved", 1)
	var log []string
	until("its log", func() bool {
		log = nil
		for _, l := range got.Log {
			if l.Did != "restarted" { // which is told when it ran for longer before
				log = append(log, strings.TrimSpace(l.Did+" "+l.Interface))
			}
		}
		return len(log) == 5
	})
	if want := "up lo, up, down, down lo, up"; strings.Join(log, ", ") != want {
		t.Errorf("its log is %q, not %q", log, want)
	}
	for _, secret := range []string{snmptest.AuthPassword, snmptest.PrivPassword} {
		if strings.Contains(string(all), secret) {
			t.Error("a secret is told")
		}
	}
	var reading struct {
		Outcome    string
		Interfaces []api.DeviceInterface
	}
	rest(t, s, http.MethodPost, "/devices/"+made.ID+"/run", nil, &reading)
	if reading.Outcome != "ok" || len(reading.Interfaces) == 0 {
		t.Errorf("by hand: %+v", reading)
	}
	rest(t, s, http.MethodDelete, "/devices/"+made.ID, nil, nil)
	standing(t, s, "InterfaceDown", "pending", 0)
}
