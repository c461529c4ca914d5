package probe

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

func TestMountinfo(t *testing.T) {
	text := `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw,errors=remount-ro
28 27 8:2 /srv /var/lib/very/long/path rw - ext4 /dev/sda2 rw
29 27 8:1 / /boot/efi rw - vfat /dev/sda1 rw
30 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
31 27 0:40 / /mnt/with\040blank\134back rw shared:1 master:2 - nfs4 nas:/export\040one rw,vers=4.2
32 27 8:17 / /data rw - ext4 /dev/sdb1 ro
33 27 8:33 / /ro ro - ext4 /dev/sdc1 ro
34 27 8:49 / /shut rw - ext4 /dev/sdd1 rw,emergency_ro
35 27 0:50 / /covered rw - ext4 /dev/sde1 rw
36 35 0:51 / /covered rw - tmpfs tmpfs rw
37 27 0:52 / /home/anna/portal rw - fuse.portal portal rw
38 27 0:53 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw
39 27 8:2 /etc/hosts /etc/hosts rw - ext4 /dev/sda2 rw
a line that is none
40 27 0:54 / /short rw - ext4
`
	type row struct {
		key      string
		mount    string
		network  bool
		readOnly bool
		trouble  bool
	}
	var got []row
	for _, m := range parseMountinfo([]byte(text)) {
		got = append(got, row{m.Key, m.FS.Mount, m.FS.Network, m.FS.ReadOnly, m.FS.ErrorState != ""})
	}
	want := []row{
		{"27 /", "/", false, false, false},
		{"29 /boot/efi", "/boot/efi", false, false, false},
		{`31 /mnt/with blank\back`, `/mnt/with blank\back`, true, false, false},
		{"32 /data", "/data", false, true, true}, // went read-only by itself
		{"33 /ro", "/ro", false, true, false},    // was asked to
		{"34 /shut", "/shut", false, true, true},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(row{})); d != "" {
		t.Error(d)
	}
}

func TestRoutes(t *testing.T) {
	four := `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	010200C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	FE01A8C0	0003	0	0	100	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
ppp0	00000000	00000000	0001	0	0	700	00000000	0	0	0
lo	00000000	00000000	0201	0	0	0	00000000	0	0	0
tun0	00000000	0100080A	0003	0	0	0	00000080	0	0	0
tun0	00000080	0100080A	0003	0	0	0	00000080	0	0	0
`
	want := []diagnostics.Gateway{
		{Address: "10.8.0.1", Interface: "tun0"}, {Address: "192.168.1.254", Interface: "eth0"}, {Address: "192.0.2.1", Interface: "wlan0"}, {Interface: "ppp0"},
	}
	if d := cmp.Diff(want, parseRoutes4([]byte(four))); d != "" {
		t.Error(d)
	}
	six := `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000002 00000000 00000003    wlan0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000064 00000002 00000000 00000003     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`
	want = []diagnostics.Gateway{{Address: "fd00::1", Interface: "eth0"}, {Address: "fe80::1", Interface: "wlan0"}}
	if d := cmp.Diff(want, parseRoutes6([]byte(six))); d != "" {
		t.Error(d)
	}
}

func TestWireless(t *testing.T) {
	text := `Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   49.  -61.  -256        0      0      0      0    120        0
 wlan1: 0000   30.  176.  0        0      0      0      0    0        0
 wlan2: 0000   0.  0.  0        0      0      0      0    0        0
`
	if d := cmp.Diff(map[string]int{"wlan0": -61, "wlan1": -80}, parseWireless(text)); d != "" {
		t.Error(d)
	}
}

func TestPressure(t *testing.T) {
	got := parsePressure("some avg10=1.50 avg60=0.21 avg300=2.32 total=70118957\nfull avg10=0.25 avg60=0.10 avg300=0.00 total=0\n")
	if d := cmp.Diff(&diagnostics.Pressure{Some10: 1.5, Some60: 0.21, Full10: 0.25, Full60: 0.1}, got); d != "" {
		t.Error(d)
	}
	if parsePressure("") != nil || parsePressure("nonsense\n") != nil {
		t.Error("pressure out of nothing")
	}
}

func TestStat(t *testing.T) {
	const rest = " 1 100 100 0 -1 4194304 1000 0 0 0 250 50 0 0 20 0 3 0 123456 1000000 256 18446744073709551615 1 1 0 0 0"
	p, ok := parseStat([]byte("4242 (evil) S 9 (\nname) R"+rest), 4096)
	want := processTimes{name: "evil) S 9 (\nname", state: 'R', parent: 1, seconds: 3, started: 123456, rss: 256 * 4096}
	if !ok || p != want {
		t.Errorf("%v %+v", ok, p)
	}
	for _, bad := range []string{"", "1 (a", "1 (a) S 1", "1 )a( S" + rest} {
		if _, ok := parseStat([]byte(bad), 4096); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestSession(t *testing.T) {
	text := "# This is private data. Do not parse.\nUID=1000\nUSER=anna\nACTIVE=1\nSTATE=active\nREMOTE=0\nTYPE=wayland\nCLASS=user\nSEAT=seat0\nTTY=tty2\nREALTIME=1763713860000000\n"
	s, ok := parseSession(text)
	want := diagnostics.Session{User: "anna", Where: "tty2", Desktop: true, Since: time.Unix(1763713860, 0)}
	if d := cmp.Diff(want, s); d != "" || !ok {
		t.Error(ok, d)
	}
	for _, other := range []string{strings.Replace(text, "CLASS=user", "CLASS=greeter", 1), strings.Replace(text, "STATE=active", "STATE=closing", 1), ""} {
		if _, ok := parseSession(other); ok {
			t.Errorf("%q is nobody's", other)
		}
	}
}

func TestUnits(t *testing.T) {
	units := parseUnits(`accounts-daemon.service loaded active running Accounts Service
● cups.service loaded failed failed CUPS Scheduler
fstrim.service loaded inactive dead Discard unused blocks
gone.service not-found inactive dead gone.service
getty@tty1.service loaded active running Getty on tty1
nfs-server.service loaded activating start-pre NFS server
apparmor.service loaded active exited Load AppArmor profiles
dbus.socket loaded active running D-Bus
`)
	addResults(units, "Id=cups.service\nResult=exit-code\nExecMainCode=1\nExecMainStatus=1\n\nId=x.service\nResult=signal\n")
	addStarts(units, "accounts-daemon.service enabled enabled\ngetty@.service enabled enabled\nfstrim.service static -\ncups.service disabled enabled\n")
	want := []diagnostics.Service{
		{Name: "accounts-daemon", Description: "Accounts Service", State: "running", Start: "automatic"},
		{Name: "cups", Description: "CUPS Scheduler", State: "failed", Detail: "result exit-code, status 1", Start: "disabled"},
		{Name: "fstrim", Description: "Discard unused blocks", State: "stopped", Start: "manual"},
		{Name: "getty@tty1", Description: "Getty on tty1", State: "running", Start: "automatic"},
		{Name: "nfs-server", Description: "NFS server", State: "starting"},
		{Name: "apparmor", Description: "Load AppArmor profiles", State: "exited"},
	}
	if d := cmp.Diff(want, units); d != "" {
		t.Error(d)
	}
}

func TestJournalLines(t *testing.T) {
	text := `{"__REALTIME_TIMESTAMP":"1763719200000001","MESSAGE":"plain","PRIORITY":"4","_SYSTEMD_UNIT":"a.service","_TRANSPORT":"stdout"}
{"__REALTIME_TIMESTAMP":"1763719201000000","MESSAGE":[72,105,27,91,109,255],"PRIORITY":"6","SYSLOG_IDENTIFIER":"b"}
{"__REALTIME_TIMESTAMP":"1763719202000000","MESSAGE":"from the kernel","PRIORITY":"3","_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel"}
{"__REALTIME_TIMESTAMP":"1763719203000000","MESSAGE":"pretends","PRIORITY":"3","_TRANSPORT":"syslog","SYSLOG_IDENTIFIER":"kernel","_COMM":"logger"}
{"MESSAGE":null}
{"__REALTIME_TIMESTAMP":"1763719204000000","MESSAGE":["one","two"]}
{"__REALTIME_TIMESTAMP":"17637192`
	got := parseJournal([]byte(text))
	want := []diagnostics.LogEntry{
		{At: time.UnixMicro(1763719200000001), Level: "warning", Unit: "a.service", Message: "plain"},
		{At: time.UnixMicro(1763719201000000), Level: "info", Unit: "b", Message: `Hi\x1b[m\xff`},
		{At: time.UnixMicro(1763719202000000), Level: "error", Unit: "kernel", Message: "from the kernel"},
		{At: time.UnixMicro(1763719203000000), Level: "error", Unit: "logger", Message: "pretends"},
		{Message: leftOut},
		{At: time.UnixMicro(1763719204000000), Message: "one"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSyslogLines(t *testing.T) {
	changed := time.Date(2026, 1, 2, 8, 0, 0, 0, time.Local)
	got := parseSyslog([]byte("2026-01-02T07:31:04.123456+00:00 host sshd[123]: Failed password for root\n"+
		"Dec 31 23:59:58 host kernel: [12345.678901] I/O error, dev sda, sector 5\n"+
		"Jan  2 07:59:00 host CRON[9]: (root) CMD (x)\n"+
		"\n"+
		"no form at all \x1b[2J\n"+
		strings.Repeat("x", 9000)+"\n"), changed)
	want := []diagnostics.LogEntry{
		{At: time.Date(2026, 1, 2, 7, 31, 4, 123456000, time.UTC), Unit: "sshd", Message: "Failed password for root"},
		{At: time.Date(2025, 12, 31, 23, 59, 58, 0, time.Local), Unit: "kernel", Message: "I/O error, dev sda, sector 5"},
		{At: time.Date(2026, 1, 2, 7, 59, 0, 0, time.Local), Unit: "CRON", Message: "(root) CMD (x)"},
		{Message: `no form at all \x1b[2J`},
	}
	if len(got) != 5 || len(got[4].Message) > maxMessage+len("…") {
		t.Fatalf("%d entries, the last of %d bytes", len(got), len(got[len(got)-1].Message))
	}
	if d := cmp.Diff(want, got[:4], cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); d != "" {
		t.Error(d)
	}
}

func TestKernelRecords(t *testing.T) {
	boot := time.Unix(1763700000, 0)
	e, ok := parseKmsg([]byte("3,1234,5000000,-;I/O error, dev sda, sector 5\n SUBSYSTEM=block\n DEVICE=b8:0\n"), boot)
	want := diagnostics.LogEntry{At: boot.Add(5 * time.Second), Level: "error", Unit: "kernel", Message: "I/O error, dev sda, sector 5"}
	if d := cmp.Diff(want, e); d != "" || !ok {
		t.Error(ok, d)
	}
	// A program can write here too, and must not be taken for the kernel.
	for _, other := range []string{"12,1,1,-;from user space", "x,1,1,-;y", "no semicolon", "3,1;short", "3,1,1,-;\n"} {
		if e, ok := parseKmsg([]byte(other), boot); ok {
			t.Errorf("%q was read as %+v", other, e)
		}
	}
}

func TestNeighbours(t *testing.T) {
	b := make([]byte, 12, 64)
	b[8] = 0x02                                        // NUD_REACHABLE
	b = append(b, 10, 0, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0) // an attribute that we do not read, with padding
	b = append(b, 8, 0, 1, 0, 192, 0, 2, 1)            // NDA_DST
	ip, state, ok := parseNeighbour(b)
	if !ok || ip != netip.MustParseAddr("192.0.2.1") || state != 2 {
		t.Errorf("%v %v %v", ip, state, ok)
	}
	for i := range b {
		parseNeighbour(b[:i]) // cut off anywhere
	}
	b[12] = 0xff // a length beyond the end
	if _, _, ok := parseNeighbour(b); ok {
		t.Error("read beyond its end")
	}
}

func TestPlainLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "  a b ": "a b", "a\nb\tc": "a b c", "a\x1b[0m\x00": `a\x1b[0m\x00`, "bad\xff": `bad\xff`, "gr\u0085ün": `gr\x85ün`,
	} {
		if got := plainLine(in, 80); got != want {
			t.Errorf("%q → %q, want %q", in, got, want)
		}
	}
	if got := plainLine("1234567890", 9); got != "123456…" {
		t.Errorf("cut to %q", got)
	}
}
