package correlate

import (
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/contrast"
)

// ask joins candidates with what endpoints say: of each cell the code that fails
// oftener in it than elsewhere.
func (d *Detector) ask(now time.Time, list []Candidate, failures []Failure) {
	of := map[int32][]*Candidate{} // by part
	for i := range list {
		if k := list[i].key; k.part != 0 {
			of[k.part] = append(of[k.part], &list[i])
		}
	}
	if len(of) == 0 {
		return
	}
	all := map[string][]string{}          // machines that fail with a code
	in := map[int32]map[string][]string{} // those of a part
	type once struct{ machine, code string }
	seen := map[once]bool{}
	for _, f := range failures {
		if o := (once{f.Machine, f.Code}); f.Since.After(now) || now.Sub(f.Since) > fresh || seen[o] {
			continue
		} else {
			seen[o] = true
		}
		all[f.Code] = append(all[f.Code], f.Machine)
		for _, p := range d.machineParts(f.Machine) {
			if of[p] == nil {
				continue
			}
			if in[p] == nil {
				in[p] = map[string][]string{}
			}
			in[p][f.Code] = append(in[p][f.Code], f.Machine)
		}
	}
	wide := map[string]map[int32]int{}
	for p, codes := range in {
		size := max(d.fleet.Count(d.part[p]), 1)
		best := Evidence{P: 1}
		for code, machines := range codes {
			a, na := len(machines), max(size, len(machines))
			b := len(all[code]) - a
			nb := max(d.fleet.Size()-na, b)
			if a*nb <= b*na || float64(a) < spread*float64(na) {
				continue
			}
			v := min(contrast.Fisher(a, na, b, nb)*float64(len(all)), 1)
			if v < best.P || v == best.P && code < best.Code {
				slices.Sort(machines)
				best = Evidence{Code: code, In: a, Of: na, Out: b, OutOf: nb, P: v, Affected: machines, Sites: d.sitesAmong(machines)}
			}
		}
		if best.Code != "" {
			if wide[best.Code] == nil {
				wide[best.Code] = d.partsAmong(all[best.Code])
			}
			best.P = max(best.P, min(d.within(p, best, wide[best.Code])*float64(len(all)), 1))
		}
		for _, c := range of[p] {
			c.Evidence = best
		}
	}
}

// partsAmong counts the parts of machines.
func (d *Detector) partsAmong(machines []string) map[int32]int {
	out := map[int32]int{}
	for _, m := range machines {
		for _, p := range d.machineParts(m) {
			out[p]++
		}
	}
	return out
}

const (
	ofWider = 0.9  // share of what fails in a cell that has what a wider one has in common
	clearer = 1e-3 // times by which that has to be rarer by chance
)

// within is the chance of what fails in a cell among the machines of a wider one that
// explains it better: of a broken tunnel every subnet behind it fails oftener than others,
// and none is the cell of it. 0: there is no such one.
func (d *Detector) within(p int32, e Evidence, fails map[int32]int) (worst float64) {
	size := d.fleet.Size()
	for q, n := range d.partsAmong(e.Affected) {
		if q == p || float64(n) < ofWider*float64(e.In) || fails[q] <= e.In {
			continue
		}
		of := max(d.fleet.Count(d.part[q]), fails[q])
		if of <= e.Of || contrast.Fisher(fails[q], of, e.In+e.Out-fails[q], max(size-of, e.In+e.Out-fails[q])) > clearer*e.P {
			continue
		}
		worst = max(worst, contrast.Fisher(e.In, e.Of, fails[q]-e.In, max(of-e.Of, fails[q]-e.In)))
	}
	return worst
}
