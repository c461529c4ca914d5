package send_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/send"
)

// TestAlertmanager sends to a real Alertmanager: an alert arrives with its labels, goes
// on while it is refreshed, and is over there once it is over here.
func TestAlertmanager(t *testing.T) {
	dir, at := t.TempDir(), free(t)
	config := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(config, []byte("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, "prometheus-alertmanager", "--config.file="+config, "--storage.path="+dir, "--web.listen-address="+at, "--cluster.listen-address=")
	type shown struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    time.Time         `json:"startsAt"`
		EndsAt      time.Time         `json:"endsAt"`
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() ([]shown, error) {
		resp, err := client.Get("http://" + at + "/api/v2/alerts")
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		var list []shown
		return list, json.NewDecoder(resp.Body).Decode(&list)
	}
	until := func(what string, ok func([]shown) bool) {
		t.Helper()
		var list []shown
		var err error
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			if list, err = get(); err == nil && ok(list) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("%s: %+v, %v", what, list, err)
	}
	until("it starts", func(l []shown) bool { return len(l) == 0 })

	s := sender(t, send.Options{})
	c := notify.Channel{Kind: notify.Alertmanager, Where: notify.Where{URL: "http://" + at}}
	n := note(notify.Firing, false)
	n.Alerts[0].Fired = time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	if said, err := s.Send(within(t), c, "", n); err != nil || said != at+" answered 200." {
		t.Fatal(said, err)
	}
	until("it fires", func(l []shown) bool {
		return len(l) == 1 && l[0].Labels["alertname"] == "DiskFull" && l[0].Labels["site"] == "Zürich" && l[0].Labels["not a name"] == "" && l[0].Annotations["summary"] != "" &&
			l[0].StartsAt.Equal(n.Alerts[0].Fired) && l[0].EndsAt.After(time.Now().Add(4*time.Minute))
	})
	before, err := get()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(within(t), c, "", n.Alerts); err != nil {
		t.Fatal(err)
	}
	until("it goes on", func(l []shown) bool { return len(l) == 1 && l[0].EndsAt.After(before[0].EndsAt) })
	n.Event, n.Alerts[0].Ended = notify.Resolved, time.Now()
	if _, err := s.Send(within(t), c, "", n); err != nil {
		t.Fatal(err)
	}
	until("it is over", func(l []shown) bool { return len(l) == 0 })
}
