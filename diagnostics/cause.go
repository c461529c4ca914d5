package diagnostics

// causes lists, for a code, what explains it when it is found too, the nearest
// first. Only what must follow is here: a full disk may well be why a service
// failed, but it need not be.
//
// The chain of the network is link, address, route, gateway, names, server.
func causes(c Code, f *facts) []Code {
	offline := []Code{GatewaySilent, NoRoute, NoAddress, NoLink}
	switch c {
	case NoRoute:
		return []Code{NoAddress, NoLink}
	case NoAddress:
		return []Code{NoLink}
	case NamesDown:
		return offline
	case ServerUnreachable:
		if f.serverByName() {
			return append([]Code{NamesDown, ServerNameUnknown}, offline...)
		}
		return offline
	case DiskReadOnly, DiskNoAnswer:
		return []Code{DiskErrors}
	case DiskSaturated:
		return []Code{DiskErrors, MemorySwapping}
	case MemorySwapping, MemoryKill:
		return []Code{MemoryExhausted}
	case ProcessesBlocked:
		return []Code{DiskNoAnswer, DiskErrors, DiskSaturated}
	case CPUSaturated:
		return []Code{ProcessRunaway}
	case CPUThrottled:
		return []Code{CPUHot}
	}
	return nil
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
}
