package diagnostics

import (
	"slices"
	"strings"
)

// Complaint is what an employee says is wrong, before anybody has looked. It is
// stable, like a Code.
type Complaint string

// The complaints, in the order in which they are offered.
const (
	ComplaintSlow     Complaint = "slow"
	ComplaintInternet Complaint = "internet" // no internet
	ComplaintSite     Complaint = "site"     // a site, or a program that needs the network
	ComplaintPrinting Complaint = "printing"
	ComplaintSignIn   Complaint = "sign_in"
	ComplaintCrash    Complaint = "crash" // a program ends by itself, or hangs
	ComplaintMedia    Complaint = "media" // sound or camera
	ComplaintOther    Complaint = "other"
)

// Complaints lists all complaints.
func Complaints() []Complaint {
	return []Complaint{
		ComplaintSlow, ComplaintInternet, ComplaintSite, ComplaintPrinting,
		ComplaintSignIn, ComplaintCrash, ComplaintMedia, ComplaintOther,
	}
}

// concern is what belongs to a complaint: the sections that are read for it, and
// the codes that can be why somebody complains so. A code that ends in a dot
// stands for all of its area. What explains one of them belongs as well, by the
// table of causes.
type concern struct {
	sections []SectionName
	codes    []Code
}

func concernOf(c Complaint) concern {
	switch c {
	case ComplaintSlow:
		return concern{
			[]SectionName{SectionSystem, SectionCPU, SectionMemory, SectionDisks, SectionNetwork, SectionProcesses, SectionLog},
			[]Code{"cpu.", "memory.", "process.", "disk.", "system.", NetworkSlow, PacketLoss, WifiWeak, NamesSlow},
		}
	case ComplaintInternet:
		return concern{[]SectionName{SectionSystem, SectionNetwork, SectionLog}, []Code{"network.", "dns.", "clock.", CertificateExpired}}
	case ComplaintSite:
		return concern{[]SectionName{SectionSystem, SectionNetwork, SectionLog}, []Code{"network.", "dns.", "clock.", "server.", CertificateExpired}}
	case ComplaintPrinting:
		return concern{
			[]SectionName{SectionSystem, SectionDisks, SectionNetwork, SectionServices, SectionLog},
			[]Code{"printing.", "service.", "network.", DiskFull, DiskReadOnly, NamesDown, NamesFalse},
		}
	case ComplaintSignIn:
		return concern{
			[]SectionName{SectionSystem, SectionDisks, SectionNetwork, SectionServices, SectionLog},
			[]Code{"clock.", "certificate.", "network.", "dns.", "server.", "service.", DiskFull, DiskInodes, DiskReadOnly},
		}
	case ComplaintCrash:
		return concern{
			[]SectionName{SectionSystem, SectionCPU, SectionMemory, SectionDisks, SectionProcesses, SectionServices, SectionLog},
			[]Code{"memory.", "process.", "disk.", "service.", CPUHot, RebootPending, UptimeLong},
		}
	case ComplaintMedia:
		return concern{
			[]SectionName{SectionSystem, SectionCPU, SectionMemory, SectionDisks, SectionNetwork, SectionProcesses, SectionServices, SectionLog},
			// A call stutters for the same reasons for which a computer is slow.
			[]Code{"service.", "cpu.", MemoryExhausted, MemorySwapping, ProcessRunaway, PacketLoss, NetworkSlow, WifiWeak, RebootPending},
		}
	case ComplaintOther:
		return concern{sections: SectionNames()}
	}
	return concern{}
}

// Sections lists what is read of the machine for a complaint, in reading order.
func (c Complaint) Sections() []SectionName {
	return slices.DeleteFunc(SectionNames(), func(n SectionName) bool { return !slices.Contains(concernOf(c).sections, n) })
}

// Concerns reports whether a finding can be why somebody complains so: by itself,
// or because it explains one that can.
func (c Complaint) Concerns(code Code) bool {
	if c == ComplaintOther {
		return true
	}
	listed := concernOf(c).codes
	var reaches func(Code, int) bool
	reaches = func(code Code, depth int) bool {
		for _, l := range listed {
			if code == l || strings.HasSuffix(string(l), ".") && strings.HasPrefix(string(code), string(l)) {
				return true
			}
		}
		return depth > 0 && slices.ContainsFunc(Rule{Code: code}.Follows(), func(next Code) bool { return reaches(next, depth-1) })
	}
	return reaches(code, 4)
}

// Concerning splits findings into those that can be why somebody complains so and
// the others, both in their order.
func (c Complaint) Concerning(all []Finding) (these, others []Finding) {
	for _, f := range all {
		if c.Concerns(f.Code) {
			these = append(these, f)
		} else {
			others = append(others, f)
		}
	}
	return these, others
}
