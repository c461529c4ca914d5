package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/people"
)

// People returns the store of whom the help desk works for.
func (db *DB) People() people.Store { return peopleStore{db} }

type peopleStore struct{ *DB }

type peopleTx struct{ *Tx }

// Update implements people.Store.
func (s peopleStore) Update(ctx context.Context, f func(people.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(peopleTx{tx}) })
}

const contactColumns = `p.id, p.name, COALESCE(p.email, ''), p.role, p.site_id, p.manager_id, p.vip, p.phone, p.title, p.department, p.notes,
	p.disabled, p.created_at, p.removed_at`

// scanContact reads contactColumns, and whatever follows them into more.
func scanContact(r scanner, more ...any) (people.Person, error) {
	var p people.Person
	var vip, disabled, created, removed int64
	err := r.Scan(append([]any{
		&p.ID, &p.Name, &p.Email, &p.Role, &p.Site, &p.Manager, &vip, &p.Phone, &p.Title, &p.Department, &p.Notes, &disabled, &created, &removed,
	}, more...)...)
	p.VIP, p.Disabled, p.CreatedAt, p.RemovedAt = vip != 0, disabled != 0, when(created), when(removed)
	return p, err
}

// contactQuery has the names that go with the ids, and how many tickets are open.
const contactQuery = "SELECT " + contactColumns + `, COALESCE(s.name, ''), COALESCE(m.name, ''), COALESCE(m.email, ''),
	(SELECT COUNT(*) FROM tickets t WHERE t.requester_id = p.id AND ` + openStates + `)
	FROM people p LEFT JOIN sites s ON s.id = p.site_id LEFT JOIN people m ON m.id = p.manager_id`

func scanContactRow(r scanner) (row people.Row, err error) {
	row.Person, err = scanContact(r, &row.SiteName, &row.ManagerName, &row.ManagerEmail, &row.Open)
	return row, err
}

// findOf is what a person is searched by.
func findOf(name, email, phone, title, department string) string {
	return people.Fold(strings.Join([]string{name, email, phone, strings.Map(digits, phone), title, department}, " "))
}

func digits(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// People implements people.Store. Every word has to be found, wherever. People whose
// data was removed are in no list.
func (s peopleStore) People(ctx context.Context, q people.Query) ([]people.Row, error) {
	where := []string{"p.removed_at = 0"}
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	for i, word := range strings.Fields(people.Fold(q.Text)) {
		if i == 8 {
			break // who types more words than that finds by the first eight
		}
		where = append(where, "p.find LIKE "+arg("%"+likeEscaper.Replace(word)+"%")+` ESCAPE '\'`)
	}
	if q.Site != "" {
		where = append(where, "p.site_id = "+arg(q.Site))
	}
	if q.Manager != "" {
		where = append(where, "p.manager_id = "+arg(q.Manager))
	}
	if q.VIP {
		where = append(where, "p.vip = 1")
	}
	if q.After != "" {
		where = append(where, "(p.name, p.id) > (SELECT a.name, a.id FROM people a WHERE a.id = "+arg(q.After)+")")
	}
	rows, err := s.stmts.query(ctx, contactQuery+" WHERE "+strings.Join(where, " AND ")+" ORDER BY p.name, p.id LIMIT "+arg(q.Limit), args...)
	return collect(rows, err, scanContactRow)
}

// Person implements people.Store.
func (s peopleStore) Person(ctx context.Context, id string) (people.Row, error) {
	row, err := scanContactRow(s.stmts.row(ctx, contactQuery+" WHERE p.id = $1", id))
	return row, notFound(err, noPerson)
}

// Accounts implements people.Store.
func (s peopleStore) Accounts(ctx context.Context, person string) ([]people.Account, error) {
	rows, err := s.stmts.query(ctx, "SELECT a.endpoint_id, e.name, a.login FROM accounts a JOIN endpoints e ON e.id = a.endpoint_id WHERE a.person_id = $1 ORDER BY e.name, e.id", person)
	return collect(rows, err, func(r scanner) (a people.Account, err error) {
		return a, r.Scan(&a.Endpoint, &a.EndpointName, &a.Login)
	})
}

// Figures implements people.Store.
func (s peopleStore) Figures(ctx context.Context, person string) (f people.Tickets, err error) {
	var sum int64
	err = s.stmts.row(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN "+openStates+` THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN t.rating > 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(t.rating), 0) FROM tickets t WHERE t.requester_id = $1`, person).
		Scan(&f.All, &f.Open, &f.Rated, &sum)
	if f.Rated > 0 {
		f.Rating = float64(sum) / float64(f.Rated)
	}
	return f, err
}

// ReportsTo implements people.Store.
func (s peopleStore) ReportsTo(ctx context.Context, manager string, limit int) ([]people.Named, error) {
	rows, err := s.stmts.query(ctx, "SELECT id, name FROM people WHERE manager_id = $1 AND manager_id <> '' ORDER BY name, id LIMIT $2", manager, limit)
	return collect(rows, err, func(r scanner) (n people.Named, err error) { return n, r.Scan(&n.ID, &n.Name) })
}

// directory answers what lines of a list are held against, to a reader and to a
// transaction alike.
type directory struct{ q querier }

// mostArgs is how many values one query names at most.
const mostArgs = 500

func (d directory) ByEmail(ctx context.Context, emails []string) (map[string]people.Person, error) {
	out := make(map[string]people.Person, len(emails))
	for chunk := range slices.Chunk(emails, mostArgs) {
		args, marks := make([]any, mostArgs), make([]string, mostArgs)
		for i := range args { // always as many marks, so that one statement serves all chunks
			args[i], marks[i] = chunk[min(i, len(chunk)-1)], "$"+strconv.Itoa(i+1)
		}
		rows, err := d.q.query(ctx, "SELECT "+contactColumns+" FROM people p WHERE p.email IN ("+strings.Join(marks, ", ")+")", args...)
		list, err := collect(rows, err, func(r scanner) (people.Person, error) { return scanContact(r) })
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			out[p.Email] = p
		}
	}
	return out, nil
}

func (d directory) Sites(ctx context.Context) (map[string]string, error) {
	return d.pairs(ctx, "SELECT name, id FROM sites")
}

func (d directory) Line(ctx context.Context) (map[string]string, error) {
	return d.pairs(ctx, "SELECT id, manager_id FROM people WHERE manager_id <> ''")
}

func (d directory) pairs(ctx context.Context, query string) (map[string]string, error) {
	rows, err := d.q.query(ctx, query)
	list, err := collect(rows, err, func(r scanner) (x [2]string, err error) { return x, r.Scan(&x[0], &x[1]) })
	out := make(map[string]string, len(list))
	for _, x := range list {
		out[x[0]] = x[1]
	}
	return out, err
}

// ByEmail implements people.Directory.
func (s peopleStore) ByEmail(ctx context.Context, emails []string) (map[string]people.Person, error) {
	return directory{s.stmts}.ByEmail(ctx, emails)
}

// Sites implements people.Directory.
func (s peopleStore) Sites(ctx context.Context) (map[string]string, error) {
	return directory{s.stmts}.Sites(ctx)
}

// Line implements people.Directory.
func (s peopleStore) Line(ctx context.Context) (map[string]string, error) {
	return directory{s.stmts}.Line(ctx)
}

// ByEmail implements people.Directory.
func (tx peopleTx) ByEmail(ctx context.Context, emails []string) (map[string]people.Person, error) {
	return directory{tx.q}.ByEmail(ctx, emails)
}

// Sites implements people.Directory.
func (tx peopleTx) Sites(ctx context.Context) (map[string]string, error) {
	return directory{tx.q}.Sites(ctx)
}

// Line implements people.Directory.
func (tx peopleTx) Line(ctx context.Context) (map[string]string, error) {
	return directory{tx.q}.Line(ctx)
}

// Person implements people.Tx.
func (tx peopleTx) Person(id string) (people.Person, error) {
	p, err := scanContact(tx.row("SELECT "+contactColumns+" FROM people p WHERE p.id = $1", id))
	return p, notFound(err, noPerson)
}

// Add implements people.Tx.
func (tx peopleTx) Add(p people.Person) error {
	_, err := tx.changed(`INSERT INTO people (id, name, email, site_id, manager_id, vip, phone, title, department, notes, find, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.ID, p.Name, null(p.Email), p.Site, p.Manager, flag(p.VIP), p.Phone, p.Title, p.Department, p.Notes,
		findOf(p.Name, p.Email, p.Phone, p.Title, p.Department), millis(p.CreatedAt))
	return tx.taken(err, p.Email)
}

// Save implements people.Tx.
func (tx peopleTx) Save(p people.Person) error {
	_, err := tx.changed(`UPDATE people SET name = $1, email = $2, site_id = $3, manager_id = $4, vip = $5, phone = $6, title = $7, department = $8, notes = $9,
		find = $10 WHERE id = $11`,
		p.Name, null(p.Email), p.Site, p.Manager, flag(p.VIP), p.Phone, p.Title, p.Department, p.Notes,
		findOf(p.Name, p.Email, p.Phone, p.Title, p.Department), p.ID)
	return tx.taken(err, p.Email)
}

func (tx peopleTx) taken(err error, email string) error {
	if err != nil && tx.dialect.taken(err) {
		return fault.Newf(fault.Conflict, "Somebody else has the address %s already.", email)
	}
	return err
}

// Audit implements people.Tx.
func (tx peopleTx) Audit(e audit.Entry) error { return tx.Tx.Audit(e) }
