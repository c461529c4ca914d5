// Package sample is a machine, its findings and its tickets, for tests and pictures.
package sample

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// Snapshot is a machine with a full disk, whole.
func Snapshot() diagnostics.Snapshot {
	at := time.Date(2026, 11, 21, 14, 29, 0, 0, time.UTC)
	var s diagnostics.Snapshot
	s.Version, s.TakenAt, s.TookMS = 1, at, 812
	s.System = ok(diagnostics.System{Hostname: "pc-17", OS: "linux", Platform: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.1.0-28", Arch: "x86_64", BootedAt: at.Add(-50 * time.Hour), TimeZone: "Europe/Berlin", Users: []diagnostics.Session{{User: "ann", Where: ":0", Since: at.Add(-5 * time.Hour), Desktop: true}}})
	s.CPU = ok(diagnostics.CPU{Model: "Intel Core i5-8250U", Cores: 8, BusyPercent: 12.4, Load1: 0.8})
	s.Memory = ok(diagnostics.Memory{Total: 16_700_000_000, Available: 6_100_000_000, SwapTotal: 2_147_483_648})
	s.Disks = ok(diagnostics.Disks{FileSystems: []diagnostics.FileSystem{
		{Mount: "/", Device: "/dev/sda1", Type: "ext4", Total: 256_060_514_304, Free: 312_475_648, UsedPct: 99.9},
		{Mount: "/home", Device: "/dev/sda2", Type: "ext4", Total: 500_107_862_016, Free: 210_000_000_000, UsedPct: 58},
	}})
	s.Network = ok(diagnostics.Network{Interfaces: []diagnostics.Interface{{Name: "enp0s31f6", Up: true, Carrier: true, Addresses: []string{"10.0.4.17/24"}}, {Name: "wlan0", Wireless: true}}, Resolvers: []diagnostics.Resolver{{Address: "10.0.0.2", Name: "desk.example", RCode: "SERVFAIL"}}})
	var top []diagnostics.Process
	for i := range 25 {
		top = append(top, diagnostics.Process{PID: int32(1000 + i), Name: fmt.Sprintf("program-%d", i), User: "ann", State: "S", CPUPct: float64(25 - i), RSS: uint64(200_000_000 - i*1_000_000), Command: "/usr/bin/program --token=•••"})
	}
	s.Processes = ok(diagnostics.Processes{Total: 214, Running: 2, Top: top})
	s.Services = ok(diagnostics.Services{Manager: "systemd", Total: 87, Running: 41, Failed: []diagnostics.Service{{Name: "cups.service", Description: "CUPS Scheduler", State: "failed", Detail: "exit-code 1"}}})
	var entries []diagnostics.LogEntry
	for i := range 120 {
		entries = append(entries, diagnostics.LogEntry{At: at.Add(time.Duration(i-120) * time.Second), Level: "error", Unit: "cups.service", Message: fmt.Sprintf("printer Ricoh-2: connection refused by 10.0.4.90 (attempt %d of many), <b>will not retry</b>", i)})
	}
	s.Log = ok(diagnostics.Log{Source: "journal", Entries: entries})
	return s
}

func ok[T any](data T) diagnostics.Section[T] {
	return diagnostics.Section[T]{State: diagnostics.StateOK, Data: &data}
}

// Findings are what is wrong with that machine.
func Findings() []diagnostics.Finding {
	return []diagnostics.Finding{
		{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "Your disk is full: 0.3 GB of 256 GB are free.", Advice: "Empty the trash and the downloads folder. Programs may lose what you write until then.", Detail: "/ (ext4 on /dev/sda1): 312475648 of 256060514304 bytes free, 99.9 % used", Evidence: []diagnostics.Evidence{{Section: "disks", What: "free on /", Value: "0.3 GB of 256 GB"}}},
		{Code: "net.dns", Severity: diagnostics.Warning, Sentence: "The name service of your network does not answer.", Advice: "Web pages may not open. Your help desk sees this too.", Detail: "resolver 10.0.0.2: SERVFAIL after 2.0 s, 3 of 3"},
		{Code: "service.failed", Severity: diagnostics.Warning, Sentence: "The printing service has stopped.", Detail: "cups.service: failed (exit-code 1)"},
		{Code: "system.reboot", Severity: diagnostics.Info, Sentence: "An update waits for a restart.", Advice: "Restart when it suits you."},
		{Code: "system.uptime", Severity: diagnostics.Info, Sentence: "This computer has run for 50 hours."},
	}
}

// Checkup is the finished check-up of that machine.
func Checkup() local.Checkup {
	return local.Checkup{ID: "C1", Done: true, Snapshot: Snapshot(), Findings: Findings(), Redacted: 3}
}

// Ticket is a ticket with a conversation.
func Ticket(number int64, title, state string, now time.Time) local.Ticket {
	t := local.Ticket{Delivery: local.Sent}
	t.ID, t.Number, t.Ref, t.Title, t.State = fmt.Sprintf("T%d", number), number, fmt.Sprintf("R%d", number), title, state
	t.Body = "Since this morning. I have turned it off and on again."
	t.Assignee = "Alex Kim"
	t.CreatedAt, t.UpdatedAt = now.Add(-3*time.Hour-12*time.Minute), now.Add(-7*time.Minute)
	t.Messages = []wire.MessageView{
		{ID: "m1", At: now.Add(-2 * time.Hour), Author: "Alex Kim", Body: "Thank you. Your disk is full, and so the print queue cannot be written. May I empty the trash?"},
		{ID: "m2", At: now.Add(-110 * time.Minute), Author: "Ann Berg", Mine: true, Body: "Yes, please."},
		{ID: "m3", At: now.Add(-7 * time.Minute), Author: "Alex Kim", Body: "Done. Please try to print again.", Attachments: []wire.Attachment{{SHA256: "ab", Name: "how-to-print.pdf", Size: 84_213, Type: "application/pdf"}}},
	}
	return t
}

// Now is the time that real programs in tests see.
func Now() time.Time { return time.Now() }
