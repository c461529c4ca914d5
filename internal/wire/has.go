package wire

// What a whole fleet is asked: does this machine have something, yes or no. The
// answers are small, so that thousands of them can be counted.
const (
	AskHasFinding AskKind = "has.finding" // HasFindingParams → HasPart
	AskHasProcess AskKind = "has.process" // HasProcessParams → HasPart
	// AskHasSoftware: HasSoftwareParams → HasPart
	AskHasSoftware AskKind = "has.software"
)

// FleetKinds lists the kinds that a whole fleet can be asked.
func FleetKinds() []AskKind {
	return []AskKind{AskHasFinding, AskHasProcess, AskHasSoftware, AskPing, AskPath, AskDNS, AskTCP, AskHTTP, AskTLS, AskPortal, AskProxy}
}

// HasFindingParams asks for a finding by its code. The machine checks itself anew.
type HasFindingParams struct {
	Code string `json:"code"`
}

// HasProcessParams asks for processes by name: the whole name, whatever its case,
// with or without “.exe”.
type HasProcessParams struct {
	Name string `json:"name"`
}

// HasSoftwareParams asks for an installed program or package by its whole name,
// whatever its case. The values of the answer are its versions.
type HasSoftwareParams struct {
	Name string `json:"name"`
}

// HasPart is the answer.
type HasPart struct {
	Has    bool     `json:"has"`
	Count  int      `json:"count,omitempty"`  // how many
	Values []string `json:"values,omitempty"` // what is said of each, at most 5
}
