//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

// findStoreCmd fills a database with a past and prints how fast tickets are found,
// counted and changed in it, in milliseconds.
type findStoreCmd struct {
	DB      string   `required:"" name:"db"`
	Tickets int      `default:"1000000"`
	Rounds  int      `default:"2000"`
	Loaded  bool     `help:"The database has its tickets already."`
	Steps   []string `help:"Only these: pages, counts, searches, bare, bulk."`
	Profile string   `help:"Where to write a CPU profile of it." type:"path"`
}

// findDesk is the desk without what this measurement does not do.
type findDesk struct{ *desk.Desk }

// Merge implements find.Desk.
func (findDesk) Merge(context.Context, auth.Actor, string, int64, string) error { return nil }

// findBook is a configuration with nothing in it but a few important people.
type findBook struct{}

func (findBook) Teams() []find.Choice      { return nil }
func (findBook) Categories() []find.Choice { return nil }
func (findBook) VIPs() []string            { return []string{idOf("req", 1), idOf("req", 2), idOf("req", 3)} }

// findViews are thirty views as desks have them, easy ones and hard ones.
func findViews() []string {
	return []string{
		"state:open", "state:open is:unassigned", "state:open is:mine", "state:pending", "state:resolved", "", "state:open is:breached", "state:open priority:1", "is:major",
		"state:open team:" + idOf("tea", 3), "state:open team:" + idOf("tea", 7) + " priority:1..2", "category:" + idOf("cat", 5), "state:open category:" + idOf("cat", 9) + "," + idOf("cat", 10),
		"site:" + idOf("sit", 2), "site:" + idOf("sit", 3) + " state:closed kind:request", "tag:tag7", "state:open tag:tag1,tag2", "-tag:tag3 state:open", "finding:disk.full", "finding:disk.* state:open",
		"created:<7d", "created:<30d -state:closed", "updated:today", "age>1y state:open", "is:vip", "requester:" + idOf("req", 77), "endpoint:" + idOf("end", 500),
		"assignee:" + idOf("tec", 4) + " state:closed", "waiting:vendor", "kind:request priority:4,5 -site:" + idOf("sit", 1),
	}
}

// Run measures.
func (c *findStoreCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	out := map[string]float64{}
	timed := func(name string, f func() error) error {
		start := time.Now()
		err := f()
		out[name] = time.Since(start).Seconds()
		return err
	}
	now := time.Now()
	var db *store.DB
	open := func() (err error) {
		db, err = store.Open(ctx, store.Options{DSN: c.DB, Migrate: true}, log)
		return err
	}
	if err := open(); err != nil {
		return err
	}
	if !c.Loaded {
		db.Close()
		if err := timed("load_seconds", func() error { return loadMany(ctx, c.DB, c.Tickets, now) }); err != nil {
			return err
		}
		if err := open(); err != nil {
			return err
		}
	}
	defer db.Close()
	b := board.New()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := timed("board_seconds", func() error { return db.KeepBoard(ctx, b) }); err != nil {
		return err
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	out["board_megabytes"] = float64(after.HeapAlloc-before.HeapAlloc) / (1 << 20)
	out["tickets"] = float64(b.Len())
	d := desk.New(db.Desk(), rulebook.Empty, time.Now)
	m := &measure{findStoreCmd: c, db: db, board: b, desk: d, find: find.New(b, db.Find(), findDesk{d}, findBook{}, time.Now), r: rand.New(rand.NewPCG(9, 9)), made: newMaker(1, now), out: out,
		me: auth.Actor{Kind: auth.Staff, Person: idOf("tec", 1), Name: "Technician", Role: auth.Technician}}
	stop, err := profile(c.Profile)
	if err != nil {
		return err
	}
	defer stop()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{{"pages", m.pages}, {"counts", m.counts}, {"searches", m.searches}, {"bare", m.bare}, {"bulk", m.bulk}} {
		if len(c.Steps) > 0 && !slices.Contains(c.Steps, step.name) {
			continue
		}
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	return s.Print(out)
}

type measure struct {
	*findStoreCmd
	db    *store.DB
	board *board.Board
	desk  *desk.Desk
	find  *find.Finder
	r     *rand.Rand
	made  *maker
	me    auth.Actor
	out   map[string]float64
}

// rounds measures f many times and writes its percentiles down.
func (m *measure) rounds(name string, n int, f func() error) error {
	for range 20 { // the first prepare their statements
		if err := f(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	took := make([]float64, n)
	for i := range took {
		start := time.Now()
		if err := f(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		took[i] = float64(time.Since(start).Microseconds()) / 1000
	}
	slices.Sort(took)
	m.out[name+"_p50"], m.out[name+"_p99"], m.out[name+"_max"] = took[n/2], took[min(n-1, n*99/100)], took[n-1]
	return nil
}

// views are the thirty views, without those that name what a small past has not.
func (m *measure) views(ctx context.Context) ([]query.Filter, error) {
	var filters []query.Filter
	for _, v := range findViews() {
		f, err := query.Parse(v)
		if err != nil {
			return nil, err
		}
		if _, err := m.find.List(ctx, m.me, find.Query{Filter: f}); err == nil {
			filters = append(filters, f)
		} else if !fault.Is(err, fault.Invalid) {
			return nil, err
		}
	}
	return filters, nil
}

// pages reads pages of 50 of any view in any order, at the top and further down.
func (m *measure) pages(ctx context.Context) error {
	filters, err := m.views(ctx)
	if err != nil {
		return err
	}
	kinds := map[string]func() query.Sort{"page": func() query.Sort { return query.Sorts()[m.r.IntN(len(query.Sorts()))] }}
	for _, s := range query.Sorts() {
		kinds["page_"+string(s)] = func() query.Sort { return s }
	}
	for name, sort := range kinds {
		var next *find.Position
		var q find.Query
		err := m.rounds(name, m.Rounds, func() error {
			if next == nil || m.r.IntN(3) == 0 {
				q = find.Query{Filter: filters[m.r.IntN(len(filters))], Sort: sort(), Limit: 50}
			} else {
				q.After = next
			}
			page, err := m.find.List(ctx, m.me, q)
			next = page.Next
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *measure) counts(ctx context.Context) error {
	filters, err := m.views(ctx)
	if err != nil {
		return err
	}
	return m.rounds("counts", m.Rounds, func() error {
		_, err := m.find.Counts(ctx, m.me, filters, nil)
		return err
	})
}

// searches looks for words of every kind, each with its own percentiles.
func (m *measure) searches(ctx context.Context) error {
	rare := func() string { return m.made.words[1000+m.r.IntN(len(m.made.words)-1000)] }
	common := func() string { return m.made.words[m.r.IntN(20)] }
	as := func() string { return m.made.words[m.made.zipf.Uint64()] }
	begin := func(n int) string {
		w := []rune(as())
		return string(w[:min(n, len(w))])
	}
	phrase := func(a, b string) string { return `"` + a + " " + b + `"` }
	kinds := map[string]func() string{
		"search_rare": rare, "search_common": common, "search_as_written": as, "search_absent": func() string { return "zzq" + rare() },
		"search_prefix1": func() string { return begin(1) }, "search_prefix2": func() string { return begin(2) }, "search_prefix3": func() string { return begin(3) }, "search_prefix4": func() string { return begin(4) },
		"search_rare_and_common": func() string { return rare() + " " + common() }, "search_two_common": func() string { return common() + " " + common() },
		"search_phrase": func() string { return phrase(as(), as()) }, "search_not": func() string { return as() + " -" + as() },
		"search_in_view":      func() string { return as() + " " + findViews()[m.r.IntN(30)] },
		"search_rare_in_view": func() string { return rare() + " state:closed site:" + idOf("sit", m.r.IntN(siteCount)) },
	}
	all := make([]func() string, 0, len(kinds))
	for _, name := range slices.Sorted(mapKeys(kinds)) {
		all = append(all, kinds[name])
	}
	kinds["search"] = func() string { return all[m.r.IntN(len(all))]() }
	cut, whole := 0, 0
	for name, text := range kinds {
		n := m.Rounds / 4
		if name == "search" {
			n = 2 * m.Rounds
		}
		err := m.rounds(name, n, func() error {
			f, err := query.Parse(text())
			if err != nil {
				return err
			}
			page, err := m.find.List(ctx, m.me, find.Query{Filter: f, Limit: 50})
			if fault.Is(err, fault.Invalid) {
				return nil
			}
			if name == "search" {
				if whole++; page.Down != 0 {
					cut++
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	m.out["search_cut_short"] = float64(cut) / float64(whole)
	return nil
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// bare reads 50 narrow rows by an index that fits, with nothing around it.
func (m *measure) bare(ctx context.Context) error {
	driver, dsn := "sqlite", "file:"+m.DB
	if strings.HasPrefix(m.DB, "postgres") {
		driver, dsn = "pgx", m.DB
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := db.PrepareContext(ctx, `SELECT number, title, state, priority, requester_name, assignee_name FROM tickets
		WHERE assignee_id = $1 AND state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending') ORDER BY priority, number LIMIT 50`)
	if err != nil {
		return err
	}
	defer st.Close()
	return m.rounds("bare_page", m.Rounds, func() error {
		rows, err := st.QueryContext(ctx, idOf("tec", m.r.IntN(technicians)))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var number int64
			var title, state, who, has string
			var priority int
			if err := rows.Scan(&number, &title, &state, &priority, &who, &has); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// bulk changes a thousand open tickets, beside a technician who changes one after the
// other; and one ticket until its view's count knows it.
func (m *measure) bulk(ctx context.Context) error {
	numbers := m.board.Page(board.Filter{Conditions: []board.Condition{{Field: board.State, Values: []string{string(ticket.InProgress)}}}}, query.Newest, nil, 3000)
	if len(numbers) < 1200 {
		return nil
	}
	rows, err := m.find.Rows(ctx, m.me, numbers[1000:])
	if err != nil {
		return err
	}
	next := 0
	one := func() error {
		next++
		_, err := m.desk.Do(ctx, m.me, rows[next%len(rows)].ID, 0, ticket.Note{Message: fmt.Sprint("bench", next, time.Now().UnixNano()), Body: "a note"})
		return err
	}
	if err := m.rounds("write_alone", 300, one); err != nil {
		return err
	}
	var list []find.Target
	for _, n := range numbers[:1000] {
		list = append(list, find.Target{Number: n})
	}
	done := make(chan error, 1)
	var took time.Duration
	go func() {
		start := time.Now()
		out, err := m.find.Bulk(ctx, m.me, list, find.Action{Do: find.Tag, Add: []string{"bulk"}})
		took = time.Since(start)
		if err == nil && len(out.Changed) != 1000 {
			err = fmt.Errorf("%d of 1000 tickets were changed: %+v", len(out.Changed), out.Refused[0])
		}
		done <- err
	}()
	var beside []float64
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				return err
			}
			running = false
		default:
			start := time.Now()
			if err := one(); err != nil {
				return err
			}
			beside = append(beside, float64(time.Since(start).Microseconds())/1000)
		}
	}
	slices.Sort(beside)
	m.out["bulk_ms"], m.out["write_beside_bulk_p99"] = float64(took.Milliseconds()), beside[len(beside)*99/100]
	view, err := query.Parse("tag:bulk")
	if err != nil {
		return err
	}
	n, err := m.find.Counts(ctx, m.me, []query.Filter{view}, nil)
	if err != nil {
		return err
	}
	if n[0] != 1000 {
		return fmt.Errorf("the view counts %d of 1000 right after the change", n[0])
	}
	return nil
}
