package diagnostics

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func gateway(change func(*Gateway)) func(*Snapshot) {
	return func(s *Snapshot) {
		g := &s.Network.Data.Gateways[0]
		g.Asked, g.Answers, g.How, g.RTTms, g.Sent = true, true, "echo", 3, 10
		change(g)
	}
}

// noSession is a server that is not connected, about which more is known.
func noSession(change func(*ServerPath)) func(*Snapshot) {
	return func(s *Snapshot) {
		p := s.Network.Data.Server
		p.Connected, p.TCPms, p.SkewMS = false, 4, 0
		change(p)
	}
}

func shows(v TLSVerdict, from, to time.Duration) func(*Snapshot) {
	return func(s *Snapshot) {
		noSession(func(p *ServerPath) {
			p.TLS = &ServerTLS{Verdict: v, Subject: "bell.example.com", Issuer: "Some CA", NotBefore: s.TakenAt.Add(from), NotAfter: s.TakenAt.Add(to)}
			if v != TLSHolds {
				p.Problem = "the certificate does not hold"
			}
		})(s)
	}
}

func growing(rss uint64, growth float64, age time.Duration) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Memory.Data.Available = 6 * gib
		s.Processes.Data.Top = []Process{{PID: 9, Name: "leaky", RSS: rss, Growth: growth, Started: s.TakenAt.Add(-age)}}
	}
}

func files(open, limit uint64) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Processes.Data.OutOfFiles = []Process{{PID: 9, Name: "open", OpenFiles: open, FileLimit: limit}}
	}
}

func printer(state string, jobs int, waits time.Duration) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Services.Data.Printers = []Printer{{Name: "Office", State: state, Jobs: jobs, Oldest: s.TakenAt.Add(-waits), Reasons: "paused"}}
	}
}

func certificate(left time.Duration) func(*Snapshot) {
	return func(s *Snapshot) {
		s.System.Data.Certificates = []Certificate{{Path: "/etc/wpa.pem", Subject: "pc-17", NotAfter: s.TakenAt.Add(left)}}
	}
}

func loggedAhead(n int, d time.Duration) func(*Snapshot) {
	return func(s *Snapshot) {
		for range n {
			s.Log.Data.Entries = append(s.Log.Data.Entries, LogEntry{At: s.TakenAt.Add(d), Unit: "cron", Message: "job"})
		}
	}
}

func loggedNow(s *Snapshot) {
	s.Log.Data.Entries = append(s.Log.Data.Entries, LogEntry{At: s.TakenAt, Unit: "cron", Message: "job"})
}

func timeSources(all ...TimeSource) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Network.Data.Server = nil
		s.Network.Data.TimeSources = all
	}
}

const day = 24 * time.Hour

func moreRuleCases() []ruleCase {
	return []ruleCase{
		{code: AddressConflict, severity: Critical, beyond: func(s *Snapshot) { s.Network.Data.Interfaces[0].Conflict = "192.0.2.7 at 02:00:00:00:00:01" }, before: func(*Snapshot) {}, says: "Another device", detail: "192.0.2.7"},
		{code: PacketLoss, severity: Warning, beyond: gateway(func(g *Gateway) { g.Lost = 3 }), before: gateway(func(g *Gateway) { g.Lost = 2 }), detail: "3 of 10 echoes lost"},
		{code: PacketLoss, name: "too few were sent", severity: Warning, beyond: gateway(func(g *Gateway) { g.Sent, g.Lost = 8, 4 }), before: gateway(func(g *Gateway) { g.Sent, g.Lost = 7, 6 })},
		{code: NetworkSlow, severity: Warning, beyond: gateway(func(g *Gateway) { g.RTTms = 200 }), before: gateway(func(g *Gateway) { g.RTTms = 199 })},
		{code: LargePacketsLost, severity: Warning, beyond: noSession(func(p *ServerPath) { p.LargeLost, p.Problem = true, "stalls" }), before: func(s *Snapshot) { s.Network.Data.Server.LargeLost = true }},
		{code: CaptivePortal, severity: Critical, beyond: noSession(func(p *ServerPath) { p.Portal, p.Problem = "302 to http://portal.example/", "refused" }),
			before: noSession(func(p *ServerPath) { p.Portal = "302 to http://portal.example/" }), detail: "302 to http://portal.example/."},
		{code: ProxyGone, severity: Critical, beyond: func(s *Snapshot) {
			s.Network.Data.Proxy, s.Network.Data.ProxyProblem = "http://proxy:3128", "no answer"
		}, before: func(s *Snapshot) { s.Network.Data.Proxy = "http://proxy:3128" }},
		{code: NamesFalse, severity: Warning, beyond: func(s *Snapshot) { s.Network.Data.Resolvers[0].Invents = "198.51.100.66" }, before: func(s *Snapshot) {
			s.Network.Data.Resolvers[0].Invents, s.Network.Data.Resolvers[0].Upstream = "198.51.100.66", true
		}},
		{code: NamesSlow, severity: Warning, beyond: resolvers(Resolver{Address: "10.0.0.2", Answers: true, RCode: "NOERROR", RTTms: 700}, good("10.0.0.3")), before: resolvers(Resolver{Address: "10.0.0.2", Answers: true, RCode: "NOERROR", RTTms: 699})},
		{code: NamesSlow, name: "the second", severity: Info, beyond: resolvers(good("10.0.0.2"), Resolver{Address: "10.0.0.3", Answers: true, RCode: "NOERROR", RTTms: 900}), before: resolvers(good("10.0.0.2"))},
		{code: ServerIntercepted, severity: Critical, beyond: shows(TLSUnknownIssuer, -day, 300*day), before: shows(TLSHolds, -day, 300*day), detail: "no authority that this machine trusts"},
		{code: ServerIntercepted, name: "another key", severity: Critical, beyond: shows(TLSOtherKey, -day, 300*day), before: shows(TLSExpired, -day, 300*day), detail: "pinned at enrolment"},
		{code: ServerIntercepted, name: "by a sign-in page", severity: Critical, causedBy: CaptivePortal, beyond: both(shows(TLSOtherName, -day, 300*day), func(s *Snapshot) { s.Network.Data.Server.Portal = "511" }), before: shows(TLSNone, 0, 0)},
		{code: ServerExpired, severity: Warning, beyond: shows(TLSExpired, -90*day, -day), before: shows(TLSHolds, -90*day, 300*day), says: "has expired"},
		{code: ServerExpired, name: "because of the clock", severity: Warning, causedBy: ClockSkew, says: "not valid yet",
			beyond: both(shows(TLSNotYetValid, day, 90*day), func(s *Snapshot) {
				s.Network.Data.TimeSources = []TimeSource{{Address: "time.example", Answers: true, SkewMS: -int64(40 * day / time.Millisecond)}}
			}), before: shows(TLSOtherName, day, 90*day)},
		{code: ServerExpiring, severity: Info, beyond: shows(TLSHolds, -90*day, 14*day), before: shows(TLSHolds, -90*day, 14*day+time.Second)},
		{code: ServerUnreachable, name: "its certificate has expired", severity: Warning, causedBy: ServerExpired, beyond: shows(TLSExpired, -90*day, -day), before: shows(TLSHolds, -90*day, 300*day)},
		{code: ClockSkew, name: "by a time server", severity: Warning, says: "Your clock is 10 min slow.",
			beyond: timeSources(TimeSource{Address: "a", Answers: true, SkewMS: -600_000}),
			before: timeSources(TimeSource{Address: "a", Answers: true, SkewMS: -600_000}, TimeSource{Address: "b", Answers: true, SkewMS: 20})},
		{code: ClockJumped, severity: Warning, beyond: both(loggedAhead(3, 10*time.Minute), loggedNow), before: both(loggedAhead(2, 3*time.Hour), loggedAhead(20, 9*time.Minute), loggedNow), says: "was 10 min ahead"},
		{code: ClockJumped, name: "a log in another zone", severity: Warning, beyond: both(loggedAhead(30, 5*time.Hour), loggedNow), before: both(loggedNow, loggedAhead(30, 5*time.Hour))},
		{code: TimeSourceSilent, severity: Info, beyond: timeSources(TimeSource{Address: "a", Problem: "no answer"}), before: timeSources(TimeSource{Address: "a", Problem: "no answer"}, TimeSource{Address: "b", Answers: true})},
		{code: MemoryExhausted, name: "one program has it", severity: Warning, says: "0.7 of 16 GB are free", beyond: func(s *Snapshot) {
			s.Memory.Data.Available = 700 << 20
			s.Processes.Data.Top = []Process{{PID: 9, Name: "chrome", RSS: 5 * gib}}
		}, before: func(*Snapshot) {}},
		{code: NetworkSlow, name: "so slow that everything gives up", severity: Warning, beyond: both(offline, gateway(func(g *Gateway) { g.RTTms = 1800 })), before: gateway(func(g *Gateway) { g.RTTms = 20 })},
		{code: NamesDown, name: "the network is very slow", severity: Critical, causedBy: NetworkSlow, beyond: both(offline, gateway(func(g *Gateway) { g.RTTms = 1800 })), before: func(*Snapshot) {}},
		{code: NamesDown, name: "the network is a little slow", severity: Critical, beyond: both(offline, gateway(func(g *Gateway) { g.RTTms = 300 })), before: func(*Snapshot) {}},
		{code: MemoryAtLimit, severity: Warning, beyond: func(s *Snapshot) { s.Memory.Data.Limits = []MemoryLimit{{Group: "app.slice", Limit: 1000, Used: 950}} },
			before: func(s *Snapshot) { s.Memory.Data.Limits = []MemoryLimit{{Group: "app.slice", Limit: 1000, Used: 949}} }},
		{code: ProcessGrowing, severity: Warning, beyond: growing(gib, 4<<20, 121*time.Second), before: growing(gib, 4<<20, 119*time.Second), says: "“leaky” takes more and more memory"},
		{code: ProcessGrowing, name: "it is small", severity: Warning, beyond: growing(5*gib, 40<<20, time.Hour), before: growing(gib-1, 40<<20, time.Hour)},
		{code: ProcessGrowing, name: "there is room for long", severity: Warning, beyond: growing(5*gib, 40<<20, time.Hour), before: growing(5*gib, 3<<20, time.Hour)},
		{code: ProcessOutOfFile, severity: Warning, beyond: files(95, 100), before: files(94, 100)},
		{code: PrintingStuck, severity: Warning, beyond: printer("stopped", 1, time.Second), before: printer("stopped", 0, time.Hour), says: "1 document waits"},
		{code: PrintingStuck, name: "it does not come out", severity: Warning, beyond: printer("processing", 2, 15*time.Minute), before: printer("processing", 2, 14*time.Minute)},
		{code: CertificateExpired, severity: Warning, beyond: certificate(-time.Second), before: certificate(-91 * day)},
		{code: CertificateExpiring, severity: Info, beyond: certificate(13 * day), before: certificate(14 * day)},
	}
}

// A cause says what it explains, however far behind it is, and a fix is a recipe
// that exists.
func TestCausesSayWhatTheyExplain(t *testing.T) {
	s := readSnapshot(t, "testdata/healthy/laptop.json")
	offline(&s)
	found := Judge(s)
	if found[0].Code != GatewaySilent || !slices.Equal(found[0].Explains, []Code{NamesDown, ServerUnreachable}) {
		t.Fatalf("%s explains %v; found are %v", found[0].Code, found[0].Explains, codesOf(found))
	}
	if !strings.HasSuffix(found[0].Detail, " From this follow: dns.down, server.unreachable.") || !strings.HasSuffix(found[0].Advice, " 2 other things that were found follow from this and go away with it.") {
		t.Errorf("it does not say so: %q %q", found[0].Detail, found[0].Advice)
	}
	for _, f := range found[1:] {
		if f.Code == NamesDown && !slices.Equal(f.Explains, []Code{ServerUnreachable}) || f.Code == ServerUnreachable && f.Explains != nil {
			t.Errorf("%s explains %v", f.Code, f.Explains)
		}
	}
	for _, r := range Rules() {
		if r.Code == GatewaySilent && !slices.Contains(r.Follows(), NamesDown) {
			t.Errorf("on the gateway depends %v", r.Follows())
		}
	}
}
