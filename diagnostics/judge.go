package diagnostics

// Rule is what one code means, whatever the snapshot: the documentation and the
// console list them.
type Rule struct {
	Code     Code        `json:"code"`
	Section  SectionName `json:"section"`  // whose readings it rests on first
	Severity Severity    `json:"severity"` // the worst that it reports
	Title    string      `json:"title"`    // two or three words, for a chip
	Meaning  string      `json:"meaning"`  // one sentence: when it is reported, with the threshold
}

// Rules lists every rule in reading order.
func Rules() []Rule { return nil }

// Judge returns what is wrong with the machine in the snapshot, in reading order
// (see SortFindings), at most one finding a code. It is a pure function: the same
// snapshot gives the same findings. A section without data gives none.
func Judge(s Snapshot) []Finding { return nil }
