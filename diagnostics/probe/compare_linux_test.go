package probe

import (
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// What a check-up reads of this very machine against what independent tools say.

// Each server's answer is what dig gets of it, code and address.
func TestResolversAsDigSays(t *testing.T) {
	answer := func(address string, code int) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg)
			m.SetRcode(q, code)
			if code == dns.RcodeSuccess && q.Question[0].Qtype == dns.TypeA {
				m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(address)}}
			}
			w.WriteMsg(m)
		}
	}
	question := dns.Question{Name: "bell.example.com.", Qtype: dns.TypeA, Qclass: dns.ClassINET}
	for name, serve := range map[string]dns.HandlerFunc{
		"answers": answer("192.0.2.7", dns.RcodeSuccess), "knows no such name": answer("", dns.RcodeNameError), "fails": answer("", dns.RcodeServerFailure), "refuses": answer("", dns.RcodeRefused),
	} {
		address := serveDNS(t, serve)
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		r := diagnostics.Resolver{Address: address}
		askResolver(t.Context(), &r, question)
		said := probetest.Run(t, "dig", "+tries=1", "+time=5", "@"+host, "-p", port, "bell.example.com", "A")
		if !r.Answers || !strings.Contains(said, "status: "+r.RCode+",") {
			t.Errorf("%s: we have %+v, dig says\n%s", name, r, said)
		}
		m, _, err := AskDNS(t.Context(), address, "bell.example.com", dns.TypeA)
		if err != nil {
			t.Fatal(err)
		}
		var ours []string
		for _, one := range m.Answer {
			ours = append(ours, strings.Fields(one.String())[4])
		}
		if short := strings.Fields(probetest.Run(t, "dig", "+short", "+tries=1", "+time=5", "@"+host, "-p", port, "bell.example.com", "A")); !slices.Equal(ours, short) {
			t.Errorf("%s: we have %v, dig says %v", name, ours, short)
		}
	}
}

// Size, use and inodes of every file system that we name are what df says of it.
func TestFileSystemsAsDfSays(t *testing.T) {
	found, _, err := New(asChild(t)).fileSystems(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, fs := range found {
		if fs.NoAnswer || fs.Network {
			continue
		}
		lines := strings.Split(probetest.Run(t, "df", "-B1", "--output=size,pcent,ipcent,fstype", fs.Mount), "\n")
		f := strings.Fields(lines[1])
		if f[1] == "-" {
			continue // it has no size
		}
		seen++
		near := func(what, percent string, ours float64) {
			if df, err := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64); err == nil && (ours > df+1 || ours < df-2) { // df rounds up; others write meanwhile
				t.Errorf("%s: %s is %.1f %%, df says %s", fs.Mount, what, ours, percent)
			}
		}
		if fmt.Sprint(fs.Total) != f[0] || fs.Type != f[3] {
			t.Errorf("%+v, df says %v", fs, f)
		}
		near("use", f[1], fs.UsedPct)
		near("use of inodes", f[2], fs.InodesPct)
	}
	if seen == 0 {
		t.Error("no file system was compared")
	}
}

// A process that works and one that sleeps: number, parent, name, state, memory and
// processor time as ps says.
func TestOneProcessAsPsSays(t *testing.T) {
	busy := exec.Command("/bin/sh", "-c", "while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- busy.Wait() }()
	t.Cleanup(func() { busy.Process.Kill(); <-ended })
	pid := int32(busy.Process.Pid)
	var ours diagnostics.Process
	err := New(Options{}).WatchProcesses(t.Context(), paceOf(Request{}).interval, func(list diagnostics.Processes) bool {
		i := slices.IndexFunc(list.Top, func(p diagnostics.Process) bool { return p.PID == pid })
		if i >= 0 {
			ours = list.Top[i]
		}
		return i < 0 || ours.CPUPct == 0
	})
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(probetest.Run(t, "ps", "-o", "pid=,ppid=,comm=,state=,rss=,user:64=", "-p", strconv.Itoa(int(pid))))
	rss, err := strconv.ParseUint(f[4], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%d %d %s %s", ours.PID, ours.Parent, ours.Name, ours.User) != strings.Join([]string{f[0], f[1], f[2], f[5]}, " ") || ours.CPUPct <= 0 || ours.CPUPct > 110 {
		t.Errorf("%+v, ps says %v", ours, f)
	}
	if !strings.HasPrefix(strings.ToUpper(ours.State), f[3]) && !strings.HasPrefix(ours.State, "run") {
		t.Errorf("its state is %q, ps says %q", ours.State, f[3])
	}
	if diff := float64(ours.RSS) - float64(rss<<10); diff > 1<<20 || diff < -1<<20 {
		t.Errorf("its memory is %d, ps says %d", ours.RSS, rss<<10)
	}
}
