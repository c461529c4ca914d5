package triage

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Doc is a ticket as the index of similar ones knows it.
type Doc struct {
	ID       string
	Title    string
	Body     string
	Findings []string // codes
	Endpoint string   // id
	Site     string   // id
	At       time.Time
}

// The bounds of the index: with all of them reached it holds about 30 MB, and an
// answer looks at no more than maxScan places.
const (
	MaxDocs   = 20_000 // the newest tickets
	docTerms  = 48     // words of one ticket, its rarest
	askTerms  = 24     // words that are looked for, the rarest
	maxScan   = 30_000
	maxNewest = 60  // tickets that have a finding or the endpoint in common
	maxWeighs = 200 // tickets that are weighed exactly
)

// Index finds tickets that look like one. It is for one goroutine at a time.
type Index struct {
	most  int
	slots []entry
	next  int // the slot that is used next, the oldest one's when all are used
	of    map[string]int
	terms map[uint64][]int32 // slots that have a word, a finding or an endpoint
}

type entry struct {
	doc   Doc
	terms []term
}

// term is a feature of a ticket; word is "" when it is no word.
type term struct {
	hash uint64
	word string
}

// NewIndex returns an empty index for the newest so many tickets.
func NewIndex(most int) *Index {
	return &Index{most: min(max(most, 1), MaxDocs), of: map[string]int{}, terms: map[uint64][]int32{}}
}

// Len is how many tickets it holds.
func (x *Index) Len() int { return len(x.of) }

// Put adds a ticket, or replaces it. Its body is not kept, only the rarest of its
// words. The oldest ticket goes when there is no room.
func (x *Index) Put(d Doc) {
	terms := x.termsOf(d)
	d.Body, d.Findings = "", slices.Clone(d.Findings[:min(len(d.Findings), maxFindings)])
	x.put(d, terms)
}

func (x *Index) put(d Doc, terms []term) {
	at, again := x.of[d.ID]
	switch {
	case again:
		x.forget(at)
	case len(x.slots) < x.most:
		at = len(x.slots)
		x.slots = append(x.slots, entry{})
	default:
		at = x.next
		x.next = (x.next + 1) % x.most
		x.forget(at)
		delete(x.of, x.slots[at].doc.ID)
	}
	x.slots[at], x.of[d.ID] = entry{d, terms}, at
	for _, t := range terms {
		x.terms[t.hash] = append(x.terms[t.hash], int32(at))
	}
}

// forget takes a slot out of the lists of its words.
func (x *Index) forget(at int) {
	for _, t := range x.slots[at].terms {
		list := x.terms[t.hash]
		if i := slices.Index(list, int32(at)); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) == 0 {
			delete(x.terms, t.hash)
		} else {
			x.terms[t.hash] = list
		}
	}
}

// termsOf returns the rarest words of a text, its findings and its endpoint.
func (x *Index) termsOf(d Doc) []term {
	var out []term
	seen := map[uint64]bool{}
	add := func(kind byte, s, word string) {
		if h := hashOf(kind, s); s != "" && !seen[h] {
			seen[h] = true
			out = append(out, term{h, word})
		}
	}
	for _, w := range append(tokens(d.Title), tokens(d.Body)...) {
		if !empty[w] {
			add(word, w, w)
		}
	}
	if len(out) > docTerms {
		slices.SortStableFunc(out, func(a, b term) int { return cmp.Compare(len(x.terms[a.hash]), len(x.terms[b.hash])) })
		out = out[:docTerms]
	}
	for _, f := range d.Findings[:min(len(d.Findings), maxFindings)] {
		add(finding, f, "")
	}
	add('e', d.Endpoint, "")
	return out
}

// Match is a similar ticket, and why it is one.
type Match struct {
	ID    string
	Score float64
	// What both have in common.
	Findings []string
	Words    []string // the rarest ones, at most four
	Endpoint bool
	Site     bool
	Apart    time.Duration // how much later it came than the one asked about; negative: earlier
}

// Reason says in words what two tickets have in common.
func (m Match) Reason() string {
	var parts []string
	switch len(m.Findings) {
	case 0:
	case 1:
		parts = append(parts, "same finding "+m.Findings[0])
	default:
		parts = append(parts, "same findings "+strings.Join(m.Findings[:min(3, len(m.Findings))], ", "))
	}
	if len(m.Words) > 0 {
		parts = append(parts, "both say "+quoted(m.Words))
	}
	switch {
	case m.Endpoint:
		parts = append(parts, "same endpoint")
	case m.Site:
		parts = append(parts, "same site")
	}
	return strings.Join(append(parts, apart(m.Apart)), ", ")
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = "“" + w + "”"
	}
	return strings.Join(out, " ")
}

func apart(d time.Duration) string {
	word := "later"
	if d < 0 {
		d, word = -d, "earlier"
	}
	switch {
	case d < time.Minute:
		return "at the same minute"
	case d < time.Hour:
		return fmt.Sprintf("%d min %s", int(d.Minutes()), word)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %s", int(d.Hours()), word)
	}
	return fmt.Sprintf("%d days %s", int(d.Hours()/24), word)
}

// weights of what two tickets have in common. They were chosen on the outages of
// the corpus, where what belongs together is known.
const (
	byWords    = 1.0
	byFindings = 0.8
	byEndpoint = 0.35
	bySite     = 0.35
	leastWords = 0.18
	leastScore = 0.28
	byNear     = 0.8 // how much of it is lost with time
)

// Like returns the n tickets that look most like one, the likest first.
func (x *Index) Like(d Doc, n int) []Match {
	asked := x.termsOf(d)
	slices.SortStableFunc(asked, func(a, b term) int { return cmp.Compare(len(x.terms[a.hash]), len(x.terms[b.hash])) })
	points := make([]float32, len(x.slots))
	var touched []int32
	words, mine, scanned := map[uint64]struct{}{}, 0.0, 0
	for _, t := range asked {
		list := x.terms[t.hash]
		by := square(x.idf(t.hash))
		if t.word == "" {
			list = list[max(0, len(list)-maxNewest):]
			by = 1000 // the newest with the same finding or endpoint are weighed in any case
		} else {
			words[t.hash] = struct{}{}
			mine += by
			if len(words) > askTerms || scanned+len(list) > maxScan {
				continue
			}
		}
		scanned += len(list)
		for _, at := range list {
			if points[at] == 0 {
				touched = append(touched, at)
			}
			points[at] += float32(by)
		}
	}
	near := func(at int32) float32 { return float32(0.2 + nearness(d.At, x.slots[at].doc.At)) }
	for _, at := range touched {
		points[at] *= near(at)
	}
	slices.SortFunc(touched, func(a, b int32) int { return cmp.Or(cmp.Compare(points[b], points[a]), cmp.Compare(b, a)) })
	var out []Match
	for _, at := range touched[:min(len(touched), maxWeighs)] {
		if e := &x.slots[at]; e.doc.ID != d.ID {
			if m, ok := x.weigh(d, words, mine, e); ok {
				out = append(out, m)
			}
		}
	}
	slices.SortFunc(out, func(a, b Match) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.ID, a.ID)) })
	return out[:min(n, len(out))]
}

// weigh compares two tickets exactly.
func (x *Index) weigh(d Doc, asked map[uint64]struct{}, mine float64, e *entry) (Match, bool) {
	m := Match{ID: e.doc.ID, Apart: e.doc.At.Sub(d.At)}
	type shared struct {
		word string
		idf  float64
	}
	var words []shared
	var theirs, both float64
	for _, t := range e.terms {
		if t.word == "" {
			continue
		}
		idf := x.idf(t.hash)
		theirs += square(idf)
		if _, ok := asked[t.hash]; ok {
			both += square(idf)
			words = append(words, shared{t.word, idf})
		}
	}
	cosine := 0.0
	if both > 0 {
		cosine = both / math.Sqrt(mine*theirs)
	}
	var found, all float64
	for _, f := range d.Findings[:min(len(d.Findings), maxFindings)] {
		idf := x.idf(hashOf(finding, f))
		all += idf
		if slices.Contains(e.doc.Findings, f) && !slices.Contains(m.Findings, f) {
			found += idf
			m.Findings = append(m.Findings, f)
		}
	}
	m.Endpoint, m.Site = d.Endpoint != "" && d.Endpoint == e.doc.Endpoint, d.Site != "" && d.Site == e.doc.Site
	if cosine < leastWords && len(m.Findings) == 0 {
		return m, false // the same endpoint, site or minute is no evidence by itself
	}
	score := byWords * cosine
	if all > 0 {
		score += byFindings * found / all
	}
	if m.Endpoint {
		score += byEndpoint
	}
	if m.Site {
		score += bySite
	}
	m.Score = score * (1 - byNear + byNear*nearness(d.At, e.doc.At))
	slices.SortStableFunc(words, func(a, b shared) int { return cmp.Compare(b.idf, a.idf) })
	for _, w := range words {
		if len(m.Words) < 4 && w.idf > x.common() && cosine >= leastWords/2 {
			m.Words = append(m.Words, w.word)
		}
	}
	return m, m.Score >= leastScore && len(m.Words)+len(m.Findings) > 0
}

// common is how little a word says that is no reason: one that a good share of this
// desk's own tickets have, the name of the house as well as what everybody writes. In a
// small desk every word that is not empty says something, and half of its tickets may
// be of one outage.
func (x *Index) common() float64 {
	switch n := len(x.of); {
	case n > 200:
		return math.Log(1 + 1/0.1)
	case n > 20:
		return math.Log(1 + 1/0.6)
	}
	return 0
}

// nearness is 1 for the same moment and goes to 0. Half of it is lost within hours,
// since what has one cause is rung about at once, the rest within days.
func nearness(a, b time.Time) float64 {
	h := math.Abs(a.Sub(b).Hours())
	return 0.5/(1+h) + 0.5/(1+h/24)
}

// idf is how much a feature says: the rarer, the more.
func (x *Index) idf(hash uint64) float64 {
	return math.Log(1 + float64(len(x.of)+1)/float64(len(x.terms[hash])+1))
}

func square(v float64) float64 { return v * v }
