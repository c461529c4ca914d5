package probe

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/fault"
)

// ownLogs gives the test empty places for logs.
func ownLogs(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"/run", "/var/log"} {
		probetest.Run(t, "mount", "-t", "tmpfs", "none", dir)
		t.Cleanup(func() { probetest.Run(t, "umount", "-l", dir) })
	}
}

// A real journald with a journal of its own.
func TestRealJournal(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	ownLogs(t)
	if err := os.MkdirAll("/run/systemd/journal", 0o755); err != nil {
		t.Fatal(err)
	}
	journald := exec.Command("/lib/systemd/systemd-journald")
	if err := journald.Start(); err != nil {
		t.Fatalf("%v (the test needs the package systemd)", err)
	}
	t.Cleanup(func() {
		journald.Process.Kill()
		journald.Wait()
	})
	waitFor(t, func() bool { return exists("/run/systemd/journal/socket") && exists("/run/systemd/journal/stdout") })
	say := func(priority, name, text string) {
		t.Helper()
		probetest.Run(t, "systemd-cat", "-p", priority, "-t", name, "echo", text)
	}
	say("info", "app", "all is well")
	say("warning", "app", "it is getting warm")
	say("err", "db", "broken \x1b[31mpipe, password=hunter2")
	say("err", "kernel", "I/O error, dev vda, sector 1") // anybody can call themselves so
	restart := exec.Command("logger", "--journald")
	restart.Stdin = strings.NewReader("MESSAGE_ID=" + restartScheduled + "\nMESSAGE=app.service: Scheduled restart job, restart counter is at 7.\nPRIORITY=6\nSYSLOG_IDENTIFIER=systemd\n")
	if out, err := restart.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	p := New(Options{})
	messages := func(q LogQuery) []string {
		t.Helper()
		l, err := p.Log(t.Context(), q)
		if err != nil || l.Source != "journal" {
			t.Fatalf("%v %q", err, l.Source)
		}
		var all []string
		for _, e := range l.Entries {
			if e.At.IsZero() || time.Since(e.At).Abs() > 24*time.Hour {
				t.Errorf("%+v", e)
			}
			all = append(all, e.Message)
		}
		return all
	}
	waitFor(t, func() bool {
		return strings.Contains(strings.Join(messages(LogQuery{}), "|"), "restart counter is at 7")
	})

	if all := messages(LogQuery{Lines: 1}); len(all) != 1 || !strings.Contains(all[0], "restart counter") {
		t.Errorf("the last line is %q", all)
	}
	if all := messages(LogQuery{Unit: "app"}); len(all) != 2 || all[0] != "all is well" || all[1] != "it is getting warm" {
		t.Errorf("of one unit, oldest first: %q", all)
	}
	if all := messages(LogQuery{Unit: "db", Level: "error"}); len(all) != 1 || all[0] != `broken \x1b[31mpipe, password=hunter2` {
		t.Errorf("errors of one unit: %q", all)
	}
	if all := messages(LogQuery{Level: "warning", Filter: "WARM"}); len(all) != 1 {
		t.Errorf("filtered: %q", all)
	}
	if all := messages(LogQuery{Level: "error", Filter: "warm"}); len(all) != 0 {
		t.Errorf("a warning among errors: %q", all)
	}

	followsJournal(t, p, say)

	l, _, err := p.log(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range l.Entries {
		said = append(said, e.Message)
	}
	text := strings.Join(said, "|")
	for want, there := range map[string]bool{"getting warm": true, "pipe": true, "restart counter is at 7": true, "all is well": false} {
		if strings.Contains(text, want) != there {
			t.Errorf("in a snapshot %q is %v: %s", want, !there, text)
		}
	}
	found := diagnostics.Judge(diagnostics.Snapshot{TakenAt: time.Now(), Log: diagnostics.Section[diagnostics.Log]{State: diagnostics.StateOK, Data: l}})
	if codeAt(found, diagnostics.CrashLoop) < 0 || codeAt(found, diagnostics.DiskErrors) >= 0 {
		t.Errorf("%+v", found)
	}
}

func TestLogFiles(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	ownLogs(t)
	p := New(Options{})
	var text strings.Builder
	for range 9000 {
		text.WriteString("2026-11-21T10:00:00.000000+00:00 host filler[1]: one more line of no interest\n")
	}
	text.WriteString("2026-11-21T10:00:01.000000+00:00 host app[2]: connection failed\n")
	if err := os.WriteFile("/var/log/messages", []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := p.Log(t.Context(), LogQuery{})
	if err != nil || l.Source != "/var/log/messages" || len(l.Entries) != defaultLines {
		t.Fatalf("%v %q %d", err, l.Source, len(l.Entries))
	}
	last := l.Entries[len(l.Entries)-1]
	if last.Unit != "app" || last.Message != "connection failed" || !last.At.Equal(time.Date(2026, 11, 21, 10, 0, 1, 0, time.UTC)) {
		t.Errorf("%+v", last)
	}
	if l, err := p.Log(t.Context(), LogQuery{Level: "error"}); err != nil || len(l.Entries) != 1 {
		t.Errorf("a log without levels: %v %+v", err, l.Entries)
	}
	// Only the end is read: it may be large.
	if l, err := p.Log(t.Context(), LogQuery{Lines: 1000}); err != nil || len(l.Entries) != 1000 || len(text.String()) < 2*maxLogRead {
		t.Errorf("%v %d", err, len(l.Entries))
	}
	// A pipe in its place must not hold us.
	if err := os.Remove("/var/log/messages"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("/var/log/syslog", 0o644); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	l, err = p.Log(t.Context(), LogQuery{})
	if time.Since(start) > 20*time.Second || l.Source == "/var/log/syslog" {
		t.Errorf("%v %+v after %v", err, l.Source, time.Since(start))
	}
}

// Without systemd here, its command is played by a script: the flow is real.
func TestServicesOfSystemd(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	ownLogs(t)
	p := New(Options{})
	if _, err := p.Services(t.Context()); !fault.Is(err, fault.Unsupported) {
		t.Errorf("without systemd: %v", err)
	}
	bin := t.TempDir()
	script := `#!/bin/sh
case "$1" in
list-units) echo "cups.service loaded failed failed CUPS Scheduler"; echo "ssh.service loaded active running OpenBSD Secure Shell server";;
show) printf 'Id=cups.service\nResult=exit-code\nExecMainCode=1\nExecMainStatus=1\n';;
list-unit-files) echo "ssh.service enabled enabled";;
esac
`
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/run/systemd/system", 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	s, note, err := p.services(t.Context())
	if err != nil || note != "" || s.Total != 2 || s.Running != 1 || len(s.Failed) != 1 || s.Failed[0].Detail != "result exit-code, status 1" || s.All != nil {
		t.Errorf("%+v %q %v", s, note, err)
	}
	all, err := p.Services(t.Context())
	if err != nil || len(all.All) != 2 || all.All[1].Start != "automatic" {
		t.Errorf("%+v %v", all, err)
	}
	// One that hangs is that section's trouble alone.
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte("#!/bin/sh\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	snapshot := p.Collect(t.Context(), Request{Sections: []diagnostics.SectionName{diagnostics.SectionServices, diagnostics.SectionMemory}}, nil)
	if snapshot.Services.State != diagnostics.StateTimeout || snapshot.Services.Note != noAnswer(Deadline) || snapshot.Memory.State != diagnostics.StateOK {
		t.Errorf("%+v %+v", snapshot.Services, snapshot.Memory)
	}
}
