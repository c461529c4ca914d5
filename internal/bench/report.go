//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is where it was measured.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
	Disk   string `json:"disk"` // file system of the data
	Go     string `json:"go"`
	Load   string `json:"load"` // load averages when the row began
	Files  uint64 `json:"open_files"`
}

func machineNow() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: "unknown"}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.Memory = fmt.Sprintf("%.0f GiB", float64(info.Totalram)*float64(info.Unit)/(1<<30))
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = "Linux " + unix.ByteSliceToString(name.Release[:])
	}
	var disk unix.Statfs_t
	if unix.Statfs(os.TempDir(), &disk) == nil {
		m.Disk = map[int64]string{unix.EXT4_SUPER_MAGIC: "ext4", unix.TMPFS_MAGIC: "tmpfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.XFS_SUPER_MAGIC: "xfs"}[int64(disk.Type)]
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(b))[:3], " ")
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		m.Files = limit.Max
	}
	return m
}

// save keeps the raw result and writes the report anew from all that are kept.
func save(dir string, r *Result) error {
	raw := filepath.Join(dir, "performance")
	if err := os.MkdirAll(raw, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(raw, r.Name+".json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	all, err := load(raw)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "performance.md"), report(all), 0o644)
}

// load reads the kept results in the order of the rows.
func load(dir string) ([]*Result, error) {
	var all []*Result
	for _, name := range rowNames() {
		b, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var r Result
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, &r)
	}
	return all, nil
}

const intro = `# Performance

Written by ` + "`make bench`" + ` (` + "`go run ./internal/bench`" + `; ` + "`--only ROW`" + ` measures one row anew); the raw figures lie in
[performance/](performance/). Clients and servers are separate processes on loopback of one machine and share its
processors. *Bare* is the libraries that Deskbell is made of, tuned the same way, doing only what the row is about,
measured in the same run: on a shared machine the ratio says more than the figure.

`

// report writes the whole page.
func report(all []*Result) []byte {
	var b bytes.Buffer
	b.WriteString(intro)
	b.WriteString("| what | to reach | bare | Deskbell | ratio | verdict |\n|---|---|---|---|---|---|\n")
	for _, r := range all {
		for _, l := range r.Lines {
			goal, bare := "", ""
			if l.Sense != NoGoal {
				goal = string(l.Sense) + " " + withUnit(l.Target, l.Unit)
			}
			if l.Bare != 0 {
				bare = withUnit(l.Bare, l.Unit)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", cell(l.What), goal, bare, withUnit(l.Deskbell, l.Unit), l.Ratio(), cell(l.Verdict()))
		}
	}
	for _, r := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", r.Name, wrap(r.How))
		for _, l := range r.Lines {
			if l.BareIs != "" {
				fmt.Fprintf(&b, "\n%s\n", wrap("Bare, for “"+l.What+"”: "+l.BareIs))
			}
		}
		for _, n := range r.Notes {
			fmt.Fprintf(&b, "\n- %s", strings.ReplaceAll(wrap(n), "\n", "\n  "))
		}
		if len(r.Notes) > 0 {
			b.WriteString("\n")
		}
		m := r.Machine
		fmt.Fprintf(&b, "\n%s\n", wrap(fmt.Sprintf("%s, %s: %s, %d processors, %s, %s, %s, %s, at most %d open files, load %s before. `%s`",
			r.At.Format("2006-01-02 15:04 UTC"), r.Took, m.CPU, m.Cores, m.Memory, m.Kernel, m.Disk, m.Go, m.Files, m.Load, r.Command)))
		if r.Quick {
			b.WriteString("\n**Measured with --quick: these figures mean nothing.**\n")
		}
	}
	return b.Bytes()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// wrap breaks a paragraph at 118 characters.
func wrap(s string) string {
	var b strings.Builder
	n := 0
	for _, w := range strings.Fields(s) {
		length := len([]rune(w))
		switch {
		case n == 0:
		case n+1+length > 118:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(w)
		n += length
	}
	return b.String()
}
