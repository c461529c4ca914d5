package machine

import (
	"fmt"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// answerHasFinding says whether the machine shows a finding now.
func (m *Machine) answerHasFinding(p wire.HasFindingParams, now time.Time) []Part {
	var part wire.HasPart
	for _, f := range m.Findings(now) {
		if string(f.Code) == p.Code {
			part.Has, part.Count = true, part.Count+1
			part.Values = append(part.Values, f.Sentence)
		}
	}
	return []Part{{time.Duration(200+m.float()*600) * time.Millisecond, part}}
}

// answerHasProcess says whether the machine runs a program.
func (m *Machine) answerHasProcess(p wire.HasProcessParams, now time.Time) []Part {
	bare := func(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".exe") }
	var part wire.HasPart
	for _, one := range m.Processes(now).Top {
		if bare(one.Name) == bare(p.Name) {
			part.Has, part.Count = true, part.Count+1
			part.Values = append(part.Values, fmt.Sprintf("%s, process %d, %d MiB", one.Name, one.PID, one.RSS>>20))
		}
	}
	return []Part{{time.Duration(20+m.float()*60) * time.Millisecond, part}}
}

// answerHasSoftware says whether something is installed, and in which versions.
func (m *Machine) answerHasSoftware(p wire.HasSoftwareParams, now time.Time) []Part {
	var part wire.HasPart
	for _, one := range m.Stock(now).Software.Data.Packages {
		if strings.EqualFold(one.Name, strings.TrimSpace(p.Name)) {
			part.Has, part.Count = true, part.Count+1
			part.Values = append(part.Values, one.Version)
		}
	}
	return []Part{{time.Duration(100+m.float()*400) * time.Millisecond, part}}
}
