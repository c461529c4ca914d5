package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func logged(m string) diagnostics.LogEntry { return diagnostics.LogEntry{Message: m} }

// followed adds the parts of a log up.
func followed(t *testing.T, parts []json.RawMessage) (lines []string, missed int) {
	t.Helper()
	for _, raw := range parts {
		p := decode[diagnostics.LogPart](t, raw)
		missed += p.Missed
		for _, e := range p.Entries {
			lines = append(lines, e.Message)
		}
	}
	return lines, missed
}

// The newest lines come first, and then what comes, without secrets, until the time
// is over; a machine on which nothing is logged says that it is still there.
func TestLogIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{follow: func(ctx context.Context, to probe.LogReader) error {
			to.Newest(diagnostics.Log{Source: "journal", Entries: []diagnostics.LogEntry{logged("old")}})
			time.Sleep(time.Second)
			for _, line := range []string{"password=hunter2", "-----BEGIN EC PRIVATE KEY-----", "hunter3", "-----END EC PRIVATE KEY-----", "new"} {
				to.More(logged(line))
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		l := &looks{}
		r := New(Options{Prober: m, OnLook: l.add})
		began := time.Now()
		a := ask(t, wire.AskLog, wire.LogParams{Follow: true})
		got := do(t, r, a)
		lines, missed := followed(t, got.parts)
		text := strings.Join(lines, "|")
		if got.last.Code != "" || missed != 0 || !strings.HasPrefix(text, "old|") || !strings.HasSuffix(text, "|new") || strings.Contains(text, "hunter") || len(lines) != 6 {
			t.Errorf("%q, %d missed, %+v", text, missed, got.last)
		}
		if took := time.Since(began); took != followFor {
			t.Errorf("it took %v", took)
		}
		if n := len(got.parts); n < int(followFor/calmFor) || n > int(followFor/calmFor)+3 {
			t.Errorf("%d parts in ten minutes of silence", n)
		}
		if len(l.all) != 2 || l.all[0].What != "the system's log, as it was written" || l.all[1].Result != "answered" {
			t.Errorf("the employee reads %+v", l.all)
		}
	})
}

// A log that is written faster than it can be told is told at a bounded rate, and what
// is left out is counted.
func TestFastLogIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const all = 100_000
		m := &machine{follow: func(ctx context.Context, to probe.LogReader) error {
			to.Newest(diagnostics.Log{Source: "journal"})
			for i := range all {
				to.More(logged(fmt.Sprintf("%06d %s", i, strings.Repeat("x", 3000))))
				if i%1000 == 999 {
					time.Sleep(100 * time.Millisecond)
				}
			}
			time.Sleep(time.Second)
			return errors.New("/usr/bin/journalctl: it ended")
		}}
		got := do(t, New(Options{Prober: m}), ask(t, wire.AskLog, wire.LogParams{Follow: true}))
		lines, missed := followed(t, got.parts)
		if len(lines)+missed != all || len(lines) == 0 || !strings.HasPrefix(lines[len(lines)-1], "099999") {
			t.Errorf("%d lines and %d left out of %d", len(lines), missed, all)
		}
		for _, raw := range got.parts {
			if len(raw) > tellBytes+1<<10 {
				t.Errorf("a part of %d bytes", len(raw))
			}
		}
		if got.last.Code != fault.Unavailable || strings.Contains(got.last.Sentence, "journalctl") {
			t.Errorf("%+v", got.last)
		}
	})
}

// A third is refused, until one of the two has ended; a reader that hangs keeps its place.
func TestFewLogsAreFollowedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		m := &machine{follow: func(context.Context, probe.LogReader) error {
			<-free
			return nil
		}}
		r := New(Options{Prober: m})
		a := ask(t, wire.AskLog, wire.LogParams{Follow: true})
		ctx, cancel := context.WithCancel(t.Context())
		ends := make(chan answer, 2)
		for range 2 {
			go func() { ends <- doWith(ctx, t, r, a) }()
		}
		synctest.Wait()
		if got := do(t, r, a); got.last.Code != fault.TooMany {
			t.Errorf("a third: %+v", got.last)
		}
		cancel()
		for range 2 {
			if got := <-ends; got.last.Sentence != errGone.Sentence {
				t.Errorf("withdrawn: %+v", got.last)
			}
		}
		if got := do(t, r, a); got.last.Code != fault.TooMany {
			t.Errorf("beside two that hang: %+v", got.last)
		}
		close(free)
		synctest.Wait()
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := doWith(ctx, t, r, a); got.last.Code == fault.TooMany {
			t.Errorf("after them: %+v", got.last)
		}
	})
}

// Of files those alone are read that the machine's own settings name, by their true
// path, and nothing that is no file.
func TestLogFilesAreAllowListed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"app", "other"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(at(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("app/app.log", "one\ntoken=hunter2hunter2\ntwo\n")
	put("app/notes.txt", "no log\n")
	put("other/secret.log", "hunter2\n")
	put("app/theirs.log", "hunter2\n")
	if err := errors.Join(os.Symlink(at("other/secret.log"), at("app/link.log")), os.Symlink(at("other"), at("app/way")), syscall.Mkfifo(at("app/pipe.log"), 0o644), os.Chown(at("app/theirs.log"), 1000, 1000)); err != nil {
		t.Fatal(err)
	}
	logs, err := files.NewLogs([]string{at("app") + "/**/*.log"})
	if err != nil {
		t.Fatal(err)
	}
	read := func(l *files.Logs, path string, follow bool) answer {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return doWith(ctx, t, New(Options{Prober: &machine{}, Logs: l}), ask(t, wire.AskLog, wire.LogParams{File: path, Follow: follow}))
	}
	got := read(logs, at("app/app.log"), false)
	part := only[diagnostics.LogPart](t, got)
	if len(part.Entries) != 3 || part.Source != at("app/app.log") || strings.Contains(string(got.parts[0]), "hunter2") {
		t.Errorf("%s", got.parts[0])
	}
	for path, c := range map[string]struct {
		code fault.Code
		says string
	}{
		"app/notes.txt":          {fault.Forbidden, "--log-file"},
		"other/secret.log":       {fault.Forbidden, "--log-file"},
		"app/../other/a.log":     {fault.Invalid, "absolute path"},
		"app/link.log":           {fault.Forbidden, "symbolic link"},
		"app/way/secret.log":     {fault.Forbidden, "symbolic link"},
		"app/pipe.log":           {fault.Forbidden, "not a file on a disk"},
		"app/theirs.log":         {fault.Forbidden, "somebody's own"},
		"app/none.log":           {fault.NotFound, "no such file"},
		"app/" + string(rune(0)): {fault.Invalid, "absolute path"},
	} {
		full := dir + "/" + path
		for _, follow := range []bool{false, true} {
			if got := read(logs, full, follow); got.last.Code != c.code || !strings.Contains(got.last.Sentence, c.says) || len(got.parts) != 0 {
				t.Errorf("%q, followed %v: %d parts, %+v", path, follow, len(got.parts), got.last)
			}
		}
	}
	for name, path := range map[string]string{"a device": "/dev/zero", "the kernel's": "/proc/kmsg"} {
		if got := read(logs, path, false); got.last.Code != fault.Forbidden {
			t.Errorf("%s: %+v", name, got.last)
		}
	}
	if got := read(nil, at("app/app.log"), false); got.last.Code != fault.Forbidden || !strings.Contains(got.last.Sentence, "They name none.") {
		t.Errorf("without a setting: %+v", got.last)
	}
	none, err := files.NewLogs(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(none, at("app/app.log"), false); got.last.Code != fault.Forbidden {
		t.Errorf("off unless it is named: %+v", got.last)
	}
	for _, glob := range []string{"/**", "app.log", "/proc/*", "/var/[", "/var/../etc/*"} {
		_, err := files.NewLogs([]string{glob})
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.Invalid || f.Field != "--log-file" {
			t.Errorf("%q: %v", glob, err)
		}
	}
}

// A link, a pipe and somebody's file that are put in the place of a log while it is
// followed end it.
func TestLogIsSwapped(t *testing.T) {
	for name, swap := range map[string]func(path, other string) error{
		"a link": func(path, other string) error { return os.Symlink(other, path) },
		"a pipe": func(path, _ string) error { return syscall.Mkfifo(path, 0o644) },
		"somebody's own": func(path, other string) error {
			return errors.Join(os.Chown(other, 1000, 1000), os.Rename(other, path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			path, other := filepath.Join(dir, "app.log"), filepath.Join(dir, "other")
			for _, p := range []string{path, other} {
				if err := os.WriteFile(p, []byte("of "+p+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			logs, err := files.NewLogs([]string{path})
			if err != nil {
				t.Fatal(err)
			}
			r := New(Options{Prober: &machine{}, Logs: logs})
			var got strings.Builder
			var last wire.Answer
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			r.Do(ctx, "01JD0000000000000000000000", ask(t, wire.AskLog, wire.LogParams{File: path, Follow: true}), func(a wire.Answer) {
				got.Write(a.Data)
				if last = a; a.Part == 0 && !a.Done {
					if err := errors.Join(os.Remove(path), swap(path, other)); err != nil {
						t.Error(err)
					}
				}
			})
			if last.Code != fault.Forbidden || strings.Contains(got.String(), "of "+other) {
				t.Errorf("%+v %s", last, got.String())
			}
		})
	}
}
