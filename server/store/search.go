package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
)

// Find returns the store of finding and handling many tickets.
func (db *DB) Find() find.Store { return findStore{db} }

type findStore struct{ *DB }

// need is what a text has to have: words side by side, of which the last may go on.
type need struct {
	words  []string
	prefix bool
}

func needsOf(terms []query.Term) (with, without []need) {
	for _, t := range terms {
		n := need{query.Words(t.Values[0]), !t.Phrase}
		if t.Not {
			without = append(without, n)
		} else {
			with = append(with, n)
		}
	}
	return with, without
}

// in reports whether lines of words have what is needed.
func (n need) in(lines string) bool {
	s := " " + strings.Join(n.words, " ")
	if !n.prefix {
		s += " "
	}
	return strings.Contains(lines, s)
}

const (
	// fewTickets is how many tickets are rather read one by one than looked for in
	// the index.
	fewTickets = 300
	// common is from how many hits in a block a word is one that many tickets have.
	common  = 500
	docPage = 32
)

// search is one search under way.
type search struct {
	*DB
	find.TextQuery
	ctx     context.Context
	with    []need // all that is needed
	without []need
	drive   []need // what the index is asked for; the rest is looked up in the words
	check   bool   // the words have to be looked at
	until   time.Time
	out     find.TextResult
	waiting []int64 // candidates whose words are to be looked at
}

// Search implements find.Store.
func (s findStore) Search(ctx context.Context, q find.TextQuery) (find.TextResult, error) {
	x := &search{DB: s.DB, TextQuery: q, ctx: ctx, until: time.Now().Add(q.Budget)}
	x.with, x.without = needsOf(q.Terms)
	var err error
	if n := q.In.Len(); n <= fewTickets || len(x.with) == 0 {
		err = x.each()
	} else if err = x.plan(); err == nil {
		err = x.blocks()
	}
	return x.out, err
}

func (x *search) full() bool { return len(x.out.Numbers) >= x.Limit }

func (x *search) late() bool { return time.Now().After(x.until) }

// each looks at the words of the tickets one by one.
func (x *search) each() error {
	x.check = true
	for n := x.In.Below(x.Below); n > 0; n = x.In.Below(n) {
		x.waiting = append(x.waiting, n)
		if len(x.waiting) < docPage {
			continue
		}
		if err := x.settle(); err != nil || x.full() {
			return err
		}
		if x.late() {
			x.out.Reached = n
			return nil
		}
	}
	return x.settle()
}

// settle looks at the words of the candidates.
func (x *search) settle() error {
	if len(x.waiting) == 0 {
		return nil
	}
	docs, err := x.words(x.waiting)
	if err != nil {
		return err
	}
	for _, n := range x.waiting {
		d, ok := docs[n]
		if !ok || x.full() {
			continue
		}
		text := d[0]
		if x.Notes {
			text += "\n" + d[1]
		}
		lacks := func(n need) bool { return !n.in(text) }
		has := func(n need) bool { return n.in(text) }
		if !slices.ContainsFunc(x.with, lacks) && !slices.ContainsFunc(x.without, has) {
			x.out.Numbers = append(x.out.Numbers, n)
		}
	}
	x.waiting = x.waiting[:0]
	return nil
}

// words reads the words of tickets.
func (x *search) words(numbers []int64) (map[int64][2]string, error) {
	rows, err := x.stmts.query(x.ctx, "SELECT number, said, noted FROM ticket_words WHERE number IN ("+places(1, docPage)+")", padded(numbers, docPage)...)
	out := make(map[int64][2]string, len(numbers))
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var n int64
		var d [2]string
		err := r.Scan(&n, &d[0], &d[1])
		out[n] = d
		return struct{}{}, err
	})
	return out, err
}

// rankBytes is how much of what a ticket says is looked at to order it.
const rankBytes = 16_384

// Docs implements find.Store.
func (s findStore) Docs(ctx context.Context, numbers []int64) (map[int64]find.Doc, error) {
	ask := fmt.Sprintf(`SELECT t.number, t.title, t.solution, substr(w.said, 1, %[1]d), substr(w.noted, 1, %[1]d)
		FROM tickets t JOIN ticket_words w ON w.number = t.number WHERE t.number IN (%[2]s)`, rankBytes, places(1, docPage))
	out := make(map[int64]find.Doc, len(numbers))
	for part := range slices.Chunk(numbers, docPage) {
		rows, err := s.stmts.query(ctx, ask, padded(part, docPage)...)
		if err != nil {
			return nil, err
		}
		err = each(rows, func(r scanner) error {
			var n int64
			var title, solution string
			var d find.Doc
			if err := r.Scan(&n, &title, &solution, &d.Said, &d.Noted); err != nil {
				return err
			}
			d.Title, d.Solution = " "+query.Fold(title)+" ", " "+query.Fold(solution)+" "
			out[n] = d
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// places lists n parameters.
func places(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(from+i))
	}
	return b.String()
}

// padded fills a list of numbers up, so that one prepared statement serves all lengths.
func padded(numbers []int64, n int) []any {
	out := make([]any, n)
	for i := range out {
		if out[i] = int64(-1); i < len(numbers) {
			out[i] = numbers[i]
		}
	}
	return out
}

// plan decides what the index is asked for. Of rare and common words together only the
// rare ones: the index would put together what begins with a common prefix anew for
// each block, and the words of the few tickets that remain are read sooner.
func (x *search) plan() error {
	x.drive, x.check = x.with, len(x.without) > 0
	top := x.In.Below(x.Below)
	if len(x.with) < 2 || top == 0 {
		return nil
	}
	block := max(0, top>>blockBits-1) // the newest may just have begun
	var rare []need
	for _, n := range x.with {
		var hits int
		sql, expr := x.question([]need{n}, []int64{block})
		if err := x.stmts.row(x.ctx, "SELECT COUNT(*) FROM ("+sql+" LIMIT "+strconv.Itoa(common)+") hits", expr).Scan(&hits); err != nil {
			return err
		}
		if hits < common {
			rare = append(rare, n)
		}
	}
	if len(rare) > 0 && len(rare) < len(x.with) {
		x.drive, x.check = rare, true
	}
	return nil
}

// blocks asks one group of blocks after the other, the newest first, each as large as
// the last ones were quick.
func (x *search) blocks() error {
	group := 1
	for top := x.In.Below(x.Below); top > 0; {
		var ask []int64
		low := top
		for n := top; n > 0 && len(ask) < group; n = x.In.Below(low) {
			block := n >> blockBits
			ask, low = append(ask, block), block<<blockBits
		}
		began, from := time.Now(), top
		done, err := x.ask(ask, top+1)
		if err != nil || x.full() {
			return err
		}
		if !done {
			return nil // out of time; Reached says where
		}
		// By the numbers that were looked among, not by the blocks: the newest block
		// has only just begun, and says little about a full one. Of very few numbers
		// the question itself is most of the cost.
		looked := int64(len(ask)-1)<<blockBits + from - from>>blockBits<<blockBits
		block := time.Since(began) / time.Duration(max(looked, 1<<blockBits/8)) << blockBits
		left := time.Until(x.until)
		if top = x.In.Below(low); left < block {
			if top > 0 {
				x.out.Reached = low
			}
			return nil
		}
		for group = min(group*4, x.dialect.blocks); group > 1 && block*time.Duration(group) > left; {
			group /= 2
		}
	}
	return nil
}

const askPage = 1000

// ask looks for what is needed in some blocks below a number. done is false when the
// time was up before all was looked at.
func (x *search) ask(blocks []int64, below int64) (done bool, err error) {
	sql, expr := x.question(x.drive, blocks)
	for {
		last, n, err := x.hits(sql, expr, below)
		if err != nil {
			return false, err
		}
		if err := x.settle(); err != nil {
			return false, err
		}
		if x.full() {
			return true, nil
		}
		if n < askPage {
			return true, nil
		}
		if below = last; x.late() {
			x.out.Reached = last
			return false, nil
		}
	}
}

// hits goes through one page of what the index has.
func (x *search) hits(sql, expr string, below int64) (last int64, n int, err error) {
	rows, err := x.stmts.query(x.ctx, sql+" AND "+x.dialect.searchKey+" < $2 ORDER BY "+x.dialect.searchKey+" DESC LIMIT $3", expr, below, askPage)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&last); err != nil {
			return 0, 0, err
		}
		n++
		if !x.In.Has(last) {
			continue
		}
		if x.check {
			x.waiting = append(x.waiting, last)
		} else {
			x.out.Numbers = append(x.out.Numbers, last)
		}
		if x.full() || len(x.waiting) >= docPage {
			return last, askPage, rows.Err() // there may be more
		}
	}
	return last, n, rows.Err()
}

// question asks the index, in its own language, which tickets of some blocks have what
// is needed.
func (x *search) question(needs []need, blocks []int64) (sql, expr string) {
	var or []string
	for _, b := range blocks {
		name := blockName(b)
		var and []string
		for _, n := range needs {
			and = append(and, x.dialect.phrase(name, n.words, n.prefix, x.Notes))
		}
		or = append(or, "("+strings.Join(and, x.dialect.and)+")")
	}
	expr = strings.Join(or, x.dialect.or)
	if !x.Notes && x.dialect == sqliteDialect {
		expr = "said : (" + expr + ")"
	}
	return x.dialect.search, expr
}

// sqlitePhrase: words with a + between them stand side by side, and * goes on.
func sqlitePhrase(block string, words []string, prefix, _ bool) string {
	s := block + strings.Join(words, " + "+block)
	if prefix {
		s += " *"
	}
	return s
}

// postgresPhrase: <-> means side by side, :* goes on, and A is what everybody may read.
func postgresPhrase(block string, words []string, prefix, notes bool) string {
	var parts []string
	for i, w := range words {
		s := "'" + block + w + "'"
		if last := i == len(words)-1; prefix && last || !notes {
			s += ":"
			if prefix && last {
				s += "*"
			}
			if !notes {
				s += "A"
			}
		}
		parts = append(parts, s)
	}
	return "(" + strings.Join(parts, " <-> ") + ")"
}

// rowPages are the lengths that lists of rows are asked for in, so that a few prepared
// statements serve all.
var rowPages = []int{10, 51, 201}

// Rows implements find.Store. A row is large: each is read to where it stays.
func (s findStore) Rows(ctx context.Context, numbers []int64, whole bool) ([]desk.Row, error) {
	query, scan := lineQuery, lineScan()
	if whole {
		query, scan = rowQuery, scanRow
	}
	out := make([]desk.Row, len(numbers))
	place := make(map[int64]int, len(numbers))
	for i, n := range numbers {
		place[n] = i
	}
	for part := range slices.Chunk(numbers, rowPages[len(rowPages)-1]) {
		n := rowPages[slices.IndexFunc(rowPages, func(n int) bool { return n >= len(part) })]
		rows, err := s.stmts.query(ctx, query+" WHERE t.number IN ("+places(1, n)+")", padded(part, n)...)
		if err == nil {
			err = each(rows, func(r scanner) error {
				row, err := scan(r)
				if err == nil {
					out[place[row.Number]] = row
				}
				return err
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(out, func(r desk.Row) bool { return r.ID == "" }), nil
}

// each does something with each row.
func each(rows rows, do func(scanner) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
