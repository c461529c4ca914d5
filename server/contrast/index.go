package contrast

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
)

// MaxWeight bounds the memory of an index by what it holds of texts: a fleet of honest
// machines has a few tens of thousands of different facts, a hostile one as many as
// it can send. What does not fit is left out of the comparison and counted.
const MaxWeight = 128 << 20

// factWeight is what a fact costs beside its text: its place in the list and the map.
const factWeight = 200

// Index holds the facts of all machines in memory: each different fact once, and each
// machine as the ordered numbers of its own. It is safe for concurrent use.
//
// To go through the machines of a comparison and count is as fast as to intersect a
// bitmap for each fact, and needs a fifth of the memory: most facts are rare.
type Index struct {
	mu       sync.RWMutex
	ids      map[stock.Fact]uint32
	facts    []entry
	free     []uint32 // numbers that no machine uses any more
	names    map[nameKey]uint32
	entries  []nameEntry
	freeName []uint32
	machines map[string]*machine
	weight   int
	most     int
}

type nameKey struct{ kind, name string }

type entry struct {
	stock.Fact
	uses uint32
	name uint32
}

// nameEntry is a fact with whatever value.
type nameEntry struct {
	kind   uint8
	values uint32 // how many there are
	key    nameKey
}

type machine struct {
	facts []uint32
	known uint32 // bits of the kinds that it could read
	hash  string
	at    time.Time
	left  int // facts that did not fit
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{ids: map[stock.Fact]uint32{}, names: map[nameKey]uint32{}, machines: map[string]*machine{}, most: MaxWeight}
}

var kindBits = func() map[stock.Kind]uint8 {
	m := map[stock.Kind]uint8{}
	for i, k := range stock.Kinds() {
		m[k] = uint8(i)
	}
	return m
}()

const unknownKind = 31 // of a newer neighbour: carried, not compared

func kindBit(k stock.Kind) uint8 {
	if b, ok := kindBits[k]; ok {
		return b
	}
	return unknownKind
}

// Set replaces what is known of a machine. The facts are clean.
func (x *Index) Set(id, hash string, at time.Time, facts []stock.Fact) {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := &machine{facts: make([]uint32, 0, len(facts)), hash: hash, at: at}
	for k := range stock.Known(facts) {
		if b := kindBit(k); b != unknownKind {
			m.known |= 1 << b
		}
	}
	for _, f := range facts {
		n, ok := x.intern(f)
		if !ok {
			m.left++
			continue
		}
		m.facts = append(m.facts, n)
	}
	slices.Sort(m.facts)
	x.drop(id) // after the new ones, so that what stays keeps its number
	x.machines[id] = m
}

// Remove forgets a machine.
func (x *Index) Remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.drop(id)
}

func (x *Index) intern(f stock.Fact) (uint32, bool) {
	if n, ok := x.ids[f]; ok {
		x.facts[n].uses++
		return n, true
	}
	weight := factWeight + len(f.Name) + len(f.Value)
	if x.weight+weight > x.most {
		return 0, false
	}
	x.weight += weight
	// The texts are copied: a part of a machine's whole text would keep it all.
	f = stock.Fact{Kind: stock.Kind([]byte(f.Kind)), Name: string([]byte(f.Name)), Value: string([]byte(f.Value))}
	e := entry{Fact: f, uses: 1, name: x.internName(f)}
	n := uint32(len(x.facts))
	if last := len(x.free) - 1; last >= 0 {
		n, x.free = x.free[last], x.free[:last]
		x.facts[n] = e
	} else {
		x.facts = append(x.facts, e)
	}
	x.ids[f] = n
	return n, true
}

func (x *Index) internName(f stock.Fact) uint32 {
	k := nameKey{string(f.Kind), f.Name}
	if n, ok := x.names[k]; ok {
		x.entries[n].values++
		return n
	}
	e := nameEntry{kind: kindBit(f.Kind), values: 1, key: k}
	n := uint32(len(x.entries))
	if last := len(x.freeName) - 1; last >= 0 {
		n, x.freeName = x.freeName[last], x.freeName[:last]
		x.entries[n] = e
	} else {
		x.entries = append(x.entries, e)
	}
	x.names[k] = n
	return n
}

func (x *Index) drop(id string) {
	m := x.machines[id]
	if m == nil {
		return
	}
	delete(x.machines, id)
	for _, n := range m.facts {
		e := &x.facts[n]
		if e.uses--; e.uses > 0 {
			continue
		}
		x.weight -= factWeight + len(e.Name) + len(e.Value)
		delete(x.ids, e.Fact)
		if v := &x.entries[e.name]; v.values == 1 {
			delete(x.names, v.key)
			*v = nameEntry{}
			x.freeName = append(x.freeName, e.name)
		} else {
			v.values--
		}
		*e = entry{}
		x.free = append(x.free, n)
	}
}

// Facts returns what is known of a machine, its hash and when it was read; ok says
// whether anything is.
func (x *Index) Facts(id string) (facts []stock.Fact, hash string, at time.Time, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.machines[id]
	if m == nil {
		return nil, "", time.Time{}, false
	}
	for _, n := range m.facts {
		facts = append(facts, x.facts[n].Fact)
	}
	slices.SortFunc(facts, stock.Compare)
	return facts, m.hash, m.at, true
}

// Some returns those facts of a machine that are of some kinds, in no order.
func (x *Index) Some(id string, kinds map[stock.Kind]bool) []stock.Fact {
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.machines[id]
	if m == nil {
		return nil
	}
	var out []stock.Fact
	for _, n := range m.facts {
		if f := x.facts[n].Fact; kinds[f.Kind] {
			out = append(out, f)
		}
	}
	return out
}

// Whole reports whether all facts of a machine have found room.
func (x *Index) Whole(id string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.machines[id]
	return m != nil && m.left == 0
}

// Hash names what is known of a machine; empty: nothing is.
func (x *Index) Hash(id string) string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if m := x.machines[id]; m != nil {
		return m.hash
	}
	return ""
}

// Size is how many machines have told of themselves, and how many different facts.
func (x *Index) Size() (machines, facts int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.machines), len(x.ids)
}

// Value returns the value of one fact of a machine.
func (x *Index) Value(id string, k stock.Kind, name string) (string, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.machines[id]
	if m == nil {
		return "", false
	}
	want, ok := x.names[nameKey{string(k), name}]
	if !ok {
		return "", false
	}
	for _, n := range m.facts {
		if e := &x.facts[n]; e.name == want {
			return e.Value, true
		}
	}
	return "", false
}

// Have returns those of the machines that have a fact.
func (x *Index) Have(ids []string, f stock.Fact) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, ok := x.ids[f]
	if !ok {
		return nil
	}
	var out []string
	for _, id := range ids {
		if m := x.machines[id]; m != nil {
			if _, has := slices.BinarySearch(m.facts, n); has {
				out = append(out, id)
			}
		}
	}
	return out
}

// Contrast ranks the facts by how well they separate the affected from the others.
// A machine in both sets is affected.
func (x *Index) Contrast(affected, unaffected []string, o Options) Result {
	if o.Limit <= 0 {
		o.Limit = 20
	}
	if o.Most <= 0 {
		o.Most = 0.05
	}
	in := make(map[string]bool, len(affected))
	for _, id := range affected {
		in[id] = true
	}
	others := slices.DeleteFunc(slices.Clone(unaffected), func(id string) bool { return in[id] })
	x.mu.RLock()
	a, b := x.count(slices.Compact(slices.Sorted(slices.Values(affected)))), x.count(slices.Compact(slices.Sorted(slices.Values(others))))
	columns := x.columns(a, b)
	x.mu.RUnlock()
	r := Result{Affected: a.machines, Unaffected: b.machines, Unknown: a.unknown + b.unknown}
	r.Leads, r.Looked = rank(columns, tell(o.News, func(id string) bool { return in[id] }), o)
	return r
}

// counts are the facts of a set of machines.
type counts struct {
	machines, unknown int
	known             [32]int // machines that could read a kind
	facts, names      []int32
	// which names the set of machines that have a fact: the sum of a random number
	// a machine. Two different sets have the same name once in 2¹²⁸ pairs.
	which, whichName [][2]uint64
}

func (x *Index) count(ids []string) *counts {
	c := &counts{
		facts: make([]int32, len(x.facts)), names: make([]int32, len(x.entries)),
		which: make([][2]uint64, len(x.facts)), whichName: make([][2]uint64, len(x.entries)),
	}
	for _, id := range ids {
		m := x.machines[id]
		if m == nil {
			c.unknown++
			continue
		}
		c.machines++
		for known := m.known; known != 0; known &= known - 1 {
			c.known[bits.TrailingZeros32(known)]++
		}
		sign := [2]uint64{rand.Uint64(), rand.Uint64()}
		for _, n := range m.facts {
			name := x.facts[n].name
			if m.known&(1<<x.entries[name].kind) == 0 {
				continue // it says so itself that it could not read these
			}
			c.facts[n]++
			c.names[name]++
			w, v := &c.which[n], &c.whichName[name]
			w[0], w[1] = w[0]+sign[0], w[1]+sign[1]
			v[0], v[1] = v[0]+sign[0], v[1]+sign[1]
		}
	}
	return c
}

func (x *Index) columns(a, b *counts) []Column {
	var out []Column
	add := func(f stock.Fact, any bool, kind uint8, inA, inB int32, wA, wB [2]uint64) {
		if kind == unknownKind || inA+inB == 0 {
			return
		}
		out = append(out, Column{Fact: f, Any: any, A: int(inA), OfA: a.known[kind], B: int(inB), OfB: b.known[kind], same: [2]uint64{wA[0] + wB[0], wA[1] + wB[1]}})
	}
	for n := range x.facts {
		e := &x.facts[n]
		if e.uses > 0 {
			add(e.Fact, false, x.entries[e.name].kind, a.facts[n], b.facts[n], a.which[n], b.which[n])
		}
	}
	for n := range x.entries {
		if e := &x.entries[n]; e.values > 1 { // with one value it is that value's column
			add(stock.Fact{Kind: stock.Kind(e.key.kind), Name: e.key.name}, true, e.kind, a.names[n], b.names[n], a.whichName[n], b.whichName[n])
		}
	}
	return out
}

// Of returns the facts of some kinds of a machine, in no order, and the hash of all that
// is known of it.
func (x *Index) Of(id string, kinds ...stock.Kind) (facts []stock.Fact, hash string) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.machines[id]
	if m == nil {
		return nil, ""
	}
	for _, n := range m.facts {
		if f := x.facts[n].Fact; slices.Contains(kinds, f.Kind) {
			facts = append(facts, f)
		}
	}
	return facts, m.hash
}
