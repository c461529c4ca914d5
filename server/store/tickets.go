package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Desk returns the store of the help desk.
func (db *DB) Desk() desk.Store { return deskStore{db} }

type deskStore struct{ *DB }

// Update implements desk.Store.
func (s deskStore) Update(ctx context.Context, f func(desk.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(tx) })
}

const ticketColumns = `t.id, t.number, t.ref, t.version, t.kind, t.state, t.priority, t.impact, t.urgency, t.title, t.body,
	t.requester_id, t.requester_name, t.endpoint_id, t.site_id, t.assignee_id, t.assignee_name, t.waiting, t.solution, t.code,
	t.rating, t.comment, t.reopened, t.last_read, t.snapshot_id, t.findings, t.attachments,
	t.created_at, t.updated_at, t.responded_at, t.resolved_at, t.closed_at,
	t.category, t.team_id, t.tags, t.overridden, t.major, t.parent_id, t.merged_into, t.reopened_at, t.first_resolved_at, t.more`

// scanTicket reads ticketColumns, and whatever follows them into more.
func scanTicket(r scanner, more ...any) (ticket.Ticket, error) {
	var t ticket.Ticket
	var findings, attachments, tags, rest string
	var created, updated, responded, resolved, closed, reopened, first int64
	err := r.Scan(append([]any{
		&t.ID, &t.Number, &t.Ref, &t.Version, &t.Kind, &t.State, &t.Priority, &t.Impact, &t.Urgency, &t.Title, &t.Body,
		&t.Requester.ID, &t.Requester.Name, &t.Endpoint, &t.Site, &t.Assignee.ID, &t.Assignee.Name, &t.Waiting, &t.Solution, &t.Code,
		&t.Rating, &t.Comment, &t.Reopened, &t.LastRead, &t.Snapshot, &findings, &attachments,
		&created, &updated, &responded, &resolved, &closed,
		&t.Category, &t.Team, &tags, yes{&t.Overridden}, yes{&t.Major}, &t.Parent.ID, &t.MergedInto.ID, &reopened, &first, &rest,
	}, more...)...)
	if err != nil {
		return t, err
	}
	t.CreatedAt, t.UpdatedAt, t.RespondedAt, t.ResolvedAt, t.ClosedAt = when(created), when(updated), when(responded), when(resolved), when(closed)
	t.ReopenedAt, t.FirstResolvedAt = when(reopened), when(first)
	var m moreOfTicket
	err = errors.Join(fromJSON(findings, &t.Findings), fromJSON(attachments, &t.Attachments), fromJSON(tags, &t.Tags), fromJSON(rest, &m))
	m.into(&t)
	return t, err
}

// toJSON and fromJSON keep empty lists as empty text.
func toJSON[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func fromJSON(s string, into any) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), into)
}

// Ticket implements desk.Tx. A row that is read to be changed is locked, so that
// two changes follow each other; SQLite has one writer anyway.
func (tx *Tx) Ticket(id string) (ticket.Ticket, error) {
	query := "SELECT " + ticketColumns + " FROM tickets t WHERE t.id = $1"
	if tx.dialect == postgresDialect {
		query += " FOR UPDATE"
	}
	t, err := scanTicket(tx.row(query, id))
	return t, notFound(err, noTicket)
}

const noTicket = "There is no such ticket."

// Insert implements desk.Tx.
func (tx *Tx) Insert(t *ticket.Ticket, events []ticket.Event) error {
	findings, err := toJSON(t.Findings)
	if err != nil {
		return err
	}
	attachments, err := toJSON(t.Attachments)
	if err != nil {
		return err
	}
	tags, err := toJSON(t.Tags)
	if err != nil {
		return err
	}
	rest, err := restOf(*t)
	if err != nil {
		return err
	}
	err = tx.row(`INSERT INTO tickets (id, number, ref, version, kind, state, priority, impact, urgency, title, body,
		requester_id, requester_name, endpoint_id, site_id, snapshot_id, findings, attachments, created_at, updated_at, category, team_id, tags, more)
		VALUES ($1, `+tx.dialect.nextNumber+`, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) RETURNING number`,
		t.ID, t.Ref, t.Version, t.Kind, t.State, t.Priority, t.Impact, t.Urgency, t.Title, t.Body,
		t.Requester.ID, t.Requester.Name, t.Endpoint, t.Site, t.Snapshot, findings, attachments, millis(t.CreatedAt), millis(t.UpdatedAt), t.Category, t.Team, tags, rest,
	).Scan(&t.Number)
	if err != nil {
		return err
	}
	return tx.addEvents(t.ID, t.Number, t.Version-int64(len(events)), events)
}

// Save implements desk.Tx.
func (tx *Tx) Save(before, t ticket.Ticket, events []ticket.Event) error {
	tags, err := toJSON(t.Tags)
	if err != nil {
		return err
	}
	rest, err := restOf(t)
	if err != nil {
		return err
	}
	n, err := tx.changed(`UPDATE tickets SET version = $1, state = $2, priority = $3, impact = $4, urgency = $5,
		assignee_id = $6, assignee_name = $7, waiting = $8, solution = $9, code = $10, rating = $11, comment = $12, reopened = $13,
		last_read = $14, updated_at = $15, responded_at = $16, resolved_at = $17, closed_at = $18,
		category = $19, team_id = $20, tags = $21, overridden = $22, major = $23, parent_id = $24, merged_into = $25, reopened_at = $26, first_resolved_at = $27, more = $28, approver_id = $29, wait_until = $30
		WHERE id = $31 AND version = $32`,
		t.Version, t.State, t.Priority, t.Impact, t.Urgency, t.Assignee.ID, t.Assignee.Name, t.Waiting, t.Solution, t.Code,
		t.Rating, t.Comment, t.Reopened, t.LastRead, millis(t.UpdatedAt), millis(t.RespondedAt), millis(t.ResolvedAt), millis(t.ClosedAt),
		t.Category, t.Team, tags, flag(t.Overridden), flag(t.Major), t.Parent.ID, t.MergedInto.ID, millis(t.ReopenedAt), millis(t.FirstResolvedAt), rest, t.Approver.ID, millis(t.WaitUntil),
		t.ID, before.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Newf(fault.Stale, "Ticket %d has changed since you opened it. Nothing was saved; look at the change and try again.", t.Number)
	}
	return tx.addEvents(t.ID, 0, before.Version, events)
}

// addEvents writes events of a ticket; fresh is its number when it is new, else 0.
func (tx *Tx) addEvents(id string, fresh, version int64, events []ticket.Event) error {
	for i, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		err = tx.exec("INSERT INTO ticket_events (ticket_id, version, at, type, data) VALUES ($1, $2, $3, $4, $5)",
			id, version+int64(i)+1, millis(e.At), e.Type, string(data))
		if err != nil {
			return err
		}
	}
	tx.events = tx.events || len(events) > 0
	tx.heard(id, fresh, events)
	return nil
}

// AddSnapshot implements desk.Tx.
func (tx *Tx) AddSnapshot(s desk.Snapshot) error {
	return tx.exec("INSERT INTO snapshots (id, endpoint_id, ticket_id, taken_at, received_at, doc) VALUES ($1, $2, $3, $4, $5, $6)",
		s.ID, s.Endpoint, s.Ticket, millis(s.TakenAt), millis(s.ReceivedAt), string(s.Doc))
}

// Account implements desk.Tx. The first message of an account makes its person.
func (tx *Tx) Account(endpoint, uid, login, full string, now time.Time) (desk.Account, error) {
	a, err := scanAccount(tx.row(accountQuery, endpoint, uid))
	if !isNoRows(err) {
		return a, err
	}
	name := strings.TrimSpace(full)
	if name == "" {
		name = login
	}
	if name == "" {
		name = "uid " + uid
	}
	a = desk.Account{Endpoint: endpoint, UID: uid, Login: login, Person: ticket.Person{ID: newID(now), Name: printable(name)}}
	if err := tx.exec("INSERT INTO people (id, name, created_at, find) VALUES ($1, $2, $3, $4)", a.Person.ID, a.Person.Name, millis(now), findOf(a.Person.Name, "", "", "", "")); err != nil {
		return a, err
	}
	return a, tx.exec("INSERT INTO accounts (endpoint_id, uid, login, person_id) VALUES ($1, $2, $3, $4)", endpoint, uid, printable(login), a.Person.ID)
}

// Reads implements desk.Tx.
func (tx *Tx) Reads(person, language string) error {
	return tx.exec("UPDATE people SET language = $2 WHERE id = $1 AND language <> $2", person, language)
}

const accountQuery = "SELECT a.endpoint_id, a.uid, a.login, p.id, p.name FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.endpoint_id = $1 AND a.uid = $2"

func scanAccount(r scanner) (a desk.Account, err error) {
	return a, r.Scan(&a.Endpoint, &a.UID, &a.Login, &a.Person.ID, &a.Person.Name)
}

// EndpointSite implements desk.Tx.
func (tx *Tx) EndpointSite(endpoint string) (site string, err error) {
	err = tx.row("SELECT site_id FROM endpoints WHERE id = $1", endpoint).Scan(&site)
	return site, notFound(err, noEndpoint)
}

const noEndpoint = "There is no such endpoint."

// Person implements desk.Tx.
func (tx *Tx) Person(id string) (p ticket.Person, role auth.Role, err error) {
	err = tx.row("SELECT id, name, role FROM people WHERE id = $1 AND disabled = 0", id).Scan(&p.ID, &p.Name, &role)
	return p, role, notFound(err, "There is no such person.")
}

// Seen implements desk.Tx.
func (tx *Tx) Seen(endpoint, message string) (desk.Seen, bool, error) {
	var s desk.Seen
	var outcome string
	err := tx.row("SELECT hash, outcome FROM messages_seen WHERE endpoint_id = $1 AND message_id = $2", endpoint, message).Scan(&s.Hash, &outcome)
	if isNoRows(err) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	return s, true, json.Unmarshal([]byte(outcome), &s.Outcome)
}

// Remember implements desk.Tx.
func (tx *Tx) Remember(endpoint, message string, s desk.Seen, now time.Time) error {
	outcome, err := json.Marshal(s.Outcome)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO messages_seen (endpoint_id, message_id, hash, outcome, at) VALUES ($1, $2, $3, $4, $5)",
		endpoint, message, s.Hash, string(outcome), millis(now))
}

const rowQuery = "SELECT " + ticketColumns + ", COALESCE(e.name, ''), COALESCE(s.name, ''), COALESCE((SELECT p.vip FROM people p WHERE p.id = t.requester_id), 0)" + clockColumns + " FROM tickets t LEFT JOIN endpoints e ON e.id = t.endpoint_id LEFT JOIN sites s ON s.id = t.site_id" + clockJoin

func scanRow(r scanner) (desk.Row, error) {
	var row desk.Row
	var err error
	var c clockRow
	row.Ticket, err = scanTicket(r, append([]any{&row.EndpointName, &row.SiteName, yes{&row.VIP}}, c.fields()...)...)
	row.Clock = c.clock()
	return row, err
}

// lineQuery reads what a line of a list shows of a ticket: half of the columns, none of
// the long texts, and no table beside that the reader knows without. They would be most
// of the work of a page.
const lineQuery = `SELECT t.id, t.number, t.version, t.kind, t.state, t.waiting, t.priority, t.title, t.requester_id, t.requester_name,
	t.endpoint_id, t.site_id, t.assignee_id, t.assignee_name, t.reopened, t.findings, t.category, t.team_id, t.tags, t.major, t.created_at, t.updated_at,
	COALESCE(e.name, '')` + clockColumns + " FROM tickets t LEFT JOIN endpoints e ON e.id = t.endpoint_id" + clockJoin

// lineScan returns what scans lineQuery. It reads each row to the same place, from where
// the answer is copied: a row is large, and so is the list of what is read to where.
func lineScan() func(scanner) (desk.Row, error) {
	var row desk.Row
	t := &row.Ticket
	var findings, tags string
	var created, updated int64
	var c clockRow
	dest := append([]any{
		&t.ID, &t.Number, &t.Version, &t.Kind, &t.State, &t.Waiting, &t.Priority, &t.Title, &t.Requester.ID, &t.Requester.Name,
		&t.Endpoint, &t.Site, &t.Assignee.ID, &t.Assignee.Name, &t.Reopened, &findings, &t.Category, &t.Team, &tags, yes{&t.Major}, &created, &updated,
		&row.EndpointName,
	}, c.fields()...)
	return func(r scanner) (desk.Row, error) {
		row, c = desk.Row{}, clockRow{}
		if err := r.Scan(dest...); err != nil {
			return row, err
		}
		t.CreatedAt, t.UpdatedAt = when(created), when(updated)
		row.Clock = c.clock()
		return row, errors.Join(fromJSON(findings, &t.Findings), fromJSON(tags, &t.Tags))
	}
}

// Ticket implements desk.Store.
func (s deskStore) Ticket(ctx context.Context, id string) (desk.Row, error) {
	row, err := scanRow(s.stmts.row(ctx, rowQuery+" WHERE t.id = $1", id))
	return row, notFound(err, noTicket)
}

// TicketByNumber implements desk.Store.
func (s deskStore) TicketByNumber(ctx context.Context, number int64) (desk.Row, error) {
	row, err := scanRow(s.stmts.row(ctx, rowQuery+" WHERE t.number = $1", number))
	return row, notFound(err, noTicket)
}

// openStates is the condition of the partial indexes, word for word: SQLite and
// PostgreSQL use an index only when they see that it covers the query.
const openStates = "t.state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending')"

// held is the condition of the index of who has which open ticket.
const held = "t.assignee_id <> '' AND " + openStates

// Tickets implements desk.Store.
func (s deskStore) Tickets(ctx context.Context, q desk.Query) ([]desk.Row, error) {
	var where []string
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	if q.Open {
		where = append(where, openStates)
	}
	if q.Assignee != "" {
		where = append(where, "t.assignee_id <> ''")
	}
	if len(q.States) > 0 {
		var in []string
		for _, st := range q.States {
			in = append(in, arg(st))
		}
		where = append(where, "t.state IN ("+strings.Join(in, ", ")+")")
	}
	equal := func(column, value string) {
		if value != "" {
			where = append(where, column+" = "+arg(value))
		}
	}
	equal("t.assignee_id", q.Assignee)
	equal("t.requester_id", q.Requester)
	equal("t.endpoint_id", q.Endpoint)
	equal("t.site_id", q.Site)
	if q.Unassigned {
		where = append(where, "t.assignee_id = ''")
	}
	if q.Text != "" {
		like := arg("%" + likeEscaper.Replace(strings.ToLower(q.Text)) + "%")
		cond := `LOWER(t.title) LIKE ` + like + ` ESCAPE '\'`
		if n, err := strconv.ParseInt(strings.TrimPrefix(q.Text, "#"), 10, 64); err == nil {
			cond = "(" + cond + " OR t.number = " + arg(n) + ")"
		}
		where = append(where, cond)
	}
	order := "t.number DESC"
	if q.Order == desk.ByPriority {
		order = "t.priority, t.number"
	}
	if q.After != nil {
		if q.Order == desk.ByPriority {
			where = append(where, "(t.priority, t.number) > ("+arg(q.After.Priority)+", "+arg(q.After.Number)+")")
		} else {
			where = append(where, "t.number < "+arg(q.After.Number))
		}
	}
	query := rowQuery
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	rows, err := s.stmts.query(ctx, query+" ORDER BY "+order+" LIMIT "+arg(q.Limit), args...)
	return collect(rows, err, scanRow)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// History implements desk.Store.
func (s deskStore) History(ctx context.Context, id string) ([]ticket.Event, error) {
	rows, err := s.stmts.query(ctx, historyQuery, id)
	return collect(rows, err, scanEvent)
}

// Snapshot implements desk.Store.
func (s deskStore) Snapshot(ctx context.Context, id string) (desk.Snapshot, error) {
	var doc string
	snap, err := scanSnapshot(s.stmts.row(ctx, "SELECT "+snapshotColumns+", doc FROM snapshots WHERE id = $1", id), &doc)
	snap.Doc = json.RawMessage(doc)
	return snap, notFound(err, "There is no such snapshot.")
}

// Snapshots implements desk.Store.
func (s deskStore) Snapshots(ctx context.Context, endpoint string, limit int) ([]desk.Snapshot, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+snapshotColumns+" FROM snapshots WHERE endpoint_id = $1 ORDER BY id DESC LIMIT $2", endpoint, limit)
	return collect(rows, err, func(r scanner) (desk.Snapshot, error) { return scanSnapshot(r) })
}

const snapshotColumns = "id, endpoint_id, ticket_id, taken_at, received_at"

func scanSnapshot(r scanner, more ...any) (desk.Snapshot, error) {
	var s desk.Snapshot
	var taken, received int64
	err := r.Scan(append([]any{&s.ID, &s.Endpoint, &s.Ticket, &taken, &received}, more...)...)
	s.TakenAt, s.ReceivedAt = when(taken), when(received)
	return s, err
}

// Known implements desk.Store.
func (s deskStore) Known(ctx context.Context, endpoint string, messages []string) (map[string]bool, error) {
	known := make(map[string]bool, len(messages))
	for _, m := range messages {
		var one int
		err := s.stmts.row(ctx, "SELECT 1 FROM messages_seen WHERE endpoint_id = $1 AND message_id = $2", endpoint, m).Scan(&one)
		if err != nil && !isNoRows(err) {
			return nil, fmt.Errorf("looking for a message: %w", err)
		}
		known[m] = err == nil
	}
	return known, nil
}

// Accounts implements desk.Store.
func (s deskStore) Accounts(ctx context.Context, person string) ([]desk.Account, error) {
	rows, err := s.stmts.query(ctx, "SELECT a.endpoint_id, a.uid, a.login, p.id, p.name FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.person_id = $1", person)
	return collect(rows, err, scanAccount)
}

// AccountOf implements desk.Store.
func (s deskStore) AccountOf(ctx context.Context, endpoint, uid string) (desk.Account, error) {
	a, err := scanAccount(s.stmts.row(ctx, accountQuery, endpoint, uid))
	return a, notFound(err, "This person has not rung yet.")
}

// Outcome implements desk.Store.
func (s deskStore) Outcome(ctx context.Context, endpoint, message string) (out desk.Outcome, err error) {
	var doc string
	err = s.stmts.row(ctx, "SELECT outcome FROM messages_seen WHERE endpoint_id = $1 AND message_id = $2", endpoint, message).Scan(&doc)
	if err != nil {
		return out, notFound(err, "There was no such message.")
	}
	return out, json.Unmarshal([]byte(doc), &out)
}
