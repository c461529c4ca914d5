package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// Line implements desk.ClockTx.
func (tx *Tx) Line(id string) (desk.Lined, bool, error) {
	query := "SELECT ticket_id, version, line, rules FROM ticket_clocks WHERE ticket_id = $1"
	if tx.dialect == postgresDialect {
		query += " FOR UPDATE"
	}
	l, err := scanLined(tx.row(query, id))
	if isNoRows(err) {
		return l, false, nil
	}
	return l, err == nil, err
}

func scanLined(r scanner) (desk.Lined, error) {
	var l desk.Lined
	var doc string
	if err := r.Scan(&l.Ticket, &l.Version, &doc, &l.Rules); err != nil {
		return l, err
	}
	return l, json.Unmarshal([]byte(doc), &l.Line)
}

// Events implements desk.ClockTx.
func (tx *Tx) Events(id string) ([]ticket.Event, error) {
	rows, err := tx.q.query(tx.ctx, historyQuery, id)
	return collect(rows, err, scanEvent)
}

const historyQuery = "SELECT data FROM ticket_events WHERE ticket_id = $1 ORDER BY version"

func scanEvent(r scanner) (e ticket.Event, err error) {
	var data string
	if err := r.Scan(&data); err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(data), &e)
}

// Behind implements desk.ClockTx.
func (tx *Tx) Behind(rules int64, after string, limit int) ([]desk.Lined, error) {
	query := "SELECT ticket_id, version, line, rules FROM ticket_clocks WHERE live = 1 AND rules <> $1 AND ticket_id > $2 ORDER BY ticket_id LIMIT $3"
	if tx.dialect == postgresDialect {
		query += " FOR UPDATE SKIP LOCKED"
	}
	rows, err := tx.q.query(tx.ctx, query, rules, after, limit)
	return collect(rows, err, scanLined)
}

// LineIs implements desk.ClockTx.
func (tx *Tx) LineIs(id string, version int64) error {
	return tx.exec("UPDATE ticket_clocks SET version = $1, free_of = "+freeTeam+", priority = "+priorityThere+" WHERE ticket_id = $2", version, id)
}

// freeTeam and priorityThere are what taking the next ticket goes by beside the clock,
// of the ticket whose id is $2. Each write of a ticket ends with one of its clocks, under
// that row's lock, so that what the last one says is so.
const (
	freeTeam      = "(SELECT t.team_id FROM tickets t WHERE t.id = $2 AND " + nobodys + ")"
	priorityThere = "COALESCE((SELECT t.priority FROM tickets t WHERE t.id = $2), 0)"
)

// standingColumns are what is stored of a standing, but for what taking goes by.
var standingColumns = []column{
	{"version", "bigint"}, {"ticket_id", "text"}, {"line", "text"}, {"live", "bigint"}, {"rules", "bigint"}, {"alarm_at", "bigint"}, {"kind", "text"}, {"policy", "text"},
	{"state", "text"}, {"due_at", "bigint"}, {"used_ms", "bigint"}, {"total_ms", "bigint"}, {"unit", "text"}, {"from_at", "bigint"},
}

func standingRow(s desk.Stood) ([]any, error) {
	doc, err := json.Marshal(s.Line)
	next, _ := sla.Next(s.Clocks)
	return []any{
		s.Version, s.Ticket, string(doc), flag(s.Live), s.Rules, millis(s.Alarm),
		next.Kind, next.Policy, next.State, millis(next.Due), restingUse(next), next.Total.Milliseconds(), next.Target.Unit, millis(next.From),
	}, err
}

var (
	takenBy     = []string{"free_of", "priority"}
	putStanding = "INSERT INTO ticket_clocks (" + columnNames(standingColumns, takenBy...) + ") VALUES (" + places(1, len(standingColumns)) + ", " + freeTeam + ", " + priorityThere + `)
		ON CONFLICT (ticket_id) DO UPDATE SET ` + excluded(columnNames(standingColumns, takenBy...))
)

// PutClocks implements desk.ClockTx.
func (tx *Tx) PutClocks(id string, s desk.Standing) error {
	return tx.PutAllClocks([]desk.Stood{{Ticket: id, Standing: s}})
}

// PutAllClocks implements desk.ClockTx. PostgreSQL is asked once for all of them: each
// question to it is a journey, and of a hundred thousand tickets each would make five.
func (tx *Tx) PutAllClocks(list []desk.Stood) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, s := range list {
		row, err := standingRow(s)
		if err != nil {
			return err
		}
		rows[i] = row
		tx.touched = append(tx.touched, s.Ticket) // a calendar changes what is due without any event
	}
	err := tx.execAll(putStanding, putStandings, standingColumns, rows)
	if err != nil {
		return fmt.Errorf("storing what is owed: %w", err)
	}
	return tx.putRuns(list)
}

// putRuns makes the stored runs of tickets' clocks what they are, and writes only what
// differs: a ticket with two hundred messages has a hundred of them.
func (tx *Tx) putRuns(list []desk.Stood) error {
	type key struct {
		ticket string
		kind   sla.Kind
		cycle  int
	}
	had := map[key]run{}
	for part := range slices.Chunk(list, idPage) {
		query, ids := "SELECT ticket_id, "+runColumns+" FROM clocks WHERE ticket_id = $1", []any{part[0].Ticket}
		if len(part) > 1 {
			query, ids = "SELECT ticket_id, "+runColumns+" FROM clocks WHERE ticket_id IN ("+places(1, idPage)+")", paddedIDs(part, func(s desk.Stood) string { return s.Ticket })
		}
		rows, err := tx.q.query(tx.ctx, query, ids...)
		if err == nil {
			err = each(rows, func(r scanner) error {
				id, x, err := scanRun(r)
				had[key{id, x.kind, x.cycle}] = x
				return err
			})
		}
		if err != nil {
			return err
		}
	}
	var put, drop [][]any
	for _, s := range list {
		for _, c := range s.Clocks {
			r := runOf(c)
			k := key{s.Ticket, r.kind, r.cycle}
			was, ok := had[k]
			delete(had, k)
			if !ok || was != r {
				put = append(put, []any{s.Ticket, r.kind, r.cycle, r.policy, r.state, r.started, r.due, r.stopped, r.used, r.total, r.unit})
			}
		}
	}
	for k := range had {
		drop = append(drop, []any{k.ticket, k.kind, k.cycle})
	}
	if err := tx.execAll(putRun, putAllRuns, runRow, put); err != nil {
		return err
	}
	return tx.execAll(dropRun, dropRuns, runRow[:3], drop)
}

// run is a run of a clock as it is stored.
type run struct {
	kind                               sla.Kind
	cycle                              int
	policy                             string
	state                              sla.State
	unit                               sla.Unit
	started, due, stopped, used, total int64
}

const runColumns = "kind, cycle, policy, state, unit, started_at, due_at, stopped_at, used_ms, total_ms"

func scanRun(r scanner) (ticket string, x run, err error) {
	err = r.Scan(&ticket, &x.kind, &x.cycle, &x.policy, &x.state, &x.unit, &x.started, &x.due, &x.stopped, &x.used, &x.total)
	return ticket, x, err
}

func runOf(c sla.Clock) run {
	return run{
		kind: c.Kind, cycle: c.Cycle, policy: c.Policy, state: c.State, unit: c.Target.Unit, started: millis(c.Started), due: millis(c.Due),
		stopped: millis(c.Stopped), used: restingUse(c), total: c.Total.Milliseconds(),
	}
}

// restingUse is what a clock has used; of one that runs, before it began to run,
// since what it has used now changes by the millisecond.
func restingUse(c sla.Clock) int64 {
	if c.State == sla.Running {
		return c.Before.Milliseconds()
	}
	return c.Used.Milliseconds()
}

// clockColumns follow a ticket in a row, of the join below.
const (
	clockColumns = ", COALESCE(c.kind, ''), COALESCE(c.policy, ''), COALESCE(c.state, ''), COALESCE(c.due_at, 0), COALESCE(c.used_ms, 0), COALESCE(c.total_ms, 0), COALESCE(c.unit, ''), COALESCE(c.from_at, 0)"
	clockJoin    = " LEFT JOIN ticket_clocks c ON c.ticket_id = t.id"
)

// clockRow scans clockColumns.
type clockRow struct {
	c                sla.Clock
	due, used, total int64
	from             int64
}

func (r *clockRow) fields() []any {
	return []any{&r.c.Kind, &r.c.Policy, &r.c.State, &r.due, &r.used, &r.total, &r.c.Target.Unit, &r.from}
}

func (r *clockRow) clock() sla.Clock {
	r.c.Due, r.c.Used, r.c.Total = when(r.due), time.Duration(r.used)*time.Millisecond, time.Duration(r.total)*time.Millisecond
	if r.c.State == sla.Running {
		r.c.From, r.c.Before = when(r.from), r.c.Used
	}
	return r.c
}

// Clocks returns the store of what is owed.
func (db *DB) Clocks() ClockStore { return ClockStore{db} }

// ClockStore reads what is stored of clocks and notices.
type ClockStore struct{ db *DB }

// Line returns the stored line of a ticket; false when there is none.
func (s ClockStore) Line(ctx context.Context, id string) (desk.Lined, bool, error) {
	l, err := scanLined(s.db.stmts.row(ctx, "SELECT ticket_id, version, line, rules FROM ticket_clocks WHERE ticket_id = $1", id))
	if isNoRows(err) {
		return l, false, nil
	}
	return l, err == nil, err
}

// History returns the whole history of a ticket.
func (s ClockStore) History(ctx context.Context, id string) ([]ticket.Event, error) {
	rows, err := s.db.stmts.query(ctx, historyQuery, id)
	return collect(rows, err, scanEvent)
}

// Unlined returns open tickets without a line, in the order of the queue after a
// place in it.
func (s ClockStore) Unlined(ctx context.Context, after desk.ClockPlace, limit int) ([]string, desk.ClockPlace, error) {
	rows, err := s.db.stmts.query(ctx, `SELECT t.id, t.priority, t.number FROM tickets t WHERE `+openStates+` AND (t.priority, t.number) > ($1, $2)
		AND NOT EXISTS (SELECT 1 FROM ticket_clocks c WHERE c.ticket_id = t.id) ORDER BY t.priority, t.number LIMIT $3`, after.Priority, after.Number, limit)
	ids, err := collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id, &after.Priority, &after.Number) })
	return ids, after, err
}

// LeftBehind reports whether a live line was derived by other rules.
func (s ClockStore) LeftBehind(ctx context.Context, rules int64) (bool, error) {
	var one int
	err := s.db.stmts.row(ctx, "SELECT 1 FROM ticket_clocks WHERE live = 1 AND rules <> $1 LIMIT 1", rules).Scan(&one)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// Alarmed returns the shares of a ticket's clocks that have had their effect.
func (s ClockStore) Alarmed(ctx context.Context, id string) ([]sla.Alarm, error) {
	rows, err := s.db.stmts.query(ctx, alarmQuery, id)
	return collect(rows, err, scanAlarm)
}

const alarmQuery = "SELECT kind, started_at, share, at FROM alarms WHERE ticket_id = $1 ORDER BY at, kind, share"

func scanAlarm(r scanner) (a sla.Alarm, err error) {
	var started, at int64
	err = r.Scan(&a.Kind, &started, &a.Share, &at)
	a.Started, a.At = when(started), when(at)
	return a, err
}

// Alarmed implements desk.ClockTx.
func (tx *Tx) Alarmed(id string) ([]sla.Alarm, error) {
	rows, err := tx.q.query(tx.ctx, alarmQuery, id)
	return collect(rows, err, scanAlarm)
}

// AllAlarmed implements desk.ClockTx.
func (tx *Tx) AllAlarmed(tickets []string) (map[string][]sla.Alarm, error) {
	out := map[string][]sla.Alarm{}
	for part := range slices.Chunk(tickets, idPage) {
		ids := paddedIDs(part, itself)
		rows, err := tx.q.query(tx.ctx, "SELECT ticket_id, kind, started_at, share, at FROM alarms WHERE ticket_id IN ("+places(1, idPage)+") ORDER BY at, kind, share", ids...)
		if err == nil {
			err = each(rows, func(r scanner) error {
				var id string
				a, err := scanAlarm(after{r, &id})
				out[id] = append(out[id], a)
				return err
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// after scans one column before the others.
type after struct {
	scanner
	first any
}

// Scan implements scanner.
func (a after) Scan(dest ...any) error { return a.scanner.Scan(append([]any{a.first}, dest...)...) }

// Alarm implements desk.ClockTx.
func (tx *Tx) Alarm(id string, a sla.Alarm, now time.Time) (bool, error) {
	n, err := tx.changed("INSERT INTO alarms (ticket_id, kind, started_at, share, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
		id, a.Kind, millis(a.Started), a.Share, millis(now))
	return n > 0, err
}

// DueAlarms implements desk.ClockTx.
func (tx *Tx) DueAlarms(now time.Time, limit int) ([]string, error) {
	rows, err := tx.q.query(tx.ctx, dueAlarms, millis(now), limit)
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

const dueAlarms = "SELECT ticket_id FROM ticket_clocks WHERE alarm_at > 0 AND alarm_at <= $1 ORDER BY alarm_at, ticket_id LIMIT $2"

// AnyAlarm reports whether an alarm is due, without a write.
func (s ClockStore) AnyAlarm(ctx context.Context, now time.Time) (bool, error) {
	var id string
	err := s.db.stmts.row(ctx, dueAlarms, millis(now), 1).Scan(&id)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// VIPs returns the ids of the requesters who are.
func (s ClockStore) VIPs(ctx context.Context) ([]string, error) {
	rows, err := s.db.stmts.query(ctx, "SELECT id FROM people WHERE vip = 1")
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}
