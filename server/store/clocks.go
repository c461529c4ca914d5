package store

import (
	"context"
	"encoding/json"
	"fmt"
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

// PutClocks implements desk.ClockTx.
func (tx *Tx) PutClocks(id string, s desk.Standing) error {
	doc, err := json.Marshal(s.Line)
	if err != nil {
		return err
	}
	next, _ := sla.Next(s.Clocks)
	err = tx.exec(`INSERT INTO ticket_clocks (version, ticket_id, line, live, rules, alarm_at, kind, policy, state, due_at, used_ms, total_ms, unit, from_at, free_of, priority)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, `+freeTeam+`, `+priorityThere+`)
		ON CONFLICT (ticket_id) DO UPDATE SET version = excluded.version, line = excluded.line, live = excluded.live, rules = excluded.rules,
		alarm_at = excluded.alarm_at, kind = excluded.kind, policy = excluded.policy, state = excluded.state, due_at = excluded.due_at,
		used_ms = excluded.used_ms, total_ms = excluded.total_ms, unit = excluded.unit, from_at = excluded.from_at,
		free_of = excluded.free_of, priority = excluded.priority`,
		s.Version, id, string(doc), flag(s.Live), s.Rules, millis(s.Alarm),
		next.Kind, next.Policy, next.State, millis(next.Due), restingUse(next), next.Total.Milliseconds(), next.Target.Unit, millis(next.From))
	if err != nil {
		return fmt.Errorf("storing what is owed: %w", err)
	}
	tx.touched = append(tx.touched, id) // a calendar changes what is due without any event
	return tx.putRuns(id, s.Clocks)
}

// putRuns makes the stored runs of a ticket's clocks what they are, and writes
// only what differs: a ticket with two hundred messages has a hundred of them.
func (tx *Tx) putRuns(id string, clocks []sla.Clock) error {
	type key struct {
		kind  sla.Kind
		cycle int
	}
	rows, err := tx.q.query(tx.ctx, "SELECT "+runColumns+" FROM clocks WHERE ticket_id = $1", id)
	old, err := collect(rows, err, scanRun)
	if err != nil {
		return err
	}
	had := make(map[key]run, len(old))
	for _, r := range old {
		had[key{r.kind, r.cycle}] = r
	}
	for _, c := range clocks {
		r := runOf(c)
		k := key{r.kind, r.cycle}
		was, ok := had[k]
		delete(had, k)
		if ok && was == r {
			continue
		}
		err := tx.exec(`INSERT INTO clocks (ticket_id, kind, cycle, policy, state, started_at, due_at, stopped_at, used_ms, total_ms, unit)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (ticket_id, kind, cycle) DO UPDATE SET policy = excluded.policy, state = excluded.state, started_at = excluded.started_at,
			due_at = excluded.due_at, stopped_at = excluded.stopped_at, used_ms = excluded.used_ms, total_ms = excluded.total_ms, unit = excluded.unit`,
			id, r.kind, r.cycle, r.policy, r.state, r.started, r.due, r.stopped, r.used, r.total, r.unit)
		if err != nil {
			return err
		}
	}
	for k := range had {
		if err := tx.exec("DELETE FROM clocks WHERE ticket_id = $1 AND kind = $2 AND cycle = $3", id, k.kind, k.cycle); err != nil {
			return err
		}
	}
	return nil
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

func scanRun(r scanner) (x run, err error) {
	return x, r.Scan(&x.kind, &x.cycle, &x.policy, &x.state, &x.unit, &x.started, &x.due, &x.stopped, &x.used, &x.total)
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
