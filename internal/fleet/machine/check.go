package machine

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/wire"
)

// answerCheck is a look at a service: what is known here is well.
func (m *Machine) answerCheck(p wire.CheckParams) ([]Part, error) {
	if p.Kind == check.Line {
		return []Part{{2 * time.Second, wire.CheckPart{Result: check.Result{Outcome: check.OK, Took: 2 * time.Second, Says: "Nothing is wrong with its line."}}}}, nil
	}
	s := p.Spec()
	host := s.Target()
	address, found := known(host)
	if !found {
		return []Part{{20 * time.Millisecond, wire.CheckPart{Result: check.Result{Outcome: check.Failed, Says: host + ": name not found."}}}}, nil
	}
	took := 3*time.Millisecond + 2*m.trip(host)
	r := check.Result{Outcome: check.OK, Took: took, Address: fmt.Sprint(address), Says: fmt.Sprintf("%s answered in %d ms.", s.At(), took.Milliseconds())}
	return []Part{{took, wire.CheckPart{Result: r}}}, nil
}
