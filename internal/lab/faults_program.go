//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// prepared starts an actor before the fault, and its cue is the fault.
func prepared(s scenario, args ...string) scenario {
	var p *part
	s.prepare = func(m *machine) (err error) {
		p, err = m.act(args...)
		return err
	}
	s.spoil = func(*machine) error { return p.cue() }
	return s
}

func acting(args ...string) func(*machine) error {
	return func(m *machine) error {
		p, err := m.act(args...)
		if err != nil {
			return err
		}
		return p.cue()
	}
}

// limited makes a control group below the machine's with a limit in bytes.
func (m *machine) limited(name string, bytes int) (dir string, err error) {
	if m.group == "" {
		return "", errors.New("this host has no control group of version 1 for memory")
	}
	dir = "/sys/fs/cgroup/memory/" + name
	return dir, m.sh(fmt.Sprintf("mkdir -p %s; echo %d > %s/memory.limit_in_bytes", dir, bytes, dir))
}

func programFaults() []scenario {
	cores := fmt.Sprint(runtime.NumCPU())
	return []scenario{
		prepared(scenario{name: "runaway program", want: diagnostics.ProcessRunaway, how: "a program that has run for two minutes begins to use every core", aged: true, busy: true}, "spin", cores, "first"),
		{name: "processor overloaded", want: diagnostics.CPUSaturated, how: "four programs for each core compute at once, for a minute", busy: true,
			spoil: func(m *machine) error {
				for range 4 * runtime.NumCPU() {
					if err := acting("spin", "1")(m); err != nil {
						return err
					}
				}
				time.Sleep(35 * time.Second) // the kernel's average over a minute has to see it
				return nil
			}},
		prepared(scenario{name: "leak", want: diagnostics.ProcessGrowing, how: "a program that has run for two minutes holds 1.1 GiB and takes 40 MiB more each second", aged: true}, "grow"),
		{name: "memory limit reached", want: diagnostics.MemoryAtLimit, how: "a program fills its control group of 64 MiB to 97 %", spoil: func(m *machine) error {
			dir, err := m.limited("editor", 64<<20)
			if err != nil {
				return err
			}
			return acting("fill", dir)(m)
		}},
		{name: "swap thrash", want: diagnostics.MemoryAtLimit, with: []diagnostics.Code{diagnostics.MemorySwapping}, how: "a program goes through 160 MiB over and over in a control group of 64 MiB, on a machine with swap",
			played: "the swap is compressed memory (zram), which the whole host has while this machine is there", spoil: thrash},
		{name: "ended for memory", want: diagnostics.MemoryKill, how: "the kernel ends a program that takes more than its control group's 24 MiB", played: "the kernel's log reaches the machine by a relay in rsyslog's place", spoil: func(m *machine) error {
			dir, err := m.limited("browser", 24<<20)
			if err != nil {
				return err
			}
			if err := acting("burst", dir)(m); err != nil {
				return err
			}
			return m.logged("Killed process")
		}},
		{name: "dead processes", want: diagnostics.ProcessZombies, how: "a program does not wait for 120 children", spoil: acting("zombies", "120")},
		{name: "too many open files", want: diagnostics.ProcessOutOfFile, how: "a program opens files until it may open no more", spoil: acting("files", "512", "600")},
		{name: "crash loop", want: diagnostics.CrashLoop, how: "a program of a few bytes crashes five times, and the kernel logs it", played: "the kernel's log reaches the machine by a relay in rsyslog's place", spoil: crash},
	}
}

// crash runs a program that reads where nothing is, five times.
func crash(m *machine) error {
	if err := os.WriteFile("/run/mailer", crasher(), 0o755); err != nil {
		return err
	}
	for range 5 {
		if err := exec.Command("/run/mailer").Run(); err == nil {
			return errors.New("it did not crash")
		}
	}
	return m.logged("mailer[")
}

// logged waits until the kernel's words have come into the machine's log.
func (m *machine) logged(words string) error {
	for range 100 {
		if m.sh("grep -qF '"+words+"' /var/log/syslog") == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("the kernel did not log %q", words)
}

// crasher is the smallest ELF program for amd64 that reads from address 0.
func crasher() []byte {
	const at = 0x400000
	code := []byte{0x8b, 0x04, 0x25, 0, 0, 0, 0} // mov eax, [0]
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	put16 := func(v uint16) { b = append(b, byte(v), byte(v>>8)) }
	put32 := func(v uint32) { put16(uint16(v)); put16(uint16(v >> 16)) }
	put64 := func(v uint64) { put32(uint32(v)); put32(uint32(v >> 32)) }
	put16(2)  // executable
	put16(62) // amd64
	put32(1)  // version
	put64(at + 120)
	put64(64) // program headers
	put64(0)
	put32(0)
	put16(64)
	put16(56)
	put16(1)
	put16(0)
	put16(0)
	put16(0)
	put32(1) // load
	put32(5) // readable, executable
	put64(0)
	put64(at)
	put64(at)
	put64(uint64(120 + len(code)))
	put64(uint64(120 + len(code)))
	put64(4096)
	return append(b, code...)
}

// thrash gives the host some swap in memory, and a program that needs it.
func thrash(m *machine) error {
	dir, err := m.limited("database", 64<<20)
	if err != nil {
		return err
	}
	out, err := exec.Command("cat", "/sys/class/zram-control/hot_add").Output()
	if err != nil {
		return fmt.Errorf("this kernel has no zram: %w", err)
	}
	id := strings.TrimSpace(string(out))
	m.undo = append(m.undo, func() {
		if err := m.sh(fmt.Sprintf("swapoff /dev/zram%[1]s; echo %[1]s > /sys/class/zram-control/hot_remove", id)); err != nil {
			fmt.Fprintln(os.Stderr, "the swap stays:", err)
		}
	})
	if err := m.sh(fmt.Sprintf("echo 256M > /sys/block/zram%[1]s/disksize; mkswap /dev/zram%[1]s; swapon -p 0 /dev/zram%[1]s", id)); err != nil {
		return err
	}
	return acting("thrash", dir)(m)
}
