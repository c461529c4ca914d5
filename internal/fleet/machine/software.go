package machine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// program is something that runs on a machine.
type program struct {
	name    string
	user    string // "" is whoever sits there
	cpu     float32
	rss     float32 // in MiB
	command string
}

func programs(os, form string) []program {
	switch {
	case os == "windows":
		return []program{
			{"chrome.exe", "", 6, 820, `"C:\Program Files\Google\Chrome\Application\chrome.exe"`}, {"ms-teams.exe", "", 5, 640, `"C:\Program Files\WindowsApps\MSTeams\ms-teams.exe"`},
			{"OUTLOOK.EXE", "", 2, 410, `"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE"`}, {"EXCEL.EXE", "", 3, 380, `"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE" Forecast.xlsx`},
			{"MsMpEng.exe", `NT AUTHORITY\SYSTEM`, 3, 290, ""}, {"explorer.exe", "", 1, 210, `C:\Windows\explorer.exe`}, {"SearchIndexer.exe", `NT AUTHORITY\SYSTEM`, 1, 90, ""},
			{"svchost.exe", `NT AUTHORITY\SYSTEM`, 1, 70, `C:\Windows\system32\svchost.exe -k netsvcs -p`}, {"dwm.exe", `Window Manager\DWM-1`, 1, 120, "dwm.exe"}, {"OneDrive.exe", "", 1, 130, `"C:\Program Files\Microsoft OneDrive\OneDrive.exe" /background`},
			{"spoolsv.exe", `NT AUTHORITY\SYSTEM`, 0, 22, `C:\Windows\System32\spoolsv.exe`}, {"deskbell-agent.exe", `NT AUTHORITY\SYSTEM`, 0, 12, `"C:\Program Files\Deskbell\deskbell-agent.exe" run`},
		}
	case os == "darwin":
		return []program{
			{"Google Chrome", "", 7, 900, ""}, {"Slack Helper (Renderer)", "", 3, 420, ""}, {"Microsoft Teams", "", 4, 560, ""}, {"WindowServer", "_windowserver", 5, 310, ""},
			{"mds_stores", "root", 2, 160, ""}, {"Finder", "", 1, 140, ""}, {"Xcode", "", 4, 1300, ""}, {"coreaudiod", "_coreaudiod", 1, 30, ""}, {"kernel_task", "root", 3, 24, ""}, {"deskbell-agent", "root", 0, 12, "/Library/Deskbell/deskbell-agent run"},
		}
	case form == Server || form == Virtual:
		return []program{
			{"postgres", "postgres", 9, 900, "postgres: 15/main: checkpointer"}, {"java", "tomcat", 8, 2100, "/usr/bin/java -Xmx2g -jar /opt/erp/erp.jar"}, {"nginx", "www-data", 2, 40, "nginx: worker process"}, {"prometheus-node", "prometheus", 1, 24, "/usr/bin/prometheus-node-exporter"},
			{"systemd-journal", "root", 1, 60, "/lib/systemd/systemd-journald"}, {"sshd", "root", 0, 9, "sshd: /usr/sbin/sshd -D"}, {"cron", "root", 0, 4, "/usr/sbin/cron -f"}, {"rsyslogd", "root", 0, 8, "/usr/sbin/rsyslogd -n"}, {"deskbell-agent", "root", 0, 12, "/usr/bin/deskbell-agent run"},
		}
	}
	return []program{
		{"firefox-esr", "", 6, 760, "/usr/lib/firefox-esr/firefox-esr"}, {"gnome-shell", "", 4, 380, "/usr/bin/gnome-shell"}, {"code", "", 5, 620, "/usr/share/code/code --type=renderer"}, {"thunderbird", "", 2, 410, "/usr/bin/thunderbird"},
		{"Xorg", "root", 2, 140, "/usr/lib/xorg/Xorg vt2 -displayfd 3"}, {"pipewire", "", 1, 30, "/usr/bin/pipewire"}, {"NetworkManager", "root", 0, 22, "/usr/sbin/NetworkManager --no-daemon"}, {"cupsd", "root", 0, 12, "/usr/sbin/cupsd -l"},
		{"systemd-journald", "root", 0, 40, "/lib/systemd/systemd-journald"}, {"tracker-miner-fs-3", "", 1, 90, "/usr/libexec/tracker-miner-fs-3"}, {"deskbell-agent", "root", 0, 12, "/usr/bin/deskbell-agent run"},
	}
}

// Processes are the heaviest processes.
func (m *Machine) Processes(now time.Time) diagnostics.Processes {
	list := diagnostics.Processes{Total: int(m.processes), Running: 1 + int(m.busy()/30), IntervalMS: 1000}
	person := m.People()[0].Name
	grown := float32(0.6 + m.memoryUsed()/80)
	for i, p := range programs(m.model.os, m.model.form) {
		if p.user == "" {
			p.user = person
		}
		x := diagnostics.Process{
			PID: int32(900 + i*137 + int(m.seed>>7%4000)), Parent: 1, Name: p.name, User: p.user, State: "S", Command: p.command,
			CPUPct: round(p.cpu * m.busy() / 12 * (0.6 + 0.8*m.float())), RSS: uint64(p.rss * grown * (1 << 20)), Started: m.Booted().Add(time.Duration(i+1) * 11 * time.Second),
		}
		switch m.Ill() {
		case Runaway:
			if x.CPUPct = min(x.CPUPct, 40); i == 0 {
				x.State, x.CPUPct, x.Started = "R", round(float32(m.model.cores)*m.busy()*0.82), now.Add(-47*time.Minute)
			}
		case Swapping:
			if i == 0 {
				x.RSS = m.model.memory / 2
			}
		}
		list.Top = append(list.Top, x)
	}
	slices.SortStableFunc(list.Top, func(a, b diagnostics.Process) int {
		return cmp.Or(cmp.Compare(b.CPUPct, a.CPUPct), cmp.Compare(b.RSS, a.RSS))
	})
	return list
}

var services = map[string][][2]string{
	"windows": {{"Spooler", "Print Spooler"}, {"wuauserv", "Windows Update"}, {"WinDefend", "Microsoft Defender Antivirus"}, {"Dnscache", "DNS Client"}, {"LanmanWorkstation", "Workstation"}, {"W32Time", "Windows Time"}, {"BITS", "Background Intelligent Transfer"}, {"DeskbellAgent", "Deskbell agent"}},
	"darwin":  {{"com.apple.mDNSResponder", "Multicast DNS"}, {"org.cups.cupsd", "CUPS"}, {"com.apple.coreaudiod", "Audio"}, {"com.apple.bluetoothd", "Bluetooth"}, {"com.deskbell.agent", "Deskbell agent"}},
	"linux":   {{"cups.service", "CUPS Scheduler"}, {"NetworkManager.service", "Network Manager"}, {"ssh.service", "OpenBSD Secure Shell server"}, {"cron.service", "Regular background program processing daemon"}, {"systemd-resolved.service", "Network Name Resolution"}, {"openvpn-client@office.service", "OpenVPN tunnel for office"}, {"rsyslog.service", "System Logging Service"}, {"deskbell-agent.service", "Deskbell agent"}},
}

// Services are the system's services, all of them when a technician asks.
func (m *Machine) Services(all bool) diagnostics.Services {
	list := services[m.model.os]
	s := diagnostics.Services{Manager: map[string]string{"windows": "windows", "linux": "systemd", "darwin": "launchd"}[m.model.os]}
	s.Total, s.Running = 80+int(m.seed%60), 38+int(m.seed%20)
	down := int(m.seed>>5) % (len(list) - 1)
	for i, n := range list {
		x := diagnostics.Service{Name: n[0], Description: n[1], State: "running", Start: "automatic"}
		if i == down && m.Ill() == ServiceDown {
			x.State, x.Detail = "failed", "exit-code 1"
			s.Failed = append(s.Failed, x)
		}
		if all {
			s.All = append(s.All, x)
		}
	}
	return s
}

// Log is the tail of the system's log.
func (m *Machine) Log(now time.Time, lines int) diagnostics.Log {
	l := diagnostics.Log{Source: map[string]string{"windows": "System", "linux": "journal", "darwin": "unified log"}[m.model.os]}
	usual := []diagnostics.LogEntry{
		{Level: "info", Unit: "NetworkManager.service", Message: "dhcp4 (" + m.interfaceName() + "): state changed new lease, address=" + m.address()},
		{Level: "info", Unit: "systemd", Message: "Started Session of user " + m.People()[0].Name + "."},
		{Level: "warning", Unit: "cups.service", Message: "Expiring subscriptions..."},
		{Level: "info", Unit: "deskbell-agent", Message: "connected"},
		{Level: "warning", Unit: "gnome-shell", Message: "Window manager warning: last_user_time is greater than comparison timestamp"},
		{Level: "error", Unit: "bluetoothd", Message: "Failed to set mode: Failed (0x03)"},
	}
	for i := range lines {
		e := usual[mix(m.seed+uint64(i))%uint64(len(usual))]
		e.At = now.Add(-time.Duration(lines-i) * 73 * time.Second)
		l.Entries = append(l.Entries, e)
	}
	switch m.Ill() {
	case CrashLoop:
		for i := range 6 {
			l.Entries = append(l.Entries, diagnostics.LogEntry{At: now.Add(-time.Duration(6-i) * 9 * time.Second), Level: "info", Unit: "systemd", Message: fmt.Sprintf("erp-sync.service: Scheduled restart job, restart counter is at %d.", 12+i)})
		}
	case ServiceDown:
		l.Entries = append(l.Entries, diagnostics.LogEntry{At: now.Add(-40 * time.Minute), Level: "error", Unit: "systemd", Message: m.Services(false).Failed[0].Name + ": Main process exited, code=exited, status=1/FAILURE"})
	case DiskFull:
		l.Entries = append(l.Entries, diagnostics.LogEntry{At: now.Add(-2 * time.Minute), Level: "error", Unit: "rsyslog.service", Message: "write error: No space left on device"})
	}
	return l
}
