package send_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/send"
)

type request struct {
	header http.Header
	body   []byte
}

// receiver keeps what it was sent, and answers as it is told.
func receiver(t *testing.T, answer http.HandlerFunc) (*httptest.Server, chan request) {
	t.Helper()
	got := make(chan request, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, r.Header.Get("Content-Type"), err)
		}
		got <- request{r.Header, b}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, got
}

func ok(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }

// TestWebhookIsVerifiedByAStranger: what the manual says is enough to check a
// signature, with the very program that stands there.
func TestWebhookIsVerifiedByAStranger(t *testing.T) {
	hook, got := receiver(t, ok)
	s := sender(t, send.Options{})
	c := notify.Channel{Kind: notify.Webhook, Name: "Hook", Where: notify.Where{URL: hook.URL}}
	if said, err := s.Send(within(t), c, "the key of the hook", note(notify.Firing, false)); err != nil || !strings.HasSuffix(said, "answered 200: ok") {
		t.Fatal(said, err)
	}
	r := <-got
	manual, err := os.ReadFile("../../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, found := strings.Cut(string(manual), "```python\n")
	code, _, _ = strings.Cut(code, "```")
	if !found {
		t.Fatal("the manual has no program")
	}
	verify := func(key, at, signature string, body []byte) string {
		t.Helper()
		cmd := exec.Command("/usr/bin/python3", "-c", code+"\nimport sys\nprint(verify(sys.argv[1].encode(), sys.argv[2], sys.argv[3], sys.stdin.buffer.read()))\n", key, at, signature)
		cmd.Stdin, cmd.Stderr = strings.NewReader(string(body)), t.Output()
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	at, signature := r.header.Get("Deskbell-Timestamp"), r.header.Get("Deskbell-Signature")
	if v := verify("the key of the hook", at, signature, r.body); v != "True" {
		t.Errorf("the signature %s of %s is %s", signature, r.body, v)
	}
	for what, v := range map[string]string{
		"another key": verify("another", at, signature, r.body), "another body": verify("the key of the hook", at, signature, append(r.body, ' ')),
		"another time": verify("the key of the hook", at+"0", signature, r.body),
		"an old one":   verify("the key of the hook", "1", send.Sign("the key of the hook", time.Unix(1, 0), r.body), r.body),
	} {
		if v != "False" {
			t.Errorf("%s: %s", what, v)
		}
	}
	var doc struct {
		ID, Event, Group, Title string
		Version                 int
		Alerts                  []struct {
			Status string
			New    bool
			URL    string
		}
	}
	if err := json.Unmarshal(r.body, &doc); err != nil || doc.Version != 1 || doc.ID != r.header.Get("Deskbell-Delivery") || doc.ID != r.header.Get("Idempotency-Key") || doc.Event != "firing" ||
		len(doc.Alerts) != 1 || doc.Alerts[0].Status != "firing" || !doc.Alerts[0].New || doc.Alerts[0].URL != "https://deskbell.example.com/endpoints/e1" {
		t.Errorf("%v: %s", err, r.body)
	}
}

// TestSlack and Teams and PagerDuty: what is sent has the documented form, and what an
// endpoint says is text in it.
func TestSlack(t *testing.T) {
	hook, got := receiver(t, ok)
	s := sender(t, send.Options{})
	n := note(notify.Firing, false)
	for range 30 {
		n.Alerts = append(n.Alerts, n.Alerts[0])
	}
	if _, err := s.Send(within(t), notify.Channel{Kind: notify.Slack}, hook.URL, n); err != nil {
		t.Fatal(err)
	}
	r := <-got
	var doc struct {
		Text   string
		Blocks []struct {
			Type string
			Text *struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(r.body, &doc); err != nil || doc.Text == "" || strings.ContainsAny(doc.Text, "<>") || len(doc.Blocks) < 3 || len(doc.Blocks) > 50 {
		t.Fatalf("%v: %s", err, r.body)
	}
	for i, b := range doc.Blocks {
		switch {
		case b.Type == "header" && i == 0 && b.Text.Type == "plain_text" && len([]rune(b.Text.Text)) <= 150:
		case b.Type == "section" && b.Text.Type == "plain_text" && len(b.Text.Text) <= 3000:
		case b.Type == "context" && i == len(doc.Blocks)-1:
		default:
			t.Errorf("block %d is %+v", i, b)
		}
	}
	if !strings.Contains(string(r.body), "And 21 more.") {
		t.Errorf("what there is no room for is not counted: %s", r.body)
	}
}

func TestTeams(t *testing.T) {
	hook, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	s := sender(t, send.Options{})
	if said, err := s.Send(within(t), notify.Channel{Kind: notify.Teams}, hook.URL, note(notify.Resolved, true)); err != nil || !strings.HasSuffix(said, "answered 202.") {
		t.Fatal(said, err)
	}
	r := <-got
	var doc struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct {
					Type    string
					Inlines []struct{ Type, Text string }
				}
				Actions []struct{ Type, URL string }
			}
		}
	}
	if err := json.Unmarshal(r.body, &doc); err != nil || doc.Type != "message" || len(doc.Attachments) != 1 || doc.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Fatalf("%v: %s", err, r.body)
	}
	card := doc.Attachments[0].Content
	if card.Type != "AdaptiveCard" || card.Version != "1.4" || len(card.Actions) != 1 || card.Actions[0].Type != "Action.OpenUrl" || len(r.body) > 28<<10 {
		t.Errorf("the card is %+v", card)
	}
	for _, b := range card.Body { // TextBlock would read Markdown
		if b.Type != "RichTextBlock" || len(b.Inlines) != 1 || b.Inlines[0].Type != "TextRun" || b.Inlines[0].Text == "" {
			t.Errorf("a part is %+v", b)
		}
	}
}

func TestPagerDuty(t *testing.T) {
	pd, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, `{"status":"success","message":"Event processed","dedup_key":"x"}`)
	})
	s := sender(t, send.Options{})
	c := notify.Channel{Kind: notify.PagerDuty, Where: notify.Where{URL: pd.URL}}
	for _, x := range []struct {
		n    notify.Note
		want []string
	}{
		{note(notify.Firing, false), []string{"trigger"}}, {note(notify.Reminder, false), []string{"trigger"}}, {note(notify.Acknowledged, false), []string{"acknowledge"}},
		{note(notify.Resolved, true), []string{"resolve"}}, {note(notify.Test, false), []string{"trigger", "resolve"}},
	} {
		if _, err := s.Send(within(t), c, "R0UT1NG", x.n); err != nil {
			t.Fatal(err)
		}
		for _, want := range x.want {
			r := <-got
			var doc struct {
				RoutingKey  string `json:"routing_key"`
				EventAction string `json:"event_action"`
				DedupKey    string `json:"dedup_key"`
				Payload     *struct {
					Summary, Source, Severity string
					Timestamp                 time.Time
				}
			}
			if err := json.Unmarshal(r.body, &doc); err != nil || doc.RoutingKey != "R0UT1NG" || doc.EventAction != want || doc.DedupKey != "deskbell-0123456789abcdef" {
				t.Errorf("%s: %v: %s", want, err, r.body)
			}
			if p := doc.Payload; want == "trigger" && (p == nil || p.Summary == "" || len([]rune(p.Summary)) > 1024 || p.Source != "PC-17" || p.Severity != "critical" || !p.Timestamp.Equal(fired)) {
				t.Errorf("the payload is %+v", p)
			}
		}
	}
}

// TestAnswers: what is final and what is not, when to come again, and that no error
// names an address, which can be a secret.
func TestAnswers(t *testing.T) {
	status, header := 200, http.Header{}
	hook, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		io.WriteString(w, "no\x1b[31m\nreason")
	})
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := sender(t, send.Options{Now: func() time.Time { return now }})
	try := func(to string) *notify.SendError {
		t.Helper()
		f := refused(t, second(s.Send(within(t), notify.Channel{Kind: notify.Slack}, to, note(notify.Firing, false))))
		if strings.Contains(f.Error(), "S3CRET") {
			t.Errorf("the address is told: %s", f.Error())
		}
		return f
	}
	for _, x := range []struct {
		status int
		after  string
		final  bool
		wait   time.Duration
	}{
		{400, "", true, 0}, {401, "", true, 0}, {404, "", true, 0}, {410, "", true, 0}, {302, "", true, 0},
		{408, "", false, 0}, {429, "90", false, 90 * time.Second}, {500, "", false, 0}, {503, now.Add(time.Minute).Format(http.TimeFormat), false, time.Minute}, {503, "soon", false, 0},
	} {
		status, header = x.status, http.Header{"Location": {"http://elsewhere.example.com/"}}
		if x.after != "" {
			header.Set("Retry-After", x.after)
		}
		f := try(hook.URL + "/S3CRET")
		<-got
		if f.Final != x.final || f.After != x.wait || f.Unsure {
			t.Errorf("%d %q: %+v", x.status, x.after, f)
		}
		if x.status == 400 && !strings.HasSuffix(f.Sentence, "answered 400 Bad Request: no [31m reason") {
			t.Errorf("the sentence is %q", f.Sentence)
		}
	}
	for what, to := range map[string]string{"the link's own address": "http://169.254.169.254/S3CRET", "in other clothes": "http://[::ffff:169.254.169.254]/S3CRET"} {
		if f := try(to); !f.Final || !strings.Contains(f.Sentence, "own link") {
			t.Errorf("%s: %+v", what, f)
		}
	}
	if f := try("http://" + free(t) + "/S3CRET"); f.Final || f.Unsure || !strings.Contains(f.Sentence, "nothing listens") {
		t.Errorf("nobody is there: %+v", f)
	}
}

// TestNeverAnswers: a receiver that takes a message and is silent costs the time that a
// message has, and it may have been taken.
func TestNeverAnswers(t *testing.T) {
	done := make(chan struct{})
	hook, got := receiver(t, func(http.ResponseWriter, *http.Request) { <-done })
	defer close(done)
	s := sender(t, send.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	f := refused(t, second(s.Send(ctx, notify.Channel{Kind: notify.Slack}, hook.URL, note(notify.Firing, false))))
	<-got
	if f.Final || !f.Unsure || !strings.Contains(f.Sentence, "did not answer") {
		t.Errorf("%+v", f)
	}
}
