package diagnostics

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// The codes about names, the server and the clock.
const (
	NamesDown         Code = "dns.down"
	NamesNoAnswer     Code = "dns.no_answer"
	NamesRefused      Code = "dns.refused"
	NamesServFail     Code = "dns.servfail"
	ServerNameUnknown Code = "server.name_unknown"
	ServerUnreachable Code = "server.unreachable"
	NamesSlow         Code = "dns.slow"
	NamesFalse        Code = "dns.false"
)

func nameRules() []rule {
	return []rule{
		{Rule{NamesDown, SectionNetwork, Critical, "Names down",
			"Not one of the DNS servers that programs ask gives a usable answer."}, namesDown},
		{Rule{NamesNoAnswer, SectionNetwork, Warning, "Name server silent",
			"A DNS server does not answer, and another one does; a warning when it is the first to be asked, information otherwise."}, namesNoAnswer},
		{Rule{NamesRefused, SectionNetwork, Warning, "Name server refuses",
			"A DNS server answers REFUSED, and another one answers properly."}, namesRefused},
		{Rule{NamesServFail, SectionNetwork, Warning, "Name server fails",
			"A DNS server answers SERVFAIL or another error, and another one answers properly."}, namesServFail},
		{Rule{NamesFalse, SectionNetwork, Warning, "False names",
			"A DNS server that programs ask names an address for a name that cannot exist."}, namesFalse},
		{Rule{NamesSlow, SectionNetwork, Warning, "Name service slow",
			"The first DNS server takes 700 ms or more for an answer; information when it is another one."}, namesSlow},
		{Rule{ServerNameUnknown, SectionNetwork, Warning, "Server name unknown",
			"The DNS servers answer and say that the name of the help desk's server does not exist, and there is no session."}, serverNameUnknown},
		{Rule{ServerUnreachable, SectionNetwork, Warning, "Server unreachable",
			"There is no session with the help desk's server, and connecting to it fails."}, serverUnreachable},
	}
}

// hostOf takes the port off an address that has one.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// serverByName reports whether finding the server needs DNS.
func (f *facts) serverByName() bool {
	s := f.network.Server
	if s == nil {
		return false
	}
	_, err := netip.ParseAddr(hostOf(s.Address))
	return err != nil
}

// resolverState is what a resolver's answer is worth.
type resolverState int

const (
	resolverGood resolverState = iota
	resolverSilent
	resolverRefuses
	resolverFails
)

func (r *Resolver) judged() resolverState {
	switch {
	case !r.Answers:
		return resolverSilent
	case r.RCode == "" || r.RCode == "NOERROR" || r.RCode == "NXDOMAIN":
		return resolverGood
	case r.RCode == "REFUSED" || r.RCode == "NOTAUTH":
		return resolverRefuses
	}
	return resolverFails
}

func (r *Resolver) evidence() Evidence {
	value := "no answer"
	switch {
	case r.Answers && r.RCode != "":
		value = clean(r.RCode, 20) + fmt.Sprintf(" in %.0f ms", r.RTTms)
	case r.Answers:
		value = fmt.Sprintf("answers in %.0f ms", r.RTTms)
	case r.Problem != "":
		value = clean(r.Problem, 120)
	}
	return Evidence{SectionNetwork, "resolver " + clean(r.Address, 60), value}
}

// resolvers describes those in a state, whether the first is among them, and
// whether any that programs ask is good.
func (f *facts) resolvers(state resolverState) (good bool, found []Resolver, first bool) {
	for i, r := range f.network.Resolvers {
		switch r.judged() {
		case resolverGood:
			good = good || !r.Upstream
		case state:
			found = append(found, r)
			first = first || i == 0
		}
	}
	return good, found, first
}

func resolverDetail(found []Resolver) string {
	var each []string
	for i := range found {
		e := found[i].evidence()
		each = append(each, fmt.Sprintf("%s: %s (asked for %s)", e.What, e.Value, quote(found[i].Name)))
	}
	return list(each, 6) + "."
}

func resolverEvidence(found []Resolver) []Evidence {
	var e []Evidence
	for i := range found {
		e = append(e, found[i].evidence())
	}
	return e
}

func namesDown(f *facts) *Finding {
	all := f.network.Resolvers
	for _, r := range all {
		// One behind the machine's own resolver helps nobody while that is down.
		if r.judged() == resolverGood && !r.Upstream {
			return nil
		}
	}
	if len(all) == 0 {
		return nil
	}
	sentence := "The name service of your network does not answer."
	for i := range all {
		if all[i].Answers {
			sentence = "The name service of your network answers with errors only."
		}
	}
	return &Finding{
		Sentence: sentence,
		Detail:   resolverDetail(all),
		Evidence: resolverEvidence(all),
		Advice:   "Web pages and mail will not open. Join the network again, or switch the VPN off and on; if others have it too, it is already being noticed.",
	}
}

func namesPartly(f *facts, state resolverState, what string) *Finding {
	good, found, first := f.resolvers(state)
	if len(found) == 0 || !good {
		return nil
	}
	finding := &Finding{
		Severity: Info,
		Sentence: "One of your network's name services " + what + ", so pages may open slowly.",
		Detail:   resolverDetail(found),
		Evidence: resolverEvidence(found),
	}
	if len(found) > 1 {
		finding.Sentence = fmt.Sprintf("%d of your network's name services have trouble, so pages may open slowly.", len(found))
	}
	if first {
		// The first is asked first, for every name.
		finding.Severity = Warning
		finding.Advice = "You can go on working. Tell the help desk if it stays like this."
	}
	return finding
}

func namesNoAnswer(f *facts) *Finding { return namesPartly(f, resolverSilent, "does not answer") }

func namesRefused(f *facts) *Finding {
	return namesPartly(f, resolverRefuses, "refuses to answer")
}

func namesServFail(f *facts) *Finding {
	return namesPartly(f, resolverFails, "answers with errors")
}

func serverNameUnknown(f *facts) *Finding {
	s := f.network.Server
	if s == nil || s.Connected || !f.serverByName() {
		return nil
	}
	var said []Resolver
	for _, r := range f.network.Resolvers {
		switch {
		case r.judged() != resolverGood:
		case r.RCode != "NXDOMAIN" || !sameName(r.Name, hostOf(s.Address)):
			return nil
		default:
			said = append(said, r)
		}
	}
	if len(said) == 0 {
		return nil
	}
	return &Finding{
		Sentence: "Your network does not know the name of the help desk's server.",
		Detail:   resolverDetail(said),
		Evidence: resolverEvidence(said),
		Advice:   "If the help desk is reached over a VPN, switch it on. What you send is kept and goes out later.",
	}
}

func sameName(a, b string) bool {
	return a != "" && strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

func serverUnreachable(f *facts) *Finding {
	s := f.network.Server
	if s == nil || s.Connected || s.Problem == "" {
		return nil
	}
	return &Finding{
		Sentence: "The help desk's server cannot be reached right now.",
		Detail:   fmt.Sprintf("%s: %s.", clean(s.Address, 120), strings.TrimSuffix(clean(s.Problem, 200), ".")),
		Evidence: []Evidence{{SectionNetwork, "server " + clean(s.Address, 80), clean(s.Problem, 120)}},
		Advice:   "What you send is kept on this machine and goes out by itself when the server can be reached again.",
	}
}

func namesFalse(f *facts) *Finding {
	var found []Resolver
	for _, r := range f.network.Resolvers {
		if r.Answers && r.Invents != "" && !r.Upstream {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return nil
	}
	finding := &Finding{
		Sentence: "The name service of your network gives wrong answers, so you may land on a page that is not the one you asked for.",
		Advice:   "Look at the address of a page before you enter a password there. At home this may be your provider's doing; anywhere else tell the help desk.",
	}
	var each []string
	for _, r := range found {
		each = append(each, clean(r.Address, 60)+" names "+clean(r.Invents, 60))
		finding.Evidence = append(finding.Evidence, Evidence{SectionNetwork, "resolver " + clean(r.Address, 60) + ", of a name that cannot exist", clean(r.Invents, 60)})
	}
	finding.Detail = "Asked for a name below .invalid: " + list(each, 6) + "."
	return finding
}

func namesSlow(f *facts) *Finding {
	var found []Resolver
	first := false
	for i, r := range f.network.Resolvers {
		if r.judged() == resolverGood && r.RTTms >= 700 {
			found = append(found, r)
			first = first || i == 0
		}
	}
	if len(found) == 0 {
		return nil
	}
	finding := &Finding{
		Severity: Info,
		Sentence: "The name service of your network is slow, so pages open late.",
		Detail:   resolverDetail(found),
		Evidence: resolverEvidence(found),
	}
	if first {
		finding.Severity = Warning
		finding.Advice = "You can go on working. Tell the help desk if it stays like this."
		finding.Fix = &Fix{Recipe: FlushNames}
	}
	return finding
}
