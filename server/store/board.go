package store

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

const boardColumns = `t.id, t.number, t.version, t.state, t.kind, t.waiting, t.priority, t.category, t.team_id, t.requester_id, t.requester_name,
	t.assignee_id, t.assignee_name, t.endpoint_id, COALESCE(e.name, ''), t.site_id, COALESCE(s.name, ''), t.tags, t.findings, t.more, t.major, t.reopened,
	t.created_at, t.updated_at FROM tickets t LEFT JOIN endpoints e ON e.id = t.endpoint_id LEFT JOIN sites s ON s.id = t.site_id`

func scanBoard(r scanner, id *string) (board.Ticket, error) {
	var t board.Ticket
	var tags, findings, more string
	var major, reopened, created, updated int64
	err := r.Scan(id, &t.Number, &t.Version, &t.State, &t.Kind, &t.Waiting, &t.Priority, &t.Category, &t.Team, &t.Requester.ID, &t.Requester.Name,
		&t.Assignee.ID, &t.Assignee.Name, &t.Endpoint.ID, &t.Endpoint.Name, &t.Site.ID, &t.Site.Name, &tags, &findings, &more, &major, &reopened, &created, &updated)
	if err != nil {
		return t, err
	}
	t.Major, t.Reopened, t.CreatedAt, t.UpdatedAt = major != 0, reopened > 0, when(created), when(updated)
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
	db.board.Store(b)
	for after := ""; ; {
		rows, err := db.stmts.query(ctx, "SELECT "+boardColumns+" WHERE t.id > $1 ORDER BY t.id LIMIT $2", after, boardPage)
		list, err := collect(rows, err, func(r scanner) (board.Ticket, error) { return scanBoard(r, &after) })
		if err != nil {
			return err
		}
		b.Put(list...)
		if len(list) < boardPage {
			b.Loaded()
			return nil
		}
	}
}

// onBoard puts tickets on the board as they are now. What is not read now comes with
// the feed.
func (db *DB) onBoard(ctx context.Context, ids []string) {
	b := db.board.Load()
	if b == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, id := range ids {
		var same string
		t, err := scanBoard(db.stmts.row(ctx, "SELECT "+boardColumns+" WHERE t.id = $1", id), &same)
		if err != nil {
			db.log.Warn("a ticket was not put on the board", "ticket", id, "err", err)
			continue
		}
		b.Put(t)
	}
}

// fromFeed puts on the board what others have written.
func (db *DB) fromFeed(ctx context.Context, events []live.Event) {
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
	db.onBoard(ctx, ids)
}

// VIPs returns the ids of the requesters who are marked as important.
func (db *DB) VIPs(ctx context.Context) ([]string, error) {
	rows, err := db.stmts.query(ctx, "SELECT id FROM people WHERE vip <> 0")
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}
