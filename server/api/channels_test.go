package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/notify"
)

// channels makes a channel, changes it, sends a test over it, and deletes it. Its
// secret is told once, and in nothing after.
func (d *documented) channels() {
	t := d.t
	t.Helper()
	got := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- string(b)
	}))
	defer hook.Close()
	made := d.call(201, "POST", "/channels", object{"name": "Hook", "kind": "webhook", "url": hook.URL, "least": "critical"})
	key := made.text("key")
	if !strings.HasPrefix(key, "deskbell_hook_") {
		t.Errorf("the key is %q", key)
	}
	path := "/channels/" + made.text("id")
	d.call(200, "POST", path+"/test", nil)
	select {
	case b := <-got:
		if !strings.Contains(b, `"event":"test"`) {
			t.Errorf("the test is %s", b)
		}
	case <-time.After(20 * time.Second):
		t.Error("the test did not arrive")
	}
	changed := d.call(200, "PUT", path, object{"name": "Hook 2", "kind": "webhook", "url": hook.URL, "version": 1, "match": `{site="Berlin"}`})
	list := d.call(200, "GET", "/channels", nil)
	for _, b := range [][]byte{changed.body, list.body} {
		if strings.Contains(string(b), key) {
			t.Errorf("the key is shown again: %s", b)
		}
	}
	d.call(409, "PUT", path, object{"name": "Hook 3", "kind": "webhook", "url": hook.URL, "version": 1})
	d.call(422, "POST", "/channels", object{"name": "Mail", "kind": "smtp"})
	d.call(422, "PUT", path, object{"name": "Hook 2", "kind": "webhook", "url": hook.URL, "version": 2, "match": `{site=`})
	d.call(200, "GET", "/channels/messages?state=dead", nil)
	d.call(404, "POST", "/channels/messages/none/again", nil)
	d.call(404, "DELETE", "/channels/messages/none", nil)
	// What was given up is tried again, or taken out.
	now := time.Now().Truncate(time.Millisecond)
	err := d.DB.Channels().Update(t.Context(), func(tx notify.Tx) error {
		for _, id := range []string{"m1", "m2"} {
			r := notify.Row{ID: id, Channel: made.text("id"), Group: id, Note: notify.Note{ID: id, Event: notify.Firing, Group: id}, State: notify.Dead, Created: now, Since: now, Next: now, Done: now, Unsure: true, Problem: "It did not answer."}
			if err := tx.SaveRow(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if dead := d.call(200, "GET", "/channels/messages?state=dead", nil).object()["items"].([]any); len(dead) != 2 || dead[0].(object)["problem"] != "It did not answer." {
		t.Errorf("given up: %v", dead)
	}
	d.call(204, "POST", "/channels/messages/m1/again", nil)
	d.call(204, "DELETE", "/channels/messages/m2", nil)
	select {
	case b := <-got:
		if !strings.Contains(b, `"id":"m1"`) {
			t.Errorf("the message is %s", b)
		}
	case <-time.After(20 * time.Second):
		t.Error("the message did not arrive")
	}
	hook.Close()
	d.call(503, "POST", path+"/test", nil)
	d.call(204, "DELETE", path, nil)
}
