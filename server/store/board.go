package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

const boardColumns = `t.id, t.number, t.version, t.state, t.kind, t.waiting, t.priority, t.category, t.team_id, t.requester_id, t.requester_name,
	t.assignee_id, t.assignee_name, t.endpoint_id, COALESCE(e.name, ''), t.site_id, COALESCE(s.name, ''), t.tags, t.findings, t.more, t.major, t.reopened,
	t.created_at, t.updated_at, CASE WHEN c.state = 'running' THEN c.due_at ELSE 0 END
	FROM tickets t LEFT JOIN endpoints e ON e.id = t.endpoint_id LEFT JOIN sites s ON s.id = t.site_id` + clockJoin

// onBoard is a ticket with when it is due.
type onBoard struct {
	board.Ticket
	id  string
	due time.Time
}

func put(b *board.Board, list []onBoard) {
	tickets := make([]board.Ticket, len(list))
	for i, x := range list {
		tickets[i] = x.Ticket
	}
	b.Put(tickets...)
	for _, x := range list {
		if !x.due.IsZero() || !b.Due(x.Number).IsZero() {
			b.SetDue(x.Number, x.due)
		}
	}
}

func scanBoard(r scanner) (t onBoard, err error) {
	var tags, findings, more string
	var major, reopened, created, updated, due int64
	err = r.Scan(&t.id, &t.Number, &t.Version, &t.State, &t.Kind, &t.Waiting, &t.Priority, &t.Category, &t.Team, &t.Requester.ID, &t.Requester.Name,
		&t.Assignee.ID, &t.Assignee.Name, &t.Endpoint.ID, &t.Endpoint.Name, &t.Site.ID, &t.Site.Name, &tags, &findings, &more, &major, &reopened, &created, &updated, &due)
	if err != nil {
		return t, err
	}
	t.Major, t.Reopened, t.CreatedAt, t.UpdatedAt = major != 0, reopened > 0, when(created), when(updated)
	t.due = when(due)
	t.Findings = codesIn(findings)
	if err := fromJSON(tags, &t.Tags); err != nil || !strings.Contains(more, `"watchers"`) {
		return t, err
	}
	var m struct {
		Watchers []ticket.Person `json:"watchers"`
	}
	err = json.Unmarshal([]byte(more), &m)
	for _, w := range m.Watchers {
		t.Watchers = append(t.Watchers, w.ID)
	}
	return t, err
}

// codesIn returns the codes out of findings as they are stored, without reading the
// rest of them: at the start there are a million. A key in quotes cannot stand within
// a text, where quotes are escaped.
func codesIn(findings string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(findings, `"code":"`)
		if !ok {
			return out
		}
		code, rest, _ := strings.Cut(rest, `"`)
		out, findings = append(out, code), rest
	}
}

const boardPage = 5000

// KeepBoard makes a board the picture of this store: it loads all tickets, and from
// now on each commit here and each change that the feed tells of is put on it. It
// returns when the board is loaded.
func (db *DB) KeepBoard(ctx context.Context, b *board.Board) error {
	db.shown.do = db.readOntoBoard
	db.board.Store(b)
	for after := ""; ; {
		rows, err := db.stmts.query(ctx, "SELECT "+boardColumns+" WHERE t.id > $1 ORDER BY t.id LIMIT $2", after, boardPage)
		list, err := collect(rows, err, scanBoard)
		if err != nil {
			return err
		}
		put(b, list)
		if len(list) < boardPage {
			b.Loaded()
			return nil
		}
		after = list[len(list)-1].id
	}
}

// showOnBoard puts tickets on the board as they are now, and returns when they are there.
// What is not read now comes with the feed. Small writes that end at the same time are
// read together, in one question; nobody waits for somebody's change of a thousand.
func (db *DB) showOnBoard(ids []string) {
	switch {
	case db.board.Load() == nil || len(ids) == 0:
	case len(ids) > docPage:
		db.readOntoBoard(ids)
	default:
		db.shown.ask(ids)
	}
}

func (db *DB) readOntoBoard(ids []string) {
	b := db.board.Load()
	for part := range slices.Chunk(ids, docPage) {
		n := 1
		if len(part) > 1 {
			n = docPage
		}
		args := make([]any, n)
		for i := range args {
			if args[i] = ""; i < len(part) {
				args[i] = part[i]
			}
		}
		rows, err := db.stmts.query(context.Background(), "SELECT "+boardColumns+" WHERE t.id IN ("+places(1, n)+")", args...)
		list, err := collect(rows, err, scanBoard)
		if err != nil {
			db.log.Warn("changes were not put on the board", "tickets", len(part), "err", err)
			continue
		}
		put(b, list)
	}
}

// fromFeed puts on the board what others have written.
func (db *DB) fromFeed(events []live.Event) {
	b := db.board.Load()
	if b == nil {
		return
	}
	var ids []string
	for _, e := range events {
		var x struct {
			Number  int64 `json:"number"`
			Version int64 `json:"version"`
		}
		if json.Unmarshal(e.Data, &x) == nil && b.Version(x.Number) < x.Version {
			ids = append(ids, e.Key)
		}
	}
	db.showOnBoard(ids)
}

// VIPs returns the ids of the requesters who are marked as important.
func (db *DB) VIPs(ctx context.Context) ([]string, error) {
	rows, err := db.stmts.query(ctx, "SELECT id FROM people WHERE vip <> 0")
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}
