package diagnostics

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/deskbell/deskbell/internal/tongue"
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
	value := tongue.Of("evidence.no_answer")
	switch {
	case r.Answers && r.RCode != "":
		value = tongue.Of("evidence.code_in", tongue.Name("code", clean(r.RCode, 20)), milliseconds(r.RTTms))
	case r.Answers:
		value = tongue.Of("evidence.answers_in", milliseconds(r.RTTms))
	case r.Problem != "":
		value = verbatim(clean(r.Problem, 120))
	}
	return reading(SectionNetwork, tongue.Of("evidence.resolver", tongue.Name("address", clean(r.Address, 60))), value)
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
	sentence := "finding.names_down"
	for i := range all {
		if all[i].Answers {
			sentence = "finding.names_errors_only"
		}
	}
	return &Finding{
		Said:     says(tongue.Of(sentence), "advice.names_down"),
		Detail:   resolverDetail(all),
		Evidence: resolverEvidence(all),
	}
}

func namesPartly(f *facts, state resolverState, one string) *Finding {
	good, found, first := f.resolvers(state)
	if len(found) == 0 || !good {
		return nil
	}
	finding := &Finding{
		Severity: Info,
		Said:     says(tongue.Of(one)),
		Detail:   resolverDetail(found),
		Evidence: resolverEvidence(found),
	}
	if len(found) > 1 {
		finding.Said = says(tongue.Of("finding.names_trouble", tongue.Count("n", len(found))))
	}
	if first {
		// The first is asked first, for every name.
		finding.Severity = Warning
		finding.Said.advise(tongue.Of("advice.go_on_working"))
	}
	return finding
}

func namesNoAnswer(f *facts) *Finding {
	return namesPartly(f, resolverSilent, "finding.names_one_silent")
}

func namesRefused(f *facts) *Finding {
	return namesPartly(f, resolverRefuses, "finding.names_one_refuses")
}

func namesServFail(f *facts) *Finding {
	return namesPartly(f, resolverFails, "finding.names_one_fails")
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
		Said:     says(tongue.Of("finding.server_name_unknown"), "advice.server_name_unknown"),
		Detail:   resolverDetail(said),
		Evidence: resolverEvidence(said),
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
		Said:     says(tongue.Of("finding.server_unreachable"), "advice.server_unreachable"),
		Detail:   fmt.Sprintf("%s: %s.", clean(s.Address, 120), strings.TrimSuffix(clean(s.Problem, 200), ".")),
		Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.server", tongue.Name("address", clean(s.Address, 80))), verbatim(clean(s.Problem, 120)))},
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
		Said: says(tongue.Of("finding.names_false"), "advice.names_false"),
	}
	var each []string
	for _, r := range found {
		each = append(each, clean(r.Address, 60)+" names "+clean(r.Invents, 60))
		finding.Evidence = append(finding.Evidence, reading(SectionNetwork, tongue.Of("evidence.invents", tongue.Name("address", clean(r.Address, 60))), verbatim(clean(r.Invents, 60))))
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
		Said:     says(tongue.Of("finding.names_slow")),
		Detail:   resolverDetail(found),
		Evidence: resolverEvidence(found),
	}
	if first {
		finding.Severity = Warning
		finding.Said.advise(tongue.Of("advice.go_on_working"))
		finding.Fix = &Fix{Recipe: FlushNames}
	}
	return finding
}
