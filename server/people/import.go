package people

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Preview is what an import would do. With anything in Wrong it would do nothing.
type Preview struct {
	Table   Table
	Mapping Mapping
	Added   int
	Changed int
	Same    int
	Wrong   []Wrong
}

// LinesError is the error of an import that was refused. Nothing was imported.
type LinesError struct {
	Lines []Wrong
	cause *fault.Error
}

// Error returns the sentence.
func (e *LinesError) Error() string { return e.cause.Error() }

// Unwrap returns the fault, so that its code is found.
func (e *LinesError) Unwrap() error { return e.cause }

func wrongLines(list []Wrong) error {
	lines := "1 line is wrong"
	if n := countLines(list); n != 1 {
		lines = itoa(n) + " lines are wrong"
	}
	return &LinesError{list, fault.Field("file", "Nothing was imported: "+lines+". The first is line "+itoa(list[0].Line)+": "+list[0].Sentence)}
}

func countLines(list []Wrong) int {
	seen := map[int]bool{}
	for _, w := range list {
		seen[w.Line] = true
	}
	return len(seen)
}

// Preview reads a list and says what importing it would do. A nil mapping is found
// out by the columns' names.
func (k *Keeper) Preview(ctx context.Context, actor auth.Actor, file []byte, m Mapping) (Preview, error) {
	if err := auth.Authorise(actor, auth.PeopleImport, auth.Object{}); err != nil {
		return Preview{}, err
	}
	t, err := ReadTable(file)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Table: t, Mapping: m}
	if m == nil {
		p.Mapping = Guess(t.Header)
		if p.Mapping.check(t) != nil { // the page asks for what could not be guessed
			return p, nil //nolint:nilerr // shown as what is still to be chosen
		}
	}
	plan, err := planImport(ctx, k.store, t, p.Mapping)
	if err != nil {
		return p, err
	}
	p.Added, p.Changed, p.Same, p.Wrong = len(plan.add), len(plan.change), plan.same, plan.wrong
	return p, nil
}

// Import imports a list: all of it, or nothing. When lines are wrong the error is a
// *LinesError that names each of them.
func (k *Keeper) Import(ctx context.Context, actor auth.Actor, file []byte, m Mapping) (Preview, error) {
	if err := auth.Authorise(actor, auth.PeopleImport, auth.Object{}); err != nil {
		return Preview{}, err
	}
	t, err := ReadTable(file)
	if err != nil {
		return Preview{}, err
	}
	if m == nil {
		m = Guess(t.Header)
	}
	out := Preview{Table: t, Mapping: m}
	err = k.store.Update(ctx, func(tx Tx) error {
		plan, err := planImport(ctx, tx, t, m)
		if err != nil {
			return err
		}
		out.Added, out.Changed, out.Same, out.Wrong = len(plan.add), len(plan.change), plan.same, plan.wrong
		if len(plan.wrong) > 0 {
			return wrongLines(plan.wrong)
		}
		return k.write(tx, actor, plan)
	})
	return out, err
}

// write carries a plan out. New people come first, since others may name them as
// their managers; their ids are made here.
func (k *Keeper) write(tx Tx, actor auth.Actor, plan importPlan) error {
	now := k.now()
	ids := plan.ids
	for i := range plan.add {
		p := &plan.add[i].person
		p.ID, p.CreatedAt = ulid.MustNewDefault(now).String(), now
		ids[p.Email] = p.ID
	}
	for _, list := range [][]planned{plan.add, plan.change} {
		for _, x := range list {
			if x.manager != "" {
				x.person.Manager = ids[x.manager]
			}
			save := tx.Save
			if x.person.CreatedAt.Equal(now) {
				save = tx.Add
			}
			if err := save(x.person); err != nil {
				return err
			}
		}
	}
	if len(plan.add)+len(plan.change) == 0 {
		return nil
	}
	return tx.Audit(audit.Entry{
		At: now, Actor: auth.AuditActor(actor), Action: audit.PeopleImported, Object: "people",
		Detail: map[string]any{"added": len(plan.add), "changed": len(plan.change)},
	})
}

type importPlan struct {
	add, change []planned
	same        int
	ids         map[string]string // of people who are here, by address
	wrong       []Wrong
}

// planned is a person as they will be. manager is an address when the line names
// one.
type planned struct {
	line    int
	person  Person
	manager string
}

// planImport holds every line against what is there and against the other lines.
func planImport(ctx context.Context, d Directory, t Table, m Mapping) (importPlan, error) {
	if err := m.check(t); err != nil {
		return importPlan{}, err
	}
	p := planner{table: t, mapping: m, plan: importPlan{ids: map[string]string{}, wrong: slices.Clone(t.Wrong)}, lineOf: map[string]int{}}
	p.read()
	var err error
	if p.sites, err = d.Sites(ctx); err != nil {
		return importPlan{}, err
	}
	if p.here, err = d.ByEmail(ctx, p.emails()); err != nil {
		return importPlan{}, err
	}
	for email, x := range p.here {
		p.plan.ids[email] = x.ID
	}
	for _, r := range p.rows {
		p.take(r)
	}
	above, err := d.Line(ctx)
	if err != nil {
		return importPlan{}, err
	}
	p.circles(above)
	slices.SortStableFunc(p.plan.wrong, func(a, b Wrong) int { return cmp.Compare(a.Line, b.Line) })
	return p.plan, nil
}

// record is a line's cells by field, cleaned.
type record struct {
	line  int
	cells map[string]string
}

type planner struct {
	table   Table
	mapping Mapping
	rows    []record
	lineOf  map[string]int // the line of an address
	sites   map[string]string
	here    map[string]Person
	plan    importPlan
}

func (p *planner) complain(line int, field, sentence string) {
	column := ""
	if i, ok := p.mapping[field]; ok {
		column = p.table.Header[i]
	}
	p.plan.wrong = append(p.plan.wrong, Wrong{Line: line, Column: column, Sentence: sentence})
}

// read cleans the cells. A line with a cell that cannot be taken is left out of
// what follows, so that one mistake is told once.
func (p *planner) read() {
	keys := slices.Sorted(maps.Keys(p.mapping))
	for _, l := range p.table.Lines {
		r := record{line: l.Number, cells: map[string]string{}}
		good := true
		for _, k := range keys {
			field := k
			if k == "manager" {
				field = "email"
			}
			text := strings.TrimSpace(l.Cells[p.mapping[k]])
			if text == "" {
				continue
			}
			if text == clearing {
				r.cells[k] = clearing
				continue
			}
			clean, why := Clean(field, text)
			if k == "vip" {
				clean, why = yesNo(text)
			}
			if why != "" {
				p.complain(l.Number, k, why)
				good = false
				continue
			}
			r.cells[k] = clean
		}
		email := r.cells["email"]
		switch {
		case !good:
			continue
		case email == "" || email == clearing:
			p.complain(l.Number, "email", "It has no e-mail address, which says who is meant. Add the address, or take the line out.")
			continue
		case p.lineOf[email] != 0:
			p.complain(l.Number, "email", "The address "+email+" stands in line "+itoa(p.lineOf[email])+" already. Keep one of the two lines.")
			continue
		case r.cells["name"] == clearing:
			p.complain(l.Number, "name", "A name cannot be emptied. Write the name, or leave the cell empty.")
			continue
		}
		p.lineOf[email] = l.Number
		p.rows = append(p.rows, r)
	}
}

// clearing is a cell that empties what is there; an empty cell leaves it.
const clearing = "-"

func yesNo(s string) (clean, why string) {
	switch Fold(s) {
	case "yes", "y", "true", "1", "x", "vip", "ja", "j", "wahr", "oui", "vrai":
		return "yes", ""
	case "no", "n", "false", "0", "nein", "falsch", "non", "faux":
		return "no", ""
	}
	return "", "“" + clip(s) + "” is neither yes nor no. Write yes, or no."
}

func (p *planner) emails() []string {
	all := map[string]bool{}
	for _, r := range p.rows {
		all[r.cells["email"]] = true
		if m := r.cells["manager"]; m != "" && m != clearing {
			all[m] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// take plans one line.
func (p *planner) take(r record) {
	before, known := p.here[r.cells["email"]]
	x := planned{line: r.line, person: before}
	x.person.Email = r.cells["email"]
	good := true
	wrong := func(field, sentence string) {
		p.complain(r.line, field, sentence)
		good = false
	}
	if !known && r.cells["name"] == "" {
		wrong("name", "Nobody here has the address "+r.cells["email"]+", and a new person needs a name.")
	}
	for field, at := range map[string]*string{
		"name": &x.person.Name, "phone": &x.person.Phone, "title": &x.person.Title, "department": &x.person.Department, "notes": &x.person.Notes,
	} {
		if v, ok := r.cells[field]; ok {
			if v == clearing {
				v = ""
			}
			*at = v
		}
	}
	if v, ok := r.cells["vip"]; ok {
		x.person.VIP = v == "yes"
	}
	switch v := r.cells["site"]; {
	case v == clearing:
		x.person.Site = ""
	case v != "":
		id, near := p.site(v)
		if id == "" {
			wrong("site", "There is no site “"+clip(v)+"”."+near)
		}
		x.person.Site = id
	}
	switch v := r.cells["manager"]; {
	case v == clearing:
		x.person.Manager = ""
	case v == x.person.Email:
		wrong("manager", "Nobody is their own manager.")
	case v != "":
		if _, here := p.here[v]; !here && p.lineOf[v] == 0 {
			wrong("manager", "The manager "+v+" is neither here nor in the file. Add a line for them, or empty the cell.")
		}
		x.manager = v
	}
	if !good {
		return
	}
	same := known && x.person == before && (x.manager == "" || p.here[x.manager].ID == before.Manager && before.Manager != "")
	switch {
	case same:
		p.plan.same++
	case known:
		p.plan.change = append(p.plan.change, x)
	default:
		p.plan.add = append(p.plan.add, x)
	}
}

// site finds a site by its name, and says which is near when there is none.
func (p *planner) site(name string) (id, near string) {
	if id, ok := p.sites[name]; ok {
		return id, ""
	}
	best, least := "", 3
	for have, id := range p.sites {
		if Fold(have) == Fold(name) {
			return id, ""
		}
		if d := distance(Fold(have), Fold(name)); d < least || d == least && best != "" && have < best {
			best, least = have, d
		}
	}
	if best != "" {
		return "", " Is it “" + best + "”?"
	}
	return "", " Correct the name, or have an administrator add the site."
}

// circles finds lines that would make people their own managers further up. above
// is the manager of everybody who is here and has one.
func (p *planner) circles(above map[string]string) {
	id := func(email string) string { // of who is new the address stands for the id
		if x, ok := p.here[email]; ok {
			return x.ID
		}
		return email
	}
	lines := map[string]planned{} // that name a manager
	for _, list := range [][]planned{p.plan.add, p.plan.change} {
		for _, x := range list {
			switch {
			case x.manager != "":
				above[id(x.person.Email)] = id(x.manager)
				lines[id(x.person.Email)] = x
			case x.person.Manager == "":
				delete(above, id(x.person.Email))
			}
		}
	}
	passed := map[string]string{} // by whom on the way up
	for start := range lines {
		at := start
		for at != "" && passed[at] == "" {
			passed[at] = start
			at = above[at]
		}
		if at == "" || passed[at] != start {
			continue // the way up ends, or was walked before
		}
		for first := at; ; {
			if x, ok := lines[at]; ok {
				p.complain(x.line, "manager", "Following the managers upwards from "+x.person.Email+" leads back to them. Correct one of the managers.")
			}
			if at = above[at]; at == first {
				break
			}
		}
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// distance is how many letters have to be changed, added or taken out.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 100 || len(y) > 100 {
		return 100
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			cost := before
			if x[i] != y[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(y)]
}
