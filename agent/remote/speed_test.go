package remote

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// speedServer answers as the server does, but for the route that the test takes over.
func speedServer(t *testing.T, path string, instead http.HandlerFunc) func() Line {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := strings.TrimPrefix(r.URL.Path, wire.SpeedPath+"01JD0000000000000000000000")
		if r.Header.Get(wire.PassHeader) != "the pass" {
			t.Errorf("%s shows the pass %q", r.URL.Path, r.Header.Get(wire.PassHeader))
		}
		switch {
		case at == path && instead != nil:
			instead(w, r)
		case at == "":
			json.NewEncoder(w).Encode(wire.SpeedState{})
		case at == "/down":
			b := make([]byte, 64<<10)
			for r.Context().Err() == nil {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		case at == "/up":
			io.Copy(io.Discard, r.Body) // until whoever sends has enough
		default:
			t.Errorf("%s was asked for", r.URL.Path)
		}
	}))
	t.Cleanup(s.Close)
	return func() Line {
		return Line{Client: &http.Client{Transport: &http.Transport{}, CheckRedirect: stay}, URL: s.URL, Server: "help.example.com:443"}
	}
}

func speedAsk(t *testing.T) wire.Ask {
	t.Helper()
	return ask(t, wire.AskSpeed, wire.SpeedParams{Seconds: 1, Pass: "the pass"})
}

func lastSpeed(t *testing.T, a answer) wire.SpeedPart {
	t.Helper()
	if len(a.parts) == 0 {
		t.Fatalf("no part: %+v", a.last)
	}
	return decode[wire.SpeedPart](t, a.parts[len(a.parts)-1])
}

// TestSpeedOfAServerThatFails ends with a sentence, and keeps what was measured.
func TestSpeedOfAServerThatFails(t *testing.T) {
	broken := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	for name, x := range map[string]struct {
		path     string
		instead  http.HandlerFunc
		sentence string
		phase    wire.SpeedPhase
	}{
		"500 at once":          {"", broken, "answered the measurement with status 500", ""},
		"500 for the download": {"/down", broken, "answered the measurement with status 500", wire.SpeedDown},
		"500 for the upload":   {"/up", broken, "answered the measurement with status 500", wire.SpeedUp},
		"elsewhere": {"/down", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://example.net/", http.StatusFound)
		}, "status 302", wire.SpeedDown},
		"ends in the download": {"/down", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "67108864")
			w.Write(make([]byte, 300<<10))
			panic(http.ErrAbortHandler)
		}, "broke off in the middle of the download, after 300 KiB", wire.SpeedDown},
		"ends in the upload": {"/up", func(_ http.ResponseWriter, r *http.Request) {
			r.Body.Read(make([]byte, 64<<10))
			panic(http.ErrAbortHandler)
		}, "broke off in the middle of the upload", wire.SpeedUp},
		"no answer that is one": {"", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }, "broke off", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := do(t, New(Options{Line: speedServer(t, x.path, x.instead)}), speedAsk(t))
			if a.last.Code != fault.Unavailable || !strings.Contains(a.last.Sentence, x.sentence) {
				t.Errorf("%+v", a.last)
			}
			if x.phase == "" {
				if len(a.parts) != 0 {
					t.Errorf("%d parts", len(a.parts))
				}
				return
			}
			p := lastSpeed(t, a)
			if p.Phase != x.phase || p.Idle.Samples != delayCount || x.phase == wire.SpeedUp && (p.Down == nil || p.Down.Limit == "") {
				t.Errorf("%+v", p)
			}
		})
	}
}

// TestSpeedWaitsForItsPlace says so meanwhile.
func TestSpeedWaitsForItsPlace(t *testing.T) {
	var times atomic.Int32
	line := speedServer(t, "", func(w http.ResponseWriter, _ *http.Request) {
		if times.Add(1) == 1 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	a := do(t, New(Options{Line: line}), speedAsk(t))
	if p := lastSpeed(t, a); len(a.parts) != 1 || p.Phase != wire.SpeedWaiting || a.last.Code != fault.Unavailable {
		t.Errorf("%+v, %+v", p, a.last)
	}
}

// TestSpeedIsRefusedHere in all ways in which the machine itself says no.
func TestSpeedIsRefusedHere(t *testing.T) {
	line := func() Line { t.Error("the server was asked"); return Line{Client: &http.Client{}} }
	for name, x := range map[string]struct {
		options Options
		params  string
		code    fault.Code
	}{
		"too long":    {Options{Line: line}, `{"seconds":11,"pass":"x"}`, fault.Invalid},
		"no pass":     {Options{Line: line}, `{"seconds":1}`, fault.Invalid},
		"no server":   {Options{}, `{"pass":"x"}`, fault.NotFound},
		"forbidden":   {Options{Line: line, Policy: Policy{Allow: map[wire.AskKind]bool{wire.AskSpeed: false}}}, `{"pass":"x"}`, fault.Forbidden},
		"paid by MiB": {Options{Line: line, Metered: func(context.Context) bool { return true }}, `{"pass":"x"}`, fault.Forbidden},
	} {
		if a := do(t, New(x.options), ask(t, wire.AskSpeed, x.params)); a.last.Code != x.code || len(a.parts) != 0 {
			t.Errorf("%s: %+v", name, a.last)
		}
	}
}

// TestSpeedOneAtATime refuses a second one, and ends the first at once when it is
// withdrawn.
func TestSpeedOneAtATime(t *testing.T) {
	begun := make(chan struct{})
	r := New(Options{Line: speedServer(t, "/down", func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan answer)
	go func() {
		first <- doWith(ctx, t, r, ask(t, wire.AskSpeed, wire.SpeedParams{Seconds: 10, Pass: "the pass"}))
	}()
	<-begun
	if a := do(t, r, speedAsk(t)); a.last.Code != fault.TooMany {
		t.Errorf("a second one: %+v", a.last)
	}
	at := time.Now()
	cancel()
	if a := <-first; a.last.Sentence != "The question was withdrawn." || time.Since(at) > 8*time.Second {
		t.Errorf("%+v after %v", a.last, time.Since(at))
	}
}

// TestNoiseIsNotMadeAnew gives its bytes and takes no memory for them.
func TestNoiseIsNotMadeAnew(t *testing.T) {
	random()
	b := make([]byte, speedBlock)
	n := &noise{left: wire.SpeedBytes}
	if got := testing.AllocsPerRun(100, func() { n.Read(b) }); got != 0 {
		t.Errorf("%v allocations a block", got)
	}
	var zeroes int
	for _, x := range b {
		if x == 0 {
			zeroes++
		}
	}
	if zeroes > speedBlock/100 {
		t.Errorf("%d of %d bytes are zero", zeroes, len(b))
	}
}

// stay is what the real line does: nobody but the server is measured.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
