package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Every parameter that can be wrong, with the field that the technician is told.
func TestParametersAreChecked(t *testing.T) {
	long := strings.Repeat("a", 300)
	tests := []struct {
		kind   wire.AskKind
		params any
		field  string // in the sentence
	}{
		{wire.AskSnapshot, wire.SnapshotParams{Sections: []diagnostics.SectionName{"cpu", "secrets"}}, "secrets"},
		{wire.AskSnapshot, `{"sections": "cpu"}`, "sections"},
		{wire.AskSnapshot, `[1,2]`, "params"},
		{wire.AskSnapshot, `{"sections": ["` + strings.Repeat("x", maxParams) + `"]}`, "parameters"},
		{wire.AskProcesses, wire.ProcessesParams{Seconds: 61}, "seconds"},
		{wire.AskProcesses, wire.ProcessesParams{Seconds: -1}, "seconds"},
		{wire.AskProcesses, `{"seconds":"ten"}`, "seconds"},
		{wire.AskLog, wire.LogParams{Lines: 1001}, "lines"},
		{wire.AskLog, wire.LogParams{Level: "debug"}, "level"},
		{wire.AskLog, wire.LogParams{Unit: long}, "unit"},
		{wire.AskLog, wire.LogParams{Filter: long}, "filter"},
		{wire.AskDisk, wire.DiskParams{Path: "relative/path"}, "path"},
		{wire.AskDisk, wire.DiskParams{Path: "/proc/1"}, "/proc"},
		{wire.AskDisk, wire.DiskParams{Path: "/tmp/../sys"}, "/sys"},
		{wire.AskDisk, `{"path":"/tmp\u0000/x"}`, "path"},
		{wire.AskDisk, wire.DiskParams{Path: "/" + strings.Repeat("a", 5000)}, "path"},
		{wire.AskPing, wire.PingParams{}, "host"},
		{wire.AskPing, wire.PingParams{Host: "a b"}, "blank"},
		{wire.AskPing, wire.PingParams{Host: "a\nb"}, "control"},
		{wire.AskPing, wire.PingParams{Host: "-f"}, "host"},
		{wire.AskPing, wire.PingParams{Host: "host;reboot"}, "host"},
		{wire.AskPing, wire.PingParams{Host: "$(reboot)"}, "host"},
		{wire.AskPing, wire.PingParams{Host: long}, "host"},
		{wire.AskPing, wire.PingParams{Host: strings.Repeat("abcdefghi.", 30)}, "253"},
		{wire.AskPing, wire.PingParams{Host: "a..b"}, "host"},
		{wire.AskPing, wire.PingParams{Host: "224.0.0.1"}, "many machines"},
		{wire.AskPing, wire.PingParams{Host: "255.255.255.255"}, "many machines"},
		{wire.AskPing, wire.PingParams{Host: "0.0.0.0"}, "many machines"},
		{wire.AskPing, wire.PingParams{Host: "example.com", Count: 21}, "count"},
		{wire.AskDNS, wire.DNSParams{}, "name"},
		{wire.AskDNS, wire.DNSParams{Name: "example.com", Type: "AXFR"}, "type"},
		{wire.AskDNS, wire.DNSParams{Name: "example.com", Type: "ANY"}, "type"},
		{wire.AskDNS, wire.DNSParams{Name: "192.0.2.1", Type: "A"}, "PTR"},
		{wire.AskDNS, wire.DNSParams{Name: "example.com", Server: "dns.example.com"}, "server"},
		{wire.AskTCP, wire.TCPParams{Host: "example.com"}, "port"},
		{wire.AskTCP, wire.TCPParams{Host: "example.com", Port: 65536}, "port"},
		{wire.AskHTTP, wire.HTTPParams{}, "url"},
		{wire.AskHTTP, wire.HTTPParams{URL: "file:///etc/passwd"}, "url"},
		{wire.AskHTTP, wire.HTTPParams{URL: "https://bob:hunter2@example.com/"}, "password"},
		{wire.AskHTTP, wire.HTTPParams{URL: "https://exa mple.com/"}, "url"},
		{wire.AskHTTP, wire.HTTPParams{URL: "https://"}, "url"},
		{wire.AskHTTP, wire.HTTPParams{URL: "https://example.com/" + strings.Repeat("a", 2000)}, "url"},
		{wire.AskTLS, wire.TLSParams{Host: "example.com", Port: -1}, "port"},
		{wire.AskTLS, wire.TLSParams{Host: "example.com", Name: "a b"}, "name"},
	}
	for _, c := range tests {
		var told looks
		r := New(Options{Prober: &machine{}, OnLook: told.add})
		a := do(t, r, ask(t, c.kind, c.params))
		if a.last.Code != fault.Invalid || !strings.Contains(a.last.Sentence, c.field) || !strings.HasSuffix(a.last.Sentence, ".") || len(a.parts) != 0 {
			t.Errorf("%s %+v: %s %q", c.kind, c.params, a.last.Code, a.last.Sentence)
		}
		if strings.Contains(a.last.Sentence, "hunter2") {
			t.Errorf("a password in %q", a.last.Sentence)
		}
		if len(told.all) != 1 || told.all[0].Result != "refused" || told.all[0].Ended.IsZero() {
			t.Errorf("%s: the employee is told %+v", c.kind, told.all)
		}
	}
}

func TestHostsInTheirForms(t *testing.T) {
	for in, want := range map[string]string{
		"example.com": "example.com", "example.com.": "example.com", "PC-17": "PC-17", "_dmarc.example.com": "_dmarc.example.com",
		"192.0.2.1": "192.0.2.1", "[fd00::1]": "fd00::1", "fe80::1%eth0": "fe80::1%eth0", "grün.example": "xn--grn-ioa.example",
	} {
		if got, err := host("host", in); err != nil || got != want {
			t.Errorf("%s: %q %v", in, got, err)
		}
	}
}

func TestPolicyCanOnlyForbid(t *testing.T) {
	services := func(context.Context) (diagnostics.Services, error) {
		return diagnostics.Services{Manager: "x"}, nil
	}
	for name, c := range map[string]struct {
		policy Policy
		kind   wire.AskKind
		code   fault.Code
	}{
		"nothing said":         {Policy{}, wire.AskServices, ""},
		"forbidden":            {Policy{Allow: map[wire.AskKind]bool{wire.AskServices: false}}, wire.AskServices, fault.Forbidden},
		"another forbidden":    {Policy{Allow: map[wire.AskKind]bool{wire.AskLog: false}}, wire.AskServices, ""},
		"only others":          {Policy{Allow: map[wire.AskKind]bool{wire.AskLog: true}, Only: true}, wire.AskServices, fault.Forbidden},
		"only this":            {Policy{Allow: map[wire.AskKind]bool{wire.AskServices: true}, Only: true}, wire.AskServices, ""},
		"unknown":              {Policy{}, "shell", fault.Unsupported},
		"allowed, but unknown": {Policy{Allow: map[wire.AskKind]bool{"shell": true}}, "shell", fault.Unsupported},
		"unknown and only":     {Policy{Only: true}, "shell", fault.Forbidden},
	} {
		r := New(Options{Prober: &machine{services: services}, Policy: c.policy})
		if a := do(t, r, ask(t, c.kind, nil)); a.last.Code != c.code {
			t.Errorf("%s: %s %q", name, a.last.Code, a.last.Sentence)
		}
	}
}

func TestAsksExpire(t *testing.T) {
	var told looks
	r := New(Options{Prober: &machine{}, OnLook: told.add})
	late := ask(t, wire.AskServices, nil)
	late.ExpiresAt = time.Now().Add(-time.Second)
	never := ask(t, wire.AskServices, nil)
	never.ExpiresAt = time.Time{}
	for _, a := range []wire.Ask{late, never} {
		if got := do(t, r, a); got.last.Code != fault.Expired {
			t.Errorf("%+v", got.last)
		}
	}
	if len(told.all) != 2 || told.all[0].Result != "expired" || told.all[0].Who != "Tess Technician" {
		t.Errorf("%+v", told.all)
	}
}

func TestRateAndConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := New(Options{Prober: &machine{services: func(context.Context) (diagnostics.Services, error) {
			<-release
			return diagnostics.Services{}, nil
		}}})
		first := make(chan answer, 4)
		for range 4 {
			go func() { first <- do(t, r, ask(t, wire.AskServices, nil)) }()
		}
		synctest.Wait()
		if a := do(t, r, ask(t, wire.AskServices, nil)); a.last.Code != fault.TooMany || !strings.Contains(a.last.Sentence, "still answering") {
			t.Errorf("a fifth at once: %+v", a.last)
		}
		close(release)
		for range 4 {
			if a := <-first; a.last.Code != "" {
				t.Errorf("%+v", a.last)
			}
		}
		// 4 of this minute's 30 are used; refused ones do not count.
		for i := range 30 {
			a := do(t, r, ask(t, wire.AskServices, nil))
			if refused := a.last.Code == fault.TooMany; refused != (i >= 26) {
				t.Errorf("ask %d: %+v", i, a.last)
			}
		}
		time.Sleep(59 * time.Second)
		if a := do(t, r, ask(t, wire.AskServices, nil)); a.last.Code != fault.TooMany {
			t.Errorf("after 59 s: %+v", a.last)
		}
		time.Sleep(time.Second)
		if a := do(t, r, ask(t, wire.AskServices, nil)); a.last.Code != "" {
			t.Errorf("after a minute: %+v", a.last)
		}
	})
}

func TestPanicBecomesAnAnswer(t *testing.T) {
	m := &machine{
		services: func(context.Context) (diagnostics.Services, error) { panic("secret detail") },
		// This one runs in a goroutine of its own.
		collect: func(context.Context, probe.Request, func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
			panic("secret detail")
		},
	}
	for _, kind := range []wire.AskKind{wire.AskServices, wire.AskSnapshot} {
		var told looks
		var log strings.Builder
		r := New(Options{OnLook: told.add, Prober: m, Log: slog.New(slog.NewTextHandler(&log, nil))})
		a := do(t, r, ask(t, kind, nil))
		if a.last.Code != fault.Internal || strings.Contains(a.last.Sentence, "secret") {
			t.Errorf("%s: %+v", kind, a.last)
		}
		if len(told.all) != 2 || told.all[1].Result != "failed" {
			t.Errorf("%s: %+v", kind, told.all)
		}
		if !strings.Contains(log.String(), "secret detail") || r.pace.running != 0 {
			t.Errorf("%s: %d still run, the log has %q", kind, r.pace.running, log.String())
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	// Many short names: they cost least to redact.
	list := diagnostics.Processes{Top: slices.Repeat([]diagnostics.Process{{Name: "process"}}, 20_000)}
	services := diagnostics.Services{Failed: slices.Repeat([]diagnostics.Service{{Name: "service", State: "failed"}}, 60_000)}
	r := New(Options{Prober: &machine{
		processes: func(_ context.Context, _ time.Duration, each func(diagnostics.Processes) bool) error {
			for each(list) {
			}
			return nil
		},
		services: func(context.Context) (diagnostics.Services, error) {
			return services, nil
		},
		log: func(context.Context, probe.LogQuery) (diagnostics.Log, error) {
			l := diagnostics.Log{Source: "journal"}
			for i := range 1000 {
				l.Entries = append(l.Entries, diagnostics.LogEntry{Message: fmt.Sprintf("%d %s", i, strings.Repeat("y", 1200))})
			}
			return l, nil
		},
	}})
	a := do(t, r, ask(t, wire.AskProcesses, wire.ProcessesParams{Seconds: 60}))
	size := 0
	for _, p := range a.parts {
		size += len(p)
	}
	if a.last.Code != fault.TooLarge || len(a.parts) != 4 || size > maxAnswer {
		t.Errorf("%d parts of %d bytes: %+v", len(a.parts), size, a.last)
	}
	if a := do(t, r, ask(t, wire.AskServices, nil)); a.last.Code != fault.TooLarge || len(a.parts) != 0 {
		t.Errorf("one part that is too large: %+v", a.last)
	}
	// Of a log the newest part comes.
	l := only[diagnostics.Log](t, do(t, r, ask(t, wire.AskLog, wire.LogParams{Lines: 1000})))
	if n := len(l.Entries); n == 0 || n == 1000 || !strings.HasPrefix(l.Entries[n-1].Message, "999 ") {
		t.Errorf("%d entries", n)
	}
}

func TestEverythingIsRedacted(t *testing.T) {
	r := New(Options{Prober: &machine{
		services: func(context.Context) (diagnostics.Services, error) {
			return diagnostics.Services{Failed: []diagnostics.Service{{Name: "a", Detail: "--password=hunter2"}}}, nil
		},
		log: func(context.Context, probe.LogQuery) (diagnostics.Log, error) {
			return diagnostics.Log{}, fault.New(fault.Unavailable, "It could not be read: token=hunter2.")
		},
		collect: func(_ context.Context, _ probe.Request, each func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
			s := diagnostics.Snapshot{Services: diagnostics.Section[diagnostics.Services]{State: diagnostics.StateOK, Data: &diagnostics.Services{
				Manager: "systemd", Failed: []diagnostics.Service{{Name: "a", State: "failed", Detail: "https://u:hunter2@h/"}}}}}
			each(s, []diagnostics.SectionName{diagnostics.SectionCPU})
			return s
		},
	}})
	for _, kind := range []wire.AskKind{wire.AskServices, wire.AskLog, wire.AskSnapshot} {
		a := do(t, r, ask(t, kind, nil))
		b, err := json.Marshal([]any{a.parts, a.last})
		if err != nil || strings.Contains(string(b), "hunter2") || !strings.Contains(string(b), "[redacted]") {
			t.Errorf("%s: %s %v", kind, b, err)
		}
	}
}

func TestCancelledAskEndsAtOnce(t *testing.T) {
	var told looks
	r := New(Options{Prober: prober(t), OnLook: told.add})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	start := time.Now()
	a := doWith(ctx, t, r, ask(t, wire.AskProcesses, wire.ProcessesParams{Seconds: 60}))
	if took := time.Since(start); took > 20*time.Second || a.last.Code != fault.Unavailable || a.last.Sentence != "The question was withdrawn." {
		t.Errorf("%+v after %v", a.last, took)
	}
	if len(told.all) != 2 || told.all[1].Result != "cancelled" {
		t.Errorf("%+v", told.all)
	}
}

func TestAskThatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{Prober: &machine{services: func(ctx context.Context) (diagnostics.Services, error) {
			<-ctx.Done()
			return diagnostics.Services{}, ctx.Err()
		}}})
		if a := do(t, r, ask(t, wire.AskServices, nil)); a.last.Code != fault.Unavailable || a.last.Sentence != "The diagnostic took too long and was stopped." {
			t.Errorf("%+v", a.last)
		}
	})
}

func TestEmployeeIsToldWhatIsLookedAt(t *testing.T) {
	var told looks
	r := New(Options{OnLook: told.add, Prober: &machine{services: func(context.Context) (diagnostics.Services, error) { return diagnostics.Services{}, nil }}})
	a := ask(t, wire.AskServices, nil)
	a.Who.Name = "Eve\n\u202egnp.exe"
	do(t, r, a)
	if len(told.all) != 2 {
		t.Fatalf("%+v", told.all)
	}
	start, end := told.all[0], told.all[1]
	if start.ID == "" || start.ID != end.ID || start.Who != "Eve gnp.exe" || start.Role != "technician" || start.Kind != wire.AskServices || start.Ticket != 1042 || start.At.IsZero() || !start.Ended.IsZero() || start.Result != "" {
		t.Errorf("at the start: %+v", start)
	}
	if end.Result != "answered" || end.Ended.IsZero() || end.What != "the list of background services" {
		t.Errorf("at the end: %+v", end)
	}
	for kind, c := range map[wire.AskKind]struct {
		params any
		what   string
	}{
		wire.AskDisk: {wire.DiskParams{Path: "/home/anna"}, "what fills the folder “/home/anna”"}, wire.AskPing: {wire.PingParams{Host: "example.com"}, "whether “example.com” answers"},
		wire.AskHTTP: {wire.HTTPParams{URL: "https://example.com/a?token=1"}, "whether the page “https://example.com/a” opens"},
	} {
		j, err := r.jobOf(ask(t, kind, c.params))
		if err != nil || j.what != c.what {
			t.Errorf("%s: %q %v", kind, j.what, err)
		}
	}
}

// The kinds and the jobs must not drift apart.
func TestEveryKindIsKnown(t *testing.T) {
	r := New(Options{Prober: &machine{}})
	for _, kind := range wire.AskKinds() {
		if _, err := r.jobOf(ask(t, kind, nil)); fault.Is(err, fault.Unsupported) {
			t.Errorf("%s is unknown", kind)
		}
	}
}
