package store

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/ticket"
)

// anywhere is a condition that a column holds one of the texts, also when they stand
// in JSON.
func anywhere(column string, needles []string, args *[]any) string {
	var or []string
	for _, n := range needles {
		for _, form := range slices.Compact([]string{n, inJSON(n)}) {
			*args = append(*args, "%"+likeEscaper.Replace(strings.ToLower(form))+"%")
			or = append(or, "LOWER("+column+") LIKE $"+strconv.Itoa(len(*args))+` ESCAPE '\'`)
		}
	}
	if len(or) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(or, " OR ") + ")"
}

func inJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(b[1 : len(b)-1])
}

// Touching implements people.Leftovers. It reads every event there is: removing
// somebody is rare, and on a connection of its own it holds nobody up.
func (s peopleStore) Touching(ctx context.Context, needles []string) ([]string, error) {
	var args []any
	query := "SELECT DISTINCT ticket_id FROM ticket_events WHERE type <> 'personal_data_removed' AND " + anywhere("data", needles, &args)
	rows, err := s.once(ctx, query, args...)
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

// Story implements people.Leftovers.
func (s peopleStore) Story(ctx context.Context, id, person string) ([]ticket.Event, bool, error) {
	h, err := deskStore(s).History(ctx, id)
	return h, len(h) > 0 && h[0].Requester != nil && h[0].Requester.ID == person, err
}

// SnapshotsOf implements people.Leftovers.
func (s peopleStore) SnapshotsOf(ctx context.Context, tickets []string) (n int, err error) {
	for _, t := range tickets {
		var one int
		if err := s.stmts.row(ctx, "SELECT COUNT(*) FROM snapshots WHERE ticket_id = $1", t).Scan(&one); err != nil {
			return n, err
		}
		n += one
	}
	return n, nil
}

// Needed implements people.Leftovers.
func (s peopleStore) Needed(ctx context.Context, files []string, person string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(files) == 0 {
		return out, nil
	}
	for chunk := range slices.Chunk(files, 20) {
		var args []any
		rows, err := s.once(ctx, "SELECT data FROM ticket_events WHERE "+anywhere("data", chunk, &args), args...)
		events, err := collect(rows, err, func(r scanner) (e ticket.Event, err error) {
			var data string
			if err := r.Scan(&data); err != nil {
				return e, err
			}
			return e, json.Unmarshal([]byte(data), &e)
		})
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if e.Actor.ID == person || e.Type == ticket.Opened && e.Requester != nil && e.Requester.ID == person {
				continue
			}
			doc, _ := json.Marshal(e)
			for _, f := range chunk {
				out[f] = out[f] || strings.Contains(string(doc), f)
			}
		}
	}
	traces, err := s.Traces(ctx, files)
	for _, t := range traces {
		if t.Table == "blobs" || t.Table == "blob_chunks" {
			continue
		}
		for _, f := range files {
			out[f] = out[f] || strings.Contains(t.Text, f)
		}
	}
	return out, err
}

// AuditEntries implements people.Leftovers.
func (s peopleStore) AuditEntries(ctx context.Context, person string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit WHERE actor LIKE $1`, `%"id":"`+person+`"%`).Scan(&n)
	return n, err
}

// kept are the tables whose texts are not searched for traces: they have their own way,
// or hold no words.
var kept = map[string]bool{
	"audit": true, "people": true, "accounts": true, "ticket_events": true, "tickets": true, "snapshots": true, "facts": true, "spans": true,
	"clocks": true, "alarms": true, "messages_seen": true, "goose_db_version": true, "sessions": true, "links": true, "tokens": true, "ticket_words": true,
}

// Traces implements people.Leftovers. It looks into every column of texts of every
// table, also of those that come after it was written.
func (s peopleStore) Traces(ctx context.Context, needles []string) ([]people.Trace, error) {
	if len(needles) == 0 {
		return nil, nil
	}
	columns, err := s.texts(ctx)
	if err != nil {
		return nil, err
	}
	var out []people.Trace
	for _, c := range columns {
		if kept[c.Table] {
			continue
		}
		var args []any
		query := "SELECT DISTINCT " + c.Column + " FROM " + c.Table + " WHERE " + anywhere(c.Column, needles, &args)
		rows, err := s.once(ctx, query, args...)
		texts, err := collect(rows, err, func(r scanner) (t string, err error) { return t, r.Scan(&t) })
		if err != nil {
			return nil, err
		}
		for _, t := range texts {
			out = append(out, people.Trace{Table: c.Table, Column: c.Column, Text: t})
		}
	}
	return out, nil
}

// texts lists every column of texts. Tables that FTS5 keeps for itself are not among
// them: they change with the table that they belong to.
func (s peopleStore) texts(ctx context.Context) ([]people.Trace, error) {
	query := "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'text' ORDER BY 1, 2"
	if s.dialect == sqliteDialect {
		query = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND (c.type = 'TEXT' OR c.type = '')
			AND (m.sql NOT LIKE 'CREATE VIRTUAL%' OR m.sql NOT LIKE '%content=''''%')
			AND NOT EXISTS (SELECT 1 FROM sqlite_master v WHERE v.sql LIKE 'CREATE VIRTUAL%' AND m.name IN (v.name || '_data', v.name || '_idx', v.name || '_content', v.name || '_docsize', v.name || '_config'))
			ORDER BY 1, 2`
	}
	rows, err := s.once(ctx, query)
	return collect(rows, err, func(r scanner) (t people.Trace, err error) { return t, r.Scan(&t.Table, &t.Column) })
}

// Rewrite implements people.Remover.
func (tx peopleTx) Rewrite(id, person string, edit func([]ticket.Event, bool) []ticket.Event, say ticket.Event) error {
	if err := tx.overwrite(); err != nil {
		return err
	}
	before, err := tx.Ticket(id)
	if err != nil {
		return err
	}
	rows, err := tx.q.query(tx.ctx, "SELECT data FROM ticket_events WHERE ticket_id = $1 ORDER BY version", id)
	history, err := collect(rows, err, func(r scanner) (e ticket.Event, err error) {
		var data string
		if err := r.Scan(&data); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(data), &e)
	})
	if err != nil {
		return err
	}
	after := edit(slices.Clone(history), before.Requester.ID == person)
	changed := false
	for i := range after {
		if same(history[i], after[i]) {
			continue
		}
		changed = true
		data, err := json.Marshal(after[i])
		if err != nil {
			return err
		}
		if err := tx.exec("UPDATE ticket_events SET data = $1 WHERE ticket_id = $2 AND version = $3", string(data), id, i+1); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	t := ticket.Replay(id, before.Number, before.Ref, append(after, say))
	if err := tx.Tx.Save(before, t, []ticket.Event{say}); err != nil {
		return err
	}
	findings, err := toJSON(t.Findings)
	if err != nil {
		return err
	}
	attachments, err := toJSON(t.Attachments)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE tickets SET title = $1, body = $2, requester_name = $3, snapshot_id = $4, findings = $5, attachments = $6 WHERE id = $7",
		t.Title, t.Body, t.Requester.Name, t.Snapshot, findings, attachments, id)
}

func same(a, b ticket.Event) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// overwrite has SQLite write zeros over what it deletes, from here to the next start:
// else it would stay readable in the file until its place is needed.
func (tx peopleTx) overwrite() error {
	if tx.dialect != sqliteDialect {
		return nil
	}
	var on int
	return tx.row("PRAGMA secure_delete = ON").Scan(&on)
}

// DropBeside implements people.Remover.
func (tx peopleTx) DropBeside(id string, scrub func(string) string) error {
	for _, query := range []string{
		"DELETE FROM snapshots WHERE ticket_id = $1",
		"DELETE FROM notices WHERE ticket_id = $1",
		"UPDATE asks SET answer = '', params = '{}', sentence = '' WHERE ticket_id = $1",
	} {
		if err := tx.exec(query, id); err != nil {
			return err
		}
	}
	for _, c := range []people.Trace{{Table: "drafts", Column: "doc"}, {Table: "held_messages", Column: "doc"}, {Table: "ticket_clocks", Column: "line"}} {
		if err := tx.clean(c, "ticket_id = $1", id, scrub); err != nil {
			return err
		}
	}
	return nil
}

// clean scrubs a column of the rows that a condition selects.
func (tx peopleTx) clean(c people.Trace, where, arg string, scrub func(string) string) error {
	rows, err := tx.q.query(tx.ctx, "SELECT DISTINCT "+c.Column+" FROM "+c.Table+" WHERE "+where, arg)
	texts, err := collect(rows, err, func(r scanner) (t string, err error) { return t, r.Scan(&t) })
	if err != nil {
		return err
	}
	for _, t := range texts {
		clean := scrub(t)
		if clean == t {
			continue
		}
		if err := tx.exec("UPDATE "+c.Table+" SET "+c.Column+" = $2 WHERE "+where+" AND "+c.Column+" = $3", arg, clean, t); err != nil {
			return err
		}
	}
	return nil
}

// Replace implements people.Remover.
func (tx peopleTx) Replace(t people.Trace, text string) error {
	return tx.exec("UPDATE "+t.Table+" SET "+t.Column+" = $1 WHERE "+t.Column+" = $2", text, t.Text)
}

// DropFiles implements people.Remover.
func (tx peopleTx) DropFiles(files []string) error {
	for _, f := range files {
		if err := tx.exec("DELETE FROM blob_chunks WHERE sha256 = $1", f); err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM blobs WHERE sha256 = $1", f); err != nil {
			return err
		}
	}
	return nil
}

// DropPerson implements people.Remover.
func (tx peopleTx) DropPerson(id, pseudonym string, now time.Time, scrub func(string) string) error {
	if err := tx.overwrite(); err != nil {
		return err
	}
	rows, err := tx.q.query(tx.ctx, "SELECT endpoint_id, uid FROM accounts WHERE person_id = $1", id)
	accounts, err := collect(rows, err, func(r scanner) (a [2]string, err error) { return a, r.Scan(&a[0], &a[1]) })
	if err != nil {
		return err
	}
	who := []string{id}
	for _, a := range accounts {
		who = append(who, a[0]+"/"+a[1])
		for _, c := range []people.Trace{
			{Table: "snapshots", Column: "doc"}, {Table: "asks", Column: "answer"}, {Table: "asks", Column: "params"},
		} {
			if err := tx.clean(c, "endpoint_id = $1", a[0], scrub); err != nil {
				return err
			}
		}
		for _, c := range []people.Trace{{Table: "endpoints", Column: "inventory"}, {Table: "endpoints", Column: "findings"}} {
			if err := tx.clean(c, "id = $1", a[0], scrub); err != nil {
				return err
			}
		}
	}
	for _, query := range []string{
		"DELETE FROM sessions WHERE person_id = $1", "DELETE FROM links WHERE person_id = $1", "DELETE FROM tokens WHERE person_id = $1",
		"DELETE FROM drafts WHERE person_id = $1", "DELETE FROM held_messages WHERE person_id = $1", "DELETE FROM notices WHERE person_id = $1",
		"DELETE FROM accounts WHERE person_id = $1", "UPDATE people SET manager_id = '' WHERE manager_id = $1",
		"UPDATE asks SET asker_name = '" + pseudonym + "', asker_uid = '' WHERE asker_id = $1",
	} {
		if err := tx.exec(query, id); err != nil {
			return err
		}
	}
	for _, w := range who {
		if err := tx.exec("UPDATE article_feedback SET name = $1, comment = '' WHERE who = $2", pseudonym, w); err != nil {
			return err
		}
		if err := tx.exec("UPDATE deflections SET question = '' WHERE who = $1", w); err != nil {
			return err
		}
	}
	if err := tx.exec(`UPDATE people SET name = $1, email = NULL, password = '', disabled = 1, site_id = '', manager_id = '', vip = 0, phone = '', title = '', language = '',
		department = '', notes = '', find = '', removed_at = $2 WHERE id = $3`, pseudonym, millis(now), id); err != nil {
		return err
	}
	return tx.mergeWords()
}

// mergeWords lets the index of words forget those that no ticket has any more. In a large
// one a word may stay in its list of words, pointing nowhere, until it is merged.
func (tx peopleTx) mergeWords() error {
	if tx.dialect != sqliteDialect {
		return nil
	}
	var n int64
	if err := tx.row("SELECT COALESCE(MAX(number) - MIN(number), 0) FROM tickets").Scan(&n); err != nil {
		return err
	}
	if n >= 50_000 {
		return nil
	}
	if err := tx.exec("INSERT INTO ticket_search (ticket_search) VALUES ('optimize')"); err != nil {
		return err
	}
	return tx.exec("INSERT INTO article_words (article_words) VALUES ('optimize')")
}
