//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// outcome is what became of one machine.
type outcome struct {
	*scenario
	problem     string // it could not be made
	found       []diagnostics.Finding
	first       bool // the cause is first
	named       bool
	false       []diagnostics.Code // found, and neither the cause nor what follows from it
	quick, full time.Duration
	host        []diagnostics.Code // what was said that is true of the host
}

// age is how old the programs of some machines must be.
const age = 125 * time.Second

// laboratory makes every machine that is wanted, one after the other, judges what
// its check-up read, and prints the table.
func laboratory(ctx context.Context, which *regexp.Regexp, write, hurry bool) error {
	if os.Getuid() != 0 {
		return errors.New("the laboratory needs root, for network and mount namespaces: run it as root")
	}
	started := time.Now()
	var outcomes []outcome
	var aged []*bench
	for _, s := range scenarios() {
		if !which.MatchString(s.name) && !which.MatchString(string(s.want)) {
			continue
		}
		if !s.aged {
			continue
		}
		b, err := put(ctx, &s)
		if err != nil {
			return err
		}
		defer b.clear()
		aged = append(aged, b)
	}
	for _, s := range scenarios() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !which.MatchString(s.name) && !which.MatchString(string(s.want)) {
			continue
		}
		var o outcome
		if s.aged {
			i := slices.IndexFunc(aged, func(b *bench) bool { return b.scenario.name == s.name })
			if err := sleep(ctx, age-time.Since(started)); err != nil {
				return err
			}
			o = aged[i].examine(ctx, hurry)
			aged[i].clear()
		} else {
			b, err := put(ctx, &s)
			if err != nil {
				return err
			}
			o = b.examine(ctx, hurry)
			b.clear()
		}
		fmt.Fprintln(os.Stderr, o.line())
		outcomes = append(outcomes, o)
	}
	if len(outcomes) == 0 {
		return errors.New("no machine has such a name")
	}
	table := report(outcomes)
	fmt.Println(table)
	if write {
		if err := writeLab(table); err != nil {
			return err
		}
	}
	return verdict(outcomes)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bench is a machine from outside.
type bench struct {
	scenario *scenario
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	problem  string
}

// put builds a machine in namespaces of its own.
func put(ctx context.Context, s *scenario) (*bench, error) {
	days := s.upDays
	if days == 0 {
		days = 3
	}
	up, err := uptime()
	if err != nil {
		return nil, err
	}
	offset := int64(days)*86400 - up
	b := &bench{scenario: s}
	b.cmd = exec.CommandContext(ctx, "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", "--ipc", "--time", "--boottime", fmt.Sprint(offset), self(), "machine", s.name)
	b.cmd.Stderr = os.Stderr
	b.cmd.Env = slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.Contains(strings.ToLower(e), "_proxy=") })
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReaderSize(out, 1<<20)
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("unshare (the package util-linux): %w", err)
	}
	line, err := b.out.ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		var l looked
		if json.Unmarshal([]byte(line), &l) != nil || l.Problem == "" {
			l.Problem = fmt.Sprintf("it did not come up: %q %v", line, err)
		}
		b.problem = l.Problem
	}
	return b, nil
}

// uptime is how many seconds ago the host was started.
func uptime() (int64, error) {
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	seconds, _, _ := strings.Cut(string(b), ".")
	return strconv.ParseInt(seconds, 10, 64)
}

func (b *bench) clear() {
	b.in.Close()
	done := make(chan struct{})
	go func() { b.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		b.cmd.Process.Kill()
		<-done
	}
	tidyGroups()
}

// examine says the word and judges what was read.
func (b *bench) examine(ctx context.Context, hurry bool) outcome {
	o := outcome{scenario: b.scenario, problem: b.problem}
	if o.problem != "" {
		return o
	}
	if !b.scenario.busy && !hurry {
		waitForRest(ctx)
	}
	if _, err := io.WriteString(b.in, "go\n"); err != nil {
		o.problem = err.Error()
		return o
	}
	line, err := b.out.ReadBytes('\n')
	if err != nil {
		o.problem = "it ended: " + err.Error()
		return o
	}
	var l looked
	if err := json.Unmarshal(line, &l); err != nil || l.Problem != "" {
		o.problem = l.Problem + errText(err)
		return o
	}
	o.judge(l)
	return o
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return " " + err.Error()
}

func (o *outcome) judge(l looked) {
	o.found = diagnostics.Judge(l.Full)
	o.quick, o.full = time.Duration(l.Quick.TookMS)*time.Millisecond, time.Duration(l.Full.TookMS)*time.Millisecond
	o.found = o.leaveOutHost(o.found, l.Full)
	o.first = o.want != "" && len(o.found) > 0 && o.found[0].Code == o.want
	o.false, o.named = nil, false
	var follows []diagnostics.Code
	for _, f := range o.found {
		if f.Code == o.want {
			o.named, follows = true, f.Explains
		}
	}
	for _, c := range o.with {
		o.named = o.named && slices.Contains(follows, c)
	}
	for _, f := range o.found {
		if f.Code != o.want && !slices.Contains(follows, f.Code) {
			o.false = append(o.false, f.Code)
		}
	}
	for _, f := range o.leaveOutHost(diagnostics.Judge(l.Quick), l.Quick) {
		// A quick look may miss things; it must not invent any.
		if f.Code != o.want && !slices.Contains(follows, f.Code) && !slices.Contains(o.false, f.Code) && o.want == "" {
			o.false = append(o.false, f.Code)
		}
	}
}

// leaveOutHost takes out what is true of the host, and not of this machine:
// namespaces part neither the processor nor the disk below.
func (o *outcome) leaveOutHost(found []diagnostics.Finding, s diagnostics.Snapshot) []diagnostics.Finding {
	return slices.DeleteFunc(found, func(f diagnostics.Finding) bool {
		switch f.Code {
		case diagnostics.CPUSaturated:
			if !o.hostIsBusy(s) {
				return false
			}
		case diagnostics.CPUSteal, diagnostics.CPUHot, diagnostics.CPUThrottled, diagnostics.DiskSaturated:
		default:
			return false
		}
		if !slices.Contains(o.host, f.Code) {
			o.host = append(o.host, f.Code)
		}
		return true
	})
}

// hostIsBusy reports whether the processor's load is not that of the machine's own
// programs: namespaces do not part the processor.
func (o *outcome) hostIsBusy(s diagnostics.Snapshot) bool {
	if o.busy || s.CPU.Data == nil || s.Processes.Data == nil {
		return false
	}
	own := 0.0
	for _, p := range s.Processes.Data.Top {
		own += p.CPUPct
	}
	return own < s.CPU.Data.BusyPercent*float64(s.CPU.Data.Cores)/2
}

// waitForRest waits until the host's processor has had some rest, 10 s at most.
func waitForRest(ctx context.Context) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(500 * time.Millisecond) {
		b, err := os.ReadFile("/proc/pressure/cpu")
		if err != nil {
			return
		}
		_, rest, _ := strings.Cut(string(b), "avg10=")
		word, _, _ := strings.Cut(rest, " ")
		if p, err := strconv.ParseFloat(word, 64); err != nil || p < 40 {
			return
		}
	}
}

// tidyGroups removes the control groups of machines that are gone.
func tidyGroups() {
	const memory = "/sys/fs/cgroup/memory"
	entries, err := os.ReadDir(memory)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "deskbell-lab-") {
			continue
		}
		below, err := os.ReadDir(memory + "/" + e.Name())
		if err != nil {
			continue
		}
		for _, b := range below {
			if b.IsDir() {
				os.Remove(memory + "/" + e.Name() + "/" + b.Name())
			}
		}
		os.Remove(memory + "/" + e.Name()) // not while somebody is in it
	}
}
