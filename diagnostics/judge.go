package diagnostics

import "slices"

// Rule is what one code means, whatever the snapshot: the documentation and the
// console list them.
type Rule struct {
	Code     Code        `json:"code"`
	Section  SectionName `json:"section"`  // whose readings it rests on first
	Severity Severity    `json:"severity"` // the worst that it reports
	Title    string      `json:"title"`    // two or three words, for a chip
	Meaning  string      `json:"meaning"`  // one sentence: when it is reported, with the threshold
}

// Recipe is the fix that findings of this code may come with, or "".
func (r Rule) Recipe() Recipe { return recipes[r.Code] }

var recipes = map[Code]Recipe{
	DiskFull: FreeSpace, DiskNearlyFull: FreeSpace,
	MemoryExhausted: EndProcess, ProcessRunaway: EndProcess, ProcessGrowing: EndProcess, ProcessOutOfFile: EndProcess,
	NoAddress: RenewAddress, NoRoute: RenewAddress, AddressConflict: RenewAddress,
	GatewaySilent: RestartLink, PacketLoss: RestartLink, NamesSlow: FlushNames, ClockSkew: SetClock,
	ServiceFailed: RestartService, CrashLoop: RestartService, PrintingStuck: ClearPrinting,
}

// Follows lists the codes that a finding of this code can explain: what depends
// on it. The nearest come first.
func (r Rule) Follows() []Code {
	var all []Code
	for _, other := range ruleTable() {
		if slices.Contains(causes(other.Code, everything()), r.Code) {
			all = append(all, other.Code)
		}
	}
	return all
}

// rule is a Rule with its judgement: the finding, or nil. Code is filled in by
// Judge, and so is the severity when the judgement leaves it out.
type rule struct {
	Rule
	judge func(*facts) *Finding
}

// ruleTable is every rule in reading order. It is a function and not a variable,
// so that nobody can change it.
func ruleTable() []rule {
	var all []rule
	for _, area := range [][]rule{
		diskRules(), memoryRules(), cpuRules(), processRules(), linkRules(), pathRules(), nameRules(), serverRules(), clockRules(),
		serviceRules(), logRules(), systemRules(),
	} {
		all = append(all, area...)
	}
	return all
}

// Rules lists every rule in reading order.
func Rules() []Rule {
	var all []Rule
	for _, r := range ruleTable() {
		all = append(all, r.Rule)
	}
	return all
}

// Judge returns what is wrong with the machine in the snapshot, in reading order
// (see SortFindings), at most one finding a code. It is a pure function: the same
// snapshot gives the same findings. A section without data gives none.
func Judge(s Snapshot) []Finding {
	f := newFacts(s)
	var found []Finding
	for _, r := range ruleTable() {
		finding := r.judge(f)
		if finding == nil {
			continue
		}
		finding.Code = r.Code
		if finding.Severity == "" {
			finding.Severity = r.Severity
		}
		found = append(found, *finding)
	}
	explain(found, f)
	for i := range found {
		found[i].inEnglish()
	}
	SortFindings(found)
	return found
}

// facts is a snapshot as rules read it: a section without data is its zero value,
// on which no rule finds anything.
type facts struct {
	Snapshot
	system    System
	cpu       CPU
	memory    Memory
	disks     Disks
	network   Network
	processes Processes
	services  Services
	log       Log

	byName   bool // finding the server needs DNS
	verySlow bool // so that what waits for an answer gives up
}

func newFacts(s Snapshot) *facts {
	f := &facts{
		Snapshot: s,
		system:   dataOf(s.System), cpu: dataOf(s.CPU), memory: dataOf(s.Memory), disks: dataOf(s.Disks),
		network: dataOf(s.Network), processes: dataOf(s.Processes), services: dataOf(s.Services), log: dataOf(s.Log),
	}
	f.byName = f.serverByName()
	for _, g := range f.network.Gateways {
		f.verySlow = f.verySlow || g.RTTms >= 700
	}
	return f
}

// everything are the facts under which every cause that there is can be one.
func everything() *facts { return &facts{byName: true, verySlow: true} }

func dataOf[T any](s Section[T]) (data T) {
	if s.Data != nil {
		data = *s.Data
	}
	return data
}
