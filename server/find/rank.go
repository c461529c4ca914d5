package find

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/query"
)

// The order by relevance is BM25F over the words of the newest hits. It is worked out
// here and not by the databases: what FTS5 calls bm25 goes by how rare a word is, and the
// index knows that of one block of tickets at a time, so that of two tickets that say the
// same the one in the emptier block would win. PostgreSQL's ts_rank_cd does not ask for
// that at all, and would order otherwise. This way both databases answer alike.

// Doc is what is said in a ticket: folded words with one space before and after each,
// and a line each message.
type Doc struct {
	Title, Solution string
	Said            string // what everybody may read; has title and solution in it
	Noted           string // what the staff may read
}

const (
	// rankWindow is how many of the newest hits are put in the order of relevance.
	rankWindow = 200
	// wholeWindow is how long the same hits may be looked for again, for a further page
	// of them. It only bounds; the first page has found them within searchBudget.
	wholeWindow = 100 * searchBudget
)

// What a word weighs where it stands, and how many bytes are usual there.
const (
	titleWeight, titleUsual       = 8.0, 50
	solutionWeight, solutionUsual = 3.0, 250
	messageWeight, messageUsual   = 1.0, 900
	begunWeight                   = 0.5 // a word that only begins so
	saturation, lengthShare       = 1.2, 0.5
	keyUnit                       = 1e6
)

// wanted is one thing looked for: words side by side, of which the last may go on.
type wanted struct {
	text   string
	prefix bool
}

// wantedOf lists what raises a ticket: each of the words, and that all of them stand
// together as they were typed.
func wantedOf(terms []query.Term) []wanted {
	var out []wanted
	var all []string
	for _, t := range terms {
		if t.Not {
			continue
		}
		words := query.Words(t.Values[0])
		out = append(out, wanted{" " + strings.Join(words, " "), !t.Phrase})
		all = append(all, words...)
	}
	if len(out) > 1 {
		out = append(out, wanted{" " + strings.Join(all, " "), true})
	}
	return out
}

// in counts how often it stands in a text.
func (w wanted) in(text string) float64 {
	var n float64
	for {
		i := strings.Index(text, w.text)
		if i < 0 {
			return n
		}
		text = text[i+len(w.text):]
		switch {
		case strings.HasPrefix(text, " "):
			n++
		case w.prefix:
			n += begunWeight
		}
	}
}

// relevance is a ticket's place in the order, the highest first. It depends on nothing
// but the ticket and the words, so that a page can go on where another one ended.
func relevance(d Doc, list []wanted) int64 {
	var score float64
	for _, w := range list {
		said := messageWeight * w.in(d.Said) / long(len(d.Said), messageUsual)
		said += messageWeight * w.in(d.Noted) / long(len(d.Noted), messageUsual)
		said += titleWeight * w.in(d.Title) / long(len(d.Title), titleUsual)
		said += solutionWeight * w.in(d.Solution) / long(len(d.Solution), solutionUsual)
		score += said / (saturation + said)
	}
	return int64(score * keyUnit)
}

// long is what many words make each of them count less.
func long(n, usual int) float64 { return 1 - lengthShare + lengthShare*float64(n)/float64(usual) }

// scored is a ticket with its relevance.
type scored struct{ key, number int64 }

// rank puts hits in the order of relevance; of equal ones the newest first.
func (f *Finder) rank(ctx context.Context, text TextQuery, numbers []int64) ([]scored, error) {
	docs, err := f.store.Docs(ctx, numbers)
	if err != nil {
		return nil, err
	}
	list := wantedOf(text.Terms)
	out := make([]scored, len(numbers))
	for i, n := range numbers {
		d := docs[n]
		if !text.Notes {
			d.Noted = ""
		}
		out[i] = scored{relevance(d, list), n}
	}
	slices.SortFunc(out, func(a, b scored) int { return cmp.Or(cmp.Compare(b.key, a.key), cmp.Compare(b.number, a.number)) })
	return out, nil
}

// from lets nothing be looked at below a number.
type from struct {
	Numbers
	low int64
}

// Has implements Numbers.
func (f from) Has(number int64) bool { return number >= f.low && f.Numbers.Has(number) }

// Below implements Numbers.
func (f from) Below(number int64) int64 {
	if n := f.Numbers.Below(number); n >= f.low {
		return n
	}
	return 0
}

// relevant is a page of the newest hits by relevance. The position holds on to which
// hits these are, so that what comes meanwhile neither hides nor repeats any. A page ends
// where they end, and the next one goes on below them, newest first.
func (f *Finder) relevant(ctx context.Context, text TextQuery, q Query, page *Page) ([]int64, error) {
	here := Position{Low: 1}
	if text.Limit = rankWindow; q.After != nil {
		here.Top, here.Low = q.After.Top, q.After.Low
		text.Below, text.In, text.Budget = here.Top, from{text.In, here.Low}, wholeWindow
	} else {
		text.Limit++ // one more, to know whether there is one
	}
	found, err := f.store.Search(ctx, text)
	if err != nil {
		return nil, err
	}
	hits := found.Numbers
	if q.After == nil {
		if len(hits) > rankWindow {
			hits = hits[:rankWindow]
			here.Low = hits[rankWindow-1]
		} else if found.Reached != 0 {
			here.Low = found.Reached
		}
		if len(hits) > 0 {
			here.Top = hits[0] + 1
		}
	}
	order, err := f.rank(ctx, text, hits)
	if err != nil {
		return nil, err
	}
	if here.Low > 1 {
		page.Among = len(order)
	}
	if a := q.After; a != nil {
		order = slices.DeleteFunc(order, func(x scored) bool { return x.key > a.Key || x.key == a.Key && x.number >= a.Number })
	}
	if len(order) > q.Limit {
		order = order[:q.Limit]
		last := order[q.Limit-1]
		here.Key, here.Number = last.key, last.number
		page.Next = &here
	} else if here.Low > 1 {
		page.Next = &Position{Down: here.Low}
		if len(hits) < rankWindow {
			page.Down = here.Low
		}
	}
	out := make([]int64, len(order))
	for i, x := range order {
		out[i] = x.number
	}
	return out, nil
}

// ranked puts the newest of some hits in the order of relevance, and leaves the others
// as they are.
func (f *Finder) ranked(ctx context.Context, text TextQuery, hits []int64) ([]int64, error) {
	n := min(len(hits), rankWindow)
	order, err := f.rank(ctx, text, hits[:n])
	if err != nil {
		return nil, err
	}
	out := make([]int64, 0, len(hits))
	for _, x := range order {
		out = append(out, x.number)
	}
	return append(out, hits[n:]...), nil
}
