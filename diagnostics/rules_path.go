package diagnostics

import (
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about how well packets get through.
const (
	PacketLoss       Code = "network.loss"
	NetworkSlow      Code = "network.slow"
	LargePacketsLost Code = "network.large_packets"
	AddressConflict  Code = "network.address_conflict"
	CaptivePortal    Code = "network.sign_in_page"
	ProxyGone        Code = "network.proxy_gone"
)

func pathRules() []rule {
	return []rule{
		{Rule{AddressConflict, SectionNetwork, Critical, "Address taken twice",
			"Another machine in the network answers for an address of this one."}, addressConflict},
		{Rule{PacketLoss, SectionNetwork, Warning, "Packets get lost",
			"The default gateway answers, and leaves 3 or more of at least 8 echoes and 20 % of them unanswered."}, packetLoss},
		{Rule{NetworkSlow, SectionNetwork, Warning, "Network slow",
			"The default gateway answers echoes, in the middle after 200 ms or later."}, networkSlow},
		{Rule{LargePacketsLost, SectionNetwork, Warning, "Large packets lost",
			"An encrypted connection to the help desk's server stalls, and comes about at once when both ends send small packets only."}, largePacketsLost},
		{Rule{CaptivePortal, SectionNetwork, Critical, "Sign-in page",
			"There is no session, no encrypted connection to the help desk's server comes about, and plain HTTP to it is led to another host or asks to sign in to the network."}, captivePortal},
		{Rule{ProxyGone, SectionNetwork, Critical, "Proxy gone",
			"A proxy is set for this machine, and no connection to it comes about."}, proxyGone},
	}
}

func addressConflict(f *facts) *Finding {
	for _, i := range f.network.Interfaces {
		if i.Conflict == "" {
			continue
		}
		return &Finding{
			Said:     says(tongue.Of("finding.address_conflict"), "advice.address_conflict"),
			Detail:   fmt.Sprintf("%s: %s answers for it too.", clean(i.Name, 40), clean(i.Conflict, 120)),
			Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.also_answers", tongue.Name("name", clean(i.Name, 40))), verbatim(clean(i.Conflict, 120)))},
			Fix:      &Fix{RenewAddress, clean(i.Name, 40)},
		}
	}
	return nil
}

func packetLoss(f *facts) *Finding {
	for _, g := range f.network.Gateways {
		if !g.Answers || g.Sent < 8 || g.Lost > g.Sent || g.Lost < 3 || g.Lost*5 < g.Sent {
			continue
		}
		lost := tongue.Of("evidence.echoes", tongue.Count("lost", g.Lost), tongue.Count("sent", g.Sent))
		return &Finding{
			Said:     says(tongue.Of("finding.packet_loss"), "advice.packet_loss"),
			Detail:   fmt.Sprintf("Gateway %s on %s: %s lost.", clean(g.Address, 60), clean(g.Interface, 40), lost.English()),
			Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.lost_to", tongue.Name("address", clean(g.Address, 60))), lost)},
			Fix:      &Fix{RestartLink, clean(g.Interface, 40)},
		}
	}
	return nil
}

func networkSlow(f *facts) *Finding {
	for _, g := range f.network.Gateways {
		if !g.Answers || g.How != "echo" || !(g.RTTms >= 200) {
			continue
		}
		return &Finding{
			Said:     says(tongue.Of("finding.network_slow"), "advice.network_slow"),
			Detail:   fmt.Sprintf("Gateway %s on %s answers after %.0f ms.", clean(g.Address, 60), clean(g.Interface, 40), g.RTTms),
			Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.answer_of", tongue.Name("what", clean(g.Address, 60))), tongue.Of("evidence.after", milliseconds(g.RTTms)))},
		}
	}
	return nil
}

func largePacketsLost(f *facts) *Finding {
	s := f.network.Server
	if s == nil || s.Connected || !s.LargeLost {
		return nil
	}
	return &Finding{
		Said:   says(tongue.Of("finding.large_packets"), "advice.large_packets"),
		Detail: clean(s.Address, 120) + ": the TLS handshake stalls with full segments and completes with a maximum segment size of 536 bytes.",
		Evidence: []Evidence{
			reading(SectionNetwork, tongue.Of("evidence.encrypted_to", tongue.Name("address", clean(s.Address, 80))), tongue.Of("evidence.stalls")),
			reading(SectionNetwork, tongue.Of("evidence.small_packets"), tongue.Of("evidence.comes_about")),
		},
	}
}

func captivePortal(f *facts) *Finding {
	s := f.network.Server
	if s == nil || s.Connected || s.Portal == "" || s.Problem == "" && (s.TLS == nil || s.TLS.Verdict == TLSHolds) {
		return nil
	}
	return &Finding{
		Said:     says(tongue.Of("finding.sign_in_page"), "advice.sign_in_page"),
		Detail:   "Plain HTTP to " + clean(hostOf(s.Address), 120) + " answers: " + strings.TrimSuffix(clean(s.Portal, 200), ".") + ".",
		Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.in_servers_place"), verbatim(clean(s.Portal, 200)))},
	}
}

func proxyGone(f *facts) *Finding {
	n := &f.network
	if n.Proxy == "" || n.ProxyProblem == "" {
		return nil
	}
	return &Finding{
		Said:     says(tongue.Of("finding.proxy_gone"), "advice.proxy_gone"),
		Detail:   fmt.Sprintf("%s: %s.", clean(n.Proxy, 120), strings.TrimSuffix(clean(n.ProxyProblem, 160), ".")),
		Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.proxy", tongue.Name("proxy", clean(n.Proxy, 80))), verbatim(clean(n.ProxyProblem, 120)))},
	}
}
