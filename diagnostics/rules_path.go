package diagnostics

import (
	"fmt"
	"strings"
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
			Sentence: "Another device in your network uses the same address as this machine.",
			Detail:   fmt.Sprintf("%s: %s answers for it too.", clean(i.Name, 40), clean(i.Conflict, 120)),
			Evidence: []Evidence{{SectionNetwork, "also answers on " + clean(i.Name, 40), clean(i.Conflict, 120)}},
			Advice:   "Leave the network and join it again, so that this machine gets another address. If it comes back, tell the help desk.",
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
		lost := fmt.Sprintf("%d of %d echoes", g.Lost, g.Sent)
		return &Finding{
			Sentence: "Your network connection loses part of what is sent.",
			Detail:   fmt.Sprintf("Gateway %s on %s: %s lost.", clean(g.Address, 60), clean(g.Interface, 40), lost),
			Evidence: []Evidence{{SectionNetwork, "lost on the way to " + clean(g.Address, 60), lost}},
			Advice:   "Use a cable, or move closer to the access point. Calls and pages will stutter until then.",
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
			Sentence: "Your network connection is slow to react.",
			Detail:   fmt.Sprintf("Gateway %s on %s answers after %.0f ms.", clean(g.Address, 60), clean(g.Interface, 40), g.RTTms),
			Evidence: []Evidence{{SectionNetwork, "answer of " + clean(g.Address, 60), fmt.Sprintf("after %.0f ms", g.RTTms)}},
			Advice:   "Large downloads and uploads near you may fill the line: pause them. On Wi-Fi, move closer to the access point.",
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
		Sentence: "Your network swallows large pieces of data, so secure pages and mail may hang.",
		Detail:   clean(s.Address, 120) + ": the TLS handshake stalls with full segments and completes with a maximum segment size of 536 bytes.",
		Evidence: []Evidence{
			{SectionNetwork, "encrypted connection to " + clean(s.Address, 80), "stalls"},
			{SectionNetwork, "the same with small packets", "comes about"},
		},
		Advice: "If you use a VPN, switch it off and on. Otherwise try another network, and tell the help desk.",
	}
}

func captivePortal(f *facts) *Finding {
	s := f.network.Server
	if s == nil || s.Connected || s.Portal == "" || s.Problem == "" && (s.TLS == nil || s.TLS.Verdict == TLSHolds) {
		return nil
	}
	return &Finding{
		Sentence: "Your network wants you to sign in on its page before it lets you through.",
		Detail:   "Plain HTTP to " + clean(hostOf(s.Address), 120) + " answers: " + strings.TrimSuffix(clean(s.Portal, 200), ".") + ".",
		Evidence: []Evidence{{SectionNetwork, "answer in the server's place", clean(s.Portal, 200)}},
		Advice:   "Open a web page and accept the network's terms, or use another network.",
	}
}

func proxyGone(f *facts) *Finding {
	n := &f.network
	if n.Proxy == "" || n.ProxyProblem == "" {
		return nil
	}
	return &Finding{
		Sentence: "The proxy that this machine must use for the internet does not answer.",
		Detail:   fmt.Sprintf("%s: %s.", clean(n.Proxy, 120), strings.TrimSuffix(clean(n.ProxyProblem, 160), ".")),
		Evidence: []Evidence{{SectionNetwork, "proxy " + clean(n.Proxy, 80), clean(n.ProxyProblem, 120)}},
		Advice:   "If the proxy belongs to your office, connect to the office's network or VPN. Otherwise tell the help desk.",
	}
}
