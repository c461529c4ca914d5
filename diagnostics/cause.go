package diagnostics

import (
	"slices"

	"github.com/deskbell/deskbell/internal/tongue"
)

// causes lists, for a code, what explains it when it is found too, the nearest
// first. Only what must follow is here: a full disk may well be why a service
// failed, but it need not be.
//
// The chain of the network is link, address, route, gateway, names, server.
func causes(c Code, f *facts) []Code {
	offline := []Code{GatewaySilent, NoRoute, NoAddress, NoLink}
	hampered := append([]Code{PacketLoss, AddressConflict}, offline...)
	if f.verySlow {
		hampered = append([]Code{NetworkSlow}, hampered...)
	}
	switch c {
	case NoRoute:
		return []Code{NoAddress, NoLink}
	case NoAddress:
		return []Code{NoLink}
	case PacketLoss:
		return []Code{LinkErrors, WifiWeak, AddressConflict}
	case NetworkSlow:
		return []Code{WifiWeak}
	case GatewaySilent:
		return []Code{AddressConflict}
	case NamesDown:
		return append([]Code{CaptivePortal}, hampered...)
	case NamesNoAnswer:
		return hampered
	case NamesSlow:
		return []Code{PacketLoss, NetworkSlow, AddressConflict}
	case NamesFalse:
		return []Code{CaptivePortal}
	case TimeSourceSilent:
		return append([]Code{NamesDown, CaptivePortal}, hampered...)
	case ProxyGone:
		if f.byName {
			return append([]Code{NamesDown, CaptivePortal}, hampered...)
		}
		return append([]Code{CaptivePortal}, hampered...)
	case ServerExpired:
		return []Code{ClockSkew}
	case ServerIntercepted:
		return []Code{CaptivePortal, NamesFalse}
	case ServerUnreachable:
		known := []Code{CaptivePortal, ServerExpired, ServerIntercepted, LargePacketsLost, ProxyGone}
		if f.byName {
			known = append(known, NamesDown, NamesFalse, ServerNameUnknown, NamesNoAnswer, NamesSlow)
		}
		return append(known, hampered...)
	case ClockSkew:
		return []Code{ClockJumped}
	case DiskReadOnly, DiskNoAnswer:
		return []Code{DiskErrors}
	case DiskSaturated:
		return []Code{DiskErrors, MemorySwapping}
	case MemoryExhausted:
		return []Code{ProcessGrowing}
	case MemorySwapping:
		return []Code{MemoryExhausted, MemoryAtLimit, ProcessGrowing}
	case MemoryKill:
		return []Code{MemoryExhausted, MemoryAtLimit, ProcessGrowing}
	case MemoryAtLimit:
		return []Code{ProcessGrowing}
	case ProcessesBlocked:
		return []Code{DiskNoAnswer, DiskErrors, DiskSaturated, MemorySwapping}
	case CPUSaturated:
		return []Code{ProcessRunaway}
	case CPUThrottled:
		return []Code{CPUHot}
	}
	return nil
}

// tellWhatFollows says in words what the finding explains: what follows needs no
// mending of its own.
func (f *Finding) tellWhatFollows() {
	if len(f.Explains) == 0 {
		return
	}
	slices.Sort(f.Explains)
	var codes []string
	for _, c := range f.Explains {
		codes = append(codes, string(c))
	}
	f.Detail += " From this follow: " + list(codes, 8) + "."
	f.Said.advise(tongue.Of("advice.follows", tongue.Count("n", len(f.Explains))))
}

// explain sets CausedBy to the nearest cause that was found as well.
func explain(found []Finding, f *facts) {
	present := make(map[Code]bool, len(found))
	for i := range found {
		present[found[i].Code] = true
	}
	for i := range found {
		for _, c := range causes(found[i].Code, f) {
			if present[c] {
				found[i].CausedBy = c
				break
			}
		}
	}
	// Each cause says what it explains, also by way of others.
	by := make(map[Code]Code, len(found))
	at := make(map[Code]int, len(found))
	for i := range found {
		by[found[i].Code], at[found[i].Code] = found[i].CausedBy, i
	}
	for i := range found {
		steps := 0
		for c := found[i].CausedBy; c != "" && steps < len(found); c = by[c] {
			found[at[c]].Explains = append(found[at[c]].Explains, found[i].Code)
			steps++
		}
	}
	for i := range found {
		found[i].tellWhatFollows()
	}
}
