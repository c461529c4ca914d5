package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestChannels: an administrator makes a channel in the console, sees its key once and
// what comes back of a test; an alert that fires goes over it, is given up when it is
// refused, stands in the list with the reason, and arrives when it is tried again. By
// another channel a report is sent.
func TestChannels(t *testing.T) {
	var status atomic.Int32
	status.Store(http.StatusForbidden)
	got := make(chan string, 20)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- string(b)
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, "<b>no room</b>")
	}))
	t.Cleanup(hook.Close)
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 200 * time.Millisecond
		file := filepath.Join(o.Data, server.RulesFolder, "own.yaml")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(busyRules), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	operator := open(t, s, auth.Operator)
	operator.Allow("403")
	operator.Go("/noc/channels")
	operator.Shows("body", "Your role does not allow this.")
	p := open(t, s, auth.Admin)
	p.Go("/noc/alerts")
	p.Click("a[href='/noc/channels']")
	p.Shows("main", "Nobody is told yet")
	p.Accessible("no channels")
	p.Click("a[href='/noc/new-channel/webhook']")
	p.Fill("[name=name]", "Operations <b>hook</b>")
	p.Fill("[name=url]", hook.URL)
	p.Fill("[name=match]", "{alertname=")
	p.Fill("[name=wait]", "0")
	p.Click("form.card .primary")
	p.Shows("form.card", "These conditions cannot be read")
	p.Accessible("a channel that is refused")
	p.Fill("[name=match]", `{alertname="Busy"}`)
	p.Click("form.card .primary")
	p.Shows(".notice code", "deskbell_hook_")
	key := browsertest.Eval[string](p, "document.querySelector('.notice code').innerText")
	p.Accessible("a channel's key")
	p.Picture("channel-key")
	p.Click("[form=channel-test]")
	p.Shows(".notice", "The test was not taken.")
	p.Shows(".notice", "answered 403 Forbidden: <b>no room</b>")
	<-got
	status.Store(http.StatusOK)
	p.Click("[form=channel-test]")
	p.Shows(".notice", "The test was sent.")
	if b := <-got; !strings.Contains(b, `"event":"test"`) {
		t.Errorf("the test is %s", b)
	}
	p.Accessible("a test")
	p.Fits("a channel")
	if page := browsertest.Eval[string](p, "document.documentElement.outerHTML"); strings.Contains(page, key) {
		t.Error("the key is shown again")
	}

	status.Store(http.StatusForbidden)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	m.Health(95, 40, 50)
	if b := <-got; !strings.Contains(b, "is 95 % busy.") {
		t.Errorf("the message is %s", b)
	}
	servertest.Wait(t, "the message to be given up", func() bool {
		p.Go("/noc/channels")
		return browsertest.Eval[bool](p, "!!document.querySelector('#channel-dead')")
	})
	p.Shows("[aria-labelledby=channel-dead]", "answered 403 Forbidden")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('main b').length"); n > 0 {
		t.Error("what a receiver says, or a channel is called, is markup")
	}
	p.Accessible("channels")
	p.Fits("channels")
	p.Picture("channels")
	status.Store(http.StatusOK)
	p.Click("[aria-labelledby=channel-dead] form button")
	if b := <-got; !strings.Contains(b, "is 95 % busy.") || !strings.Contains(b, `"event":"firing"`) {
		t.Errorf("the message is %s", b)
	}
	servertest.Wait(t, "the message to stand among those that were sent", func() bool {
		p.Go("/noc/channels")
		return browsertest.Eval[bool](p, "!!document.querySelector('#channel-sent') && !document.querySelector('#channel-dead')")
	})
	p.Click("table a")
	p.Click("[value=delete]")
	p.Shows("main", "Nobody is told yet")
	scheduled(t, s, p)
	p.Allow("422")
	p.Clean()
	operator.Clean()
}
