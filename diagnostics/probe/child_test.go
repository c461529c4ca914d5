package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

func TestRunChildRefusesWhatIsNoTask(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		stdin string
		want  string
	}{
		"no task":       {nil, "{}\n", "started by the agent itself"},
		"unknown":       {[]string{"shell"}, "{}\n", `There is no reading "shell".`},
		"more than one": {[]string{"tree", "-x"}, "{}\n", "started by the agent itself"},
		"no parameters": {[]string{"tree"}, "", "not a line of JSON"},
		"no JSON":       {[]string{"tree"}, "rm -rf /\n", "not a line of JSON"},
	} {
		var stdout, stderr bytes.Buffer
		if code := RunChild(t.Context(), c.args, strings.NewReader(c.stdin), &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), c.want) || stdout.Len() > 0 {
			t.Errorf("%s: %d %q %q", name, code, stdout.String(), stderr.String())
		}
	}
}

// A child whose parent is gone must not stay.
func TestRunChildEndsWithItsParent(t *testing.T) {
	stdin, parent := io.Pipe()
	r, w := io.Pipe()
	ended := make(chan int)
	go func() { ended <- RunChild(t.Context(), []string{taskTree}, stdin, w, io.Discard) }()
	go parent.Write([]byte(`{"path":"/"}` + "\n"))
	if _, err := r.Read(make([]byte, 10)); err != nil { // it works
		t.Fatal(err)
	}
	parent.Close()
	defer r.Close()
	go io.Copy(io.Discard, r)
	select {
	case code := <-ended:
		if code != 1 {
			t.Errorf("it ended with %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it stayed")
	}
}

// ask against programs that are no agent.
func TestAskChildThatMisbehaves(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		lines   int
		err     string
	}{
		"not there":          {"/no/such/agent", 0, "start a collector"},
		"fails":              {"echo 'it is broken' >&2; exit 3", 0, "it is broken"},
		"no JSON":            {"read line; echo garbage; echo '{}'", 1, ""},
		"talks for ever":     {"while :; do echo '{\"key\":\"x\"}'; done", maxLines, "did not end"},
		"hangs":              {"echo '{}'; exec sleep 60", 1, "deadline"},
		"one line of 100 MB": {"head -c 100000000 /dev/zero", 0, "did not end"},
		"closes and stays":   {"exec >&-; exec sleep 60", 0, "did not end"},
	} {
		t.Run(name, func(t *testing.T) {
			command := []string{"/bin/sh", "-c", c.command}
			if strings.HasPrefix(c.command, "/") {
				command = []string{c.command}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			lines := 0
			start := time.Now()
			err := ask(ctx, New(Options{Child: command}), taskTree, treeParams{Path: "/"}, func(json.RawMessage) { lines++ })
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("it took %v", took)
			}
			if lines != c.lines || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%d lines, %v", lines, err)
			}
		})
	}
}

func TestCheckupWithoutItsChild(t *testing.T) {
	s := New(Options{Child: []string{"/no/such/agent"}}).Collect(t.Context(), Request{Sections: []diagnostics.SectionName{diagnostics.SectionDisks, diagnostics.SectionMemory}}, nil)
	if s.Disks.State != diagnostics.StateFailed || !strings.Contains(s.Disks.Note, "/no/such/agent") || s.Memory.State != diagnostics.StateOK {
		t.Errorf("%+v %+v", s.Disks, s.Memory)
	}
	if s.CPU.State != diagnostics.StateMissing {
		t.Errorf("the processor was not asked for: %+v", s.CPU)
	}
}

func TestSectionsThatGoWrong(t *testing.T) {
	p := New(Options{})
	read := func(t *testing.T, r reader[diagnostics.CPU]) diagnostics.Section[diagnostics.CPU] {
		return section(t.Context(), p, diagnostics.SectionCPU, paceOf(Request{}), r)
	}
	cpu := &diagnostics.CPU{Cores: 2}
	for name, c := range map[string]struct {
		read  reader[diagnostics.CPU]
		state diagnostics.SectionState
		note  string
		data  bool
	}{
		"good":        {func(context.Context) (*diagnostics.CPU, string, error) { return cpu, "", nil }, diagnostics.StateOK, "", true},
		"partial":     {func(context.Context) (*diagnostics.CPU, string, error) { return cpu, "Half of it.", nil }, diagnostics.StatePartial, "Half of it.", true},
		"fails":       {func(context.Context) (*diagnostics.CPU, string, error) { return nil, "", errors.New("broken") }, diagnostics.StateFailed, "It could not be read: broken.", false},
		"unsupported": {func(context.Context) (*diagnostics.CPU, string, error) { return nil, "", unsupported("Not here.") }, diagnostics.StateUnsupported, "Not here.", false},
		"panics":      {func(context.Context) (*diagnostics.CPU, string, error) { panic("index out of range") }, diagnostics.StateFailed, "It could not be read: panic: index out of range.", false},
		"nothing":     {func(context.Context) (*diagnostics.CPU, string, error) { return nil, "", nil }, diagnostics.StateFailed, "There was nothing to read.", false},
		"late": {func(ctx context.Context) (*diagnostics.CPU, string, error) {
			<-ctx.Done()
			return nil, "", ctx.Err()
		}, diagnostics.StateTimeout, "No answer in 2 s.", false},
		"late with something": {func(ctx context.Context) (*diagnostics.CPU, string, error) {
			<-ctx.Done()
			return cpu, "Half of it.", nil
		}, diagnostics.StatePartial, "Half of it.", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := read(t, c.read)
				if s.State != c.state || s.Note != c.note || (s.Data != nil) != c.data {
					t.Errorf("%+v", s)
				}
			})
		})
	}

	t.Run("hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			// It is given up, and not started again while it hangs; afterwards it is.
			release := make(chan struct{})
			var runs atomic.Int32
			hang := func(context.Context) (*diagnostics.CPU, string, error) {
				runs.Add(1)
				<-release
				return cpu, "", nil
			}
			start := time.Now()
			if s := read(t, hang); s.State != diagnostics.StateTimeout || s.Note != "No answer in 2 s." || time.Since(start) != Deadline+grace {
				t.Errorf("%+v after %v", s, time.Since(start))
			}
			start = time.Now()
			if s := read(t, hang); s.State != diagnostics.StateTimeout || !strings.HasPrefix(s.Note, "Still no answer since ") || runs.Load() != 1 || time.Since(start) != 0 {
				t.Errorf("%+v after %v in run %d", s, time.Since(start), runs.Load())
			}
			close(release)
			synctest.Wait()
			if s := read(t, hang); s.State != diagnostics.StateOK || runs.Load() != 2 {
				t.Errorf("%+v in run %d", s, runs.Load())
			}
		})
	})
}

func TestCollectIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	s := New(Options{}).Collect(ctx, Request{}, nil)
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if s.CPU.State != diagnostics.StateFailed || s.CPU.Note != "The check-up was cancelled." {
		t.Errorf("%+v", s.CPU)
	}
}

func TestBreakerAsksLessAndLessOften(t *testing.T) {
	var b breaker
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for i, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		b.silent("27 /mnt", now)
		if silent := b.resting(now.Add(pause - time.Second)); len(silent) != 1 {
			t.Errorf("after silence %d it is asked before %v", i+1, pause)
		}
		if silent := b.resting(now.Add(pause)); len(silent) != 0 {
			t.Errorf("after silence %d it is not asked after %v", i+1, pause)
		}
		now = now.Add(pause)
	}
	b.answered("27 /mnt")
	if b.silent("27 /mnt", now); len(b.resting(now.Add(time.Minute))) != 0 {
		t.Error("an answer did not count")
	}
	b.keep(map[string]bool{"28 /mnt": true}) // mounted anew
	if len(b.resting(now)) != 0 {
		t.Error("a mount that is gone is remembered")
	}
}

func TestOutputIsBoundedAndKilled(t *testing.T) {
	b, err := output(t.Context(), 1000, "/bin/sh", "-c", "while :; do echo xxxxxxxx; done")
	if err != nil || len(b) != 1000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := output(ctx, 1000, "/bin/sh", "-c", "echo a; exec sleep 60"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	if _, err := output(t.Context(), 1000, "/bin/sh", "-c", "echo 'it says why' >&2; exit 1"); err == nil || !strings.Contains(err.Error(), "it says why") {
		t.Errorf("%v", err)
	}
	if _, err := output(t.Context(), 1000, "/no/such"); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
}
