package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// lockTicket keeps two who take at once from waiting for, or getting, the same
// row; SQLite has one writer anyway.
func (tx *Tx) lockTicket() string {
	if tx.dialect == postgresDialect {
		return " FOR UPDATE OF t SKIP LOCKED"
	}
	return ""
}

// NextGiven implements desk.Staffing. Somebody has few that they have not begun, which
// are looked at one by one.
func (tx *Tx) NextGiven(person string) (ticket.Ticket, error) {
	t, err := scanTicket(tx.row("SELECT "+ticketColumns+" FROM tickets t LEFT JOIN ticket_clocks c ON c.ticket_id = t.id AND c.state = 'running'"+
		" WHERE t.assignee_id = $1 AND t.state = 'assigned' AND "+held+
		" ORDER BY c.due_at IS NULL, c.due_at, t.priority, t.number LIMIT 1"+tx.lockTicket(), person))
	return t, notFound(err, noTicket)
}

// nobodys selects the tickets that are to be taken or given out.
const nobodys = "t.assignee_id = '' AND t.state IN ('new', 'approved')"

// The first of a team: of those with a clock that runs, by the index ticket_clocks_free;
// of all, by tickets_free, which is asked when no clock runs. Ids follow each other in
// time as numbers do.
const (
	freeDue = " FROM ticket_clocks c JOIN tickets t ON t.id = c.ticket_id WHERE c.free_of = $1 AND c.state = 'running' AND t.team_id = $1 AND " + nobodys +
		" ORDER BY c.due_at, c.priority, c.ticket_id LIMIT 1"
	freeOf = " FROM tickets t WHERE t.team_id = $1 AND " + nobodys + " ORDER BY t.priority, t.number LIMIT 1"
)

// free is the first of a team's tickets that nobody has.
type free struct {
	team, from            string
	due, priority, number int64
}

func (tx *Tx) firstFree(team string) (free, bool, error) {
	for _, f := range []free{{team: team, from: freeDue}, {team: team, from: freeOf}} {
		due := "c.due_at"
		if f.from == freeOf {
			due = "0"
		}
		err := tx.row("SELECT "+due+", t.priority, t.number"+f.from, team).Scan(&f.due, &f.priority, &f.number)
		if !isNoRows(err) {
			return f, err == nil, err
		}
	}
	return free{}, false, nil
}

// NextFree implements desk.Staffing. Each team's first is found by an index alone.
func (tx *Tx) NextFree(teams []string) (ticket.Ticket, error) {
	var heads []free
	for _, team := range teams {
		f, ok, err := tx.firstFree(team)
		if err != nil {
			return ticket.Ticket{}, err
		}
		if ok {
			heads = append(heads, f)
		}
	}
	slices.SortFunc(heads, func(a, b free) int {
		noClock := func(f free) int {
			if f.due == 0 {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(noClock(a), noClock(b)), cmp.Compare(a.due, b.due), cmp.Compare(a.priority, b.priority), cmp.Compare(a.number, b.number))
	})
	// First what nobody else is about to take, then also without a clock; then wait for
	// those who are: they may be writing a note.
	for _, lock := range []string{tx.lockTicket(), strings.TrimSuffix(tx.lockTicket(), " SKIP LOCKED")} {
		for _, from := range []string{"", freeOf} {
			for _, h := range heads {
				if from != "" && h.from == from {
					continue // it was asked for
				}
				t, err := scanTicket(tx.row("SELECT "+ticketColumns+cmp.Or(from, h.from)+lock, h.team))
				if !isNoRows(err) {
					return t, err
				}
			}
		}
	}
	return ticket.Ticket{}, fault.New(fault.NotFound, noTicket)
}

// AnyFree implements desk.Store.
func (s deskStore) AnyFree(ctx context.Context, team string) (bool, error) {
	var n int
	err := s.stmts.row(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM tickets t WHERE t.team_id = $1 AND "+nobodys+" LIMIT 1) one", team).Scan(&n)
	return n > 0, err
}

// list writes values as parameters, from a number on.
func list(from int, values []string) (string, []any) {
	marks, args := make([]string, len(values)), make([]any, len(values))
	for i, v := range values {
		marks[i], args[i] = "$"+strconv.Itoa(from+i), v
	}
	return strings.Join(marks, ", "), args
}

// Loads implements desk.Staffing.
func (tx *Tx) Loads(people []string) (map[string]int, error) {
	out := make(map[string]int, len(people))
	for _, p := range people {
		var n int
		if err := tx.row("SELECT COUNT(*) FROM tickets t WHERE t.assignee_id = $1 AND t.state IN ('approved', 'assigned', 'in_progress') AND "+held, p).Scan(&n); err != nil {
			return nil, err
		}
		out[p] = n
	}
	return out, nil
}

// Turns implements desk.Staffing. The team's own row is written first, so that
// whoever comes second waits for its lock.
func (tx *Tx) Turns(team string) (map[string]int64, int64, error) {
	var now int64
	err := tx.row("INSERT INTO turns (team_id, person_id, turn) VALUES ($1, '', 1) ON CONFLICT (team_id, person_id) DO UPDATE SET turn = turns.turn + 1 RETURNING turn", team).Scan(&now)
	if err != nil {
		return nil, 0, err
	}
	rows, err := tx.q.query(tx.ctx, "SELECT person_id, turn FROM turns WHERE team_id = $1 AND person_id <> ''", team)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	turns := map[string]int64{}
	for rows.Next() {
		var p string
		var n int64
		if err := rows.Scan(&p, &n); err != nil {
			return nil, 0, err
		}
		turns[p] = n
	}
	return turns, now, rows.Err()
}

// SetTurn implements desk.Staffing.
func (tx *Tx) SetTurn(team, person string, turn int64) error {
	return tx.exec("INSERT INTO turns (team_id, person_id, turn) VALUES ($1, $2, $3) ON CONFLICT (team_id, person_id) DO UPDATE SET turn = excluded.turn", team, person, turn)
}

// Profiles implements desk.Staffing.
func (tx *Tx) Profiles(people []string) (map[string]desk.Profile, error) {
	return profiles(tx.ctx, tx.q, people)
}

// Profiles implements desk.Store.
func (s deskStore) Profiles(ctx context.Context, people []string) (map[string]desk.Profile, error) {
	return profiles(ctx, s.stmts, people)
}

func profiles(ctx context.Context, q querier, people []string) (map[string]desk.Profile, error) {
	out := make(map[string]desk.Profile, len(people))
	if len(people) == 0 {
		return out, nil
	}
	marks, args := list(1, people)
	rows, err := q.query(ctx, "SELECT person_id, version, away_until, calendar, skills FROM staff WHERE person_id IN ("+marks+")", args...)
	all, err := collect(rows, err, func(r scanner) (p desk.Profile, err error) {
		var away int64
		var skills string
		if err := r.Scan(&p.Person, &p.Version, &away, &p.Calendar, &skills); err != nil {
			return p, err
		}
		p.AwayUntil = when(away)
		return p, fromJSON(skills, &p.Skills)
	})
	for _, p := range all {
		out[p.Person] = p
	}
	return out, err
}

// Staff implements desk.Staffing.
func (tx *Tx) Staff() ([]ticket.Person, error) {
	rows, err := tx.q.query(tx.ctx, "SELECT id, name FROM people WHERE role <> '' AND disabled = 0 ORDER BY id")
	return collect(rows, err, func(r scanner) (p ticket.Person, err error) { return p, r.Scan(&p.ID, &p.Name) })
}

// PutProfile implements desk.Staffing.
func (tx *Tx) PutProfile(p desk.Profile) error {
	skills, err := json.Marshal(p.Skills)
	if err != nil {
		return err
	}
	n, err := tx.changed(`INSERT INTO staff (person_id, version, away_until, calendar, skills) VALUES ($1, $2 + 1, $3, $4, $5)
		ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, away_until = excluded.away_until, calendar = excluded.calendar, skills = excluded.skills
		WHERE staff.version = $2`, p.Person, p.Version, millis(p.AwayUntil), p.Calendar, string(skills))
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Stale, "This was changed meanwhile. Nothing was saved; look at the change and try again.")
	}
	return nil
}
