package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/api"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestARenamedGroup: whatever knows a group by its name knows the new one, at once and over
// a restart; what a regular expression or a file says is told, before and after.
func TestARenamedGroup(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 100 * time.Millisecond
		folder := filepath.Join(o.Data, server.RulesFolder)
		for name, text := range map[string]string{
			"own.yaml":           "groups:\n- name: own\n  rules:\n  - alert: Tills\n    expr: deskbell_group_online{endpoint_group=\"Tills\"} < 1\n    labels: {severity: warning}\n    annotations: {summary: Closed.}\n  - alert: All\n    expr: deskbell_group_online{endpoint_group=~\".+\"} < 0\n    labels: {severity: warning}\n    annotations: {summary: All.}\n",
			"inhibit/hours.yaml": "inhibit_rules:\n- name: Night\n  source_matchers: ['alertname=\"Tills\"']\n  target_matchers: ['endpoint_group!=\"Tills\"', 'alertname=\"All\"']\n",
		} {
			path := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	m := s.Machine("TILL-1")
	var made struct{ ID string }
	rest(t, s, "POST", "/groups", map[string]any{"name": "Tills", "condition": "endpoint:TILL-*"}, &made)
	rest(t, s, "POST", "/groups", map[string]any{"name": "Others", "condition": "os:linux"}, nil)
	own := made.ID
	end := time.Now().Add(time.Hour)
	rest(t, s, "POST", "/alerts/maintenance", map[string]any{"title": "New tills", "groups": []string{"Others", "Tills"}, "until": end}, nil)
	for _, match := range []string{`alertname="X", endpoint_group="Tills"`, `endpoint_group!="Tills", alertname="Y"`, `endpoint_group=~"Til.*"`, `endpoint_group="Others"`} {
		rest(t, s, "POST", "/alerts/silences", map[string]any{"match": match, "until": end, "why": "Calm."}, nil)
	}
	channel := map[string]any{"name": "Mail", "kind": "smtp", "host": "127.0.0.1", "port": 1, "security": "none", "from": "bell@example.com", "to": []string{"all@example.com"}, "match": `endpoint_group="Tills"`}
	rest(t, s, "POST", "/channels", channel, &made)
	mail := made.ID
	channel["name"], channel["match"] = "Wide", `endpoint_group!~"Tills|Shops", alertname="Z"`
	rest(t, s, "POST", "/channels", channel, nil)
	steps := []map[string]any{{"after_seconds": 60, "kind": "channel", "target": mail}}
	rest(t, s, "POST", "/oncall/escalations", map[string]any{"name": "Nights", "least": "warning", "match": `Tills{endpoint_group="Tills"}`, "steps": steps}, nil)
	rest(t, s, "POST", "/reports/schedules", map[string]any{"name": "Tills each week", "kind": "group", "id_of": "Tills", "every": "week", "day": 1, "at": "08:00", "zone": "UTC", "channel": mail, "to": []string{s.Person(auth.Admin).ID}}, nil)
	servertest.Wait(t, "the rules to be read", func() bool {
		var known struct {
			Stays []string `json:"stays_behind"`
		}
		rest(t, s, "GET", "/groups/"+own+"/known", nil, &known)
		return len(known.Stays) == 4
	})
	knows := func(want string) {
		t.Helper()
		var windows struct {
			Items []struct{ Groups, GroupsGone []string }
		}
		rest(t, s, "GET", "/alerts/maintenance", nil, &windows)
		var silences, channels, policies struct{ Items []struct{ Match string } }
		rest(t, s, "GET", "/alerts/silences", nil, &silences)
		rest(t, s, "GET", "/channels", nil, &channels)
		rest(t, s, "GET", "/oncall/escalations", nil, &policies)
		var reports struct {
			Items []struct {
				Of string `json:"id_of"`
			}
		}
		rest(t, s, "GET", "/reports/schedules", nil, &reports)
		got := []string{fmt.Sprint(windows.Items[0].Groups), fmt.Sprint(reports.Items[0].Of)}
		for _, x := range slices.Concat(silences.Items, channels.Items, policies.Items) {
			got = append(got, x.Match)
		}
		var groups []string
		list, _ := s.Glance()
		for _, g := range list {
			if g.Kind == "group" {
				groups = append(groups, g.ID)
			}
		}
		slices.Sort(groups)
		if d := cmp.Diff(strings.Split(want, "\n"), append(got, fmt.Sprint(groups))); d != "" {
			t.Error(d)
		}
	}
	var known struct {
		Follows []string `json:"follows"`
		Stays   []string `json:"stays_behind"`
	}
	rest(t, s, "GET", "/groups/"+own+"/known", nil, &known)
	stays := []string{"the channel “Wide”", "the inhibition Night in inhibit/hours.yaml, line 2", "the rule Tills in own.yaml, line 4", `the silence {endpoint_group=~"Til.*"}`}
	if d := cmp.Diff(stays, known.Stays); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"the channel “Mail”", "the escalation “Nights”", "the maintenance “New tills”", "the scheduled report “Tills each week”", `the silence {alertname="X", endpoint_group="Tills"}`, `the silence {endpoint_group!="Tills", alertname="Y"}`}, known.Follows); d != "" {
		t.Error(d)
	}
	var changed struct {
		api.Group
		Stays []string `json:"stays_behind"`
	}
	rest(t, s, "PUT", "/groups/"+own, map[string]any{"name": `Kassen "neu" \`, "condition": "endpoint:TILL-*", "version": 1}, &changed)
	if d := cmp.Diff(stays, changed.Stays); d != "" || changed.Version != 2 || changed.Endpoints != 1 {
		t.Errorf("%+v %s", changed, d)
	}
	want := `[Kassen "neu" \ Others]` + "\n" + `Kassen "neu" \` + "\n" +
		`{endpoint_group="Others"}` + "\n" + `{endpoint_group=~"Til.*"}` + "\n" + `{endpoint_group!="Kassen \"neu\" \\", alertname="Y"}` + "\n" + `{alertname="X", endpoint_group="Kassen \"neu\" \\"}` + "\n" +
		`{endpoint_group="Kassen \"neu\" \\"}` + "\n" + `endpoint_group!~"Tills|Shops", alertname="Z"` + "\n" + `{endpoint_group="Kassen \"neu\" \\", alertname="Tills"}` + "\n" +
		`[Kassen "neu" \ Others]`
	knows(want)
	s.Stop()
	s.Restart()
	servertest.Wait(t, "what is held to be read", func() bool { _, ok := s.Glance(); return ok })
	knows(want)
	var at struct{ Items []struct{ ID string } }
	rest(t, s, "GET", "/endpoints?group="+own, nil, &at)
	if len(at.Items) != 1 || at.Items[0].ID != m.ID {
		t.Errorf("in the group are %v", at.Items)
	}
}
