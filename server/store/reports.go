package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/ticket"
)

// Reports returns the store of the figures.
func (db *DB) Reports() report.Store { return reportStore{db} }

type reportStore struct{ *DB }

const markKey = "facts"

// Mark implements report.Store.
func (s reportStore) Mark(ctx context.Context) (string, error) { return s.Meta(ctx, markKey) }

// Touched implements report.Store.
func (s reportStore) Touched(ctx context.Context, after string, limit int) ([]string, string, error) {
	c, err := parseCursor(after)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.stmts.query(ctx, s.dialect.touched, c.xid, c.seq, limit)
	seen := map[string]bool{}
	var tickets []string
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id string
		err := r.Scan(&c.xid, &c.seq, &id)
		if !seen[id] {
			seen[id] = true
			tickets = append(tickets, id)
		}
		return struct{}{}, err
	})
	return tickets, c.String(), err
}

// Histories implements report.Store.
func (s reportStore) Histories(ctx context.Context, tickets []string) (map[string][]ticket.Event, error) {
	out := make(map[string][]ticket.Event, len(tickets))
	for _, id := range tickets {
		h, err := deskStore(s).History(ctx, id)
		if err != nil {
			return nil, err
		}
		out[id] = h
	}
	return out, nil
}

const factColumns = `f.ticket_id, f.version, f.team, f.site_id, f.category, f.assignee_id, f.created_at, f.by_staff, f.answered_at, f.answered_by,
	f.first_at, f.first_by, f.last_at, f.last_by, f.solved, f.reopened, f.again, f.rating, f.rated_at`

func scanFacts(r scanner, f *report.Facts, more ...any) error {
	var created, staff, answered, first, last, solved, again, rated int64
	err := r.Scan(append([]any{
		&f.Ticket, &f.Version, &f.Team, &f.Site, &f.Category, &f.Assignee, &created, &staff, &answered, &f.AnsweredBy,
		&first, &f.FirstBy, &last, &f.LastBy, &solved, &f.Reopened, &again, &f.Rating, &rated,
	}, more...)...)
	f.Created, f.Answered, f.First, f.Last, f.Rated = when(created), when(answered), when(first), when(last), when(rated)
	f.ByStaff, f.Solved, f.Again = staff != 0, solved != 0, again != 0
	return err
}

// SaveFacts implements report.Store. Facts that are newer than these stay: another
// node has been here.
func (s reportStore) SaveFacts(ctx context.Context, before, mark string, list []report.Facts) error {
	slices.SortFunc(list, func(a, b report.Facts) int { return cmp.Compare(a.Ticket, b.Ticket) })
	return s.update(ctx, func(tx *Tx) error {
		n, err := tx.changed("UPDATE meta SET value = $1 WHERE key = $2 AND value = $3", mark, markKey, before)
		if err == nil && n == 0 && before == "" {
			n, err = tx.changed("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", markKey, mark)
		}
		if err != nil || n == 0 {
			return err
		}
		for _, f := range list {
			if err := tx.saveFacts(f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) saveFacts(f report.Facts) error {
	if err := tx.exec("DELETE FROM facts WHERE ticket_id = $1", f.Ticket); err != nil {
		return err
	}
	err := tx.exec(`INSERT INTO facts (ticket_id, version, team, site_id, category, assignee_id, created_at, by_staff, answered_at, answered_by,
		first_at, first_by, last_at, last_by, solved, reopened, again, rating, rated_at, open_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		f.Ticket, f.Version, f.Team, f.Site, f.Category, f.Assignee, millis(f.Created), flag(f.ByStaff), millis(f.Answered), f.AnsweredBy,
		millis(f.First), f.FirstBy, millis(f.Last), f.LastBy, flag(f.Solved), f.Reopened, flag(f.Again), f.Rating, millis(f.Rated), millis(f.OpenSince()))
	if err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM spans WHERE ticket_id = $1", f.Ticket); err != nil {
		return err
	}
	for i, s := range f.Spans {
		if s.To.IsZero() {
			continue
		}
		if err := tx.exec("INSERT INTO spans (ticket_id, n, from_at, to_at) VALUES ($1, $2, $3, $4)", f.Ticket, i, millis(s.From), millis(s.To)); err != nil {
			return err
		}
	}
	return nil
}

// Facts implements report.Store.
func (s reportStore) Facts(ctx context.Context, from, to time.Time, yield func(report.Facts)) error {
	var within []string
	for _, column := range []string{"created_at", "answered_at", "first_at", "last_at", "rated_at"} {
		cond := "f." + column + " >= $1 AND f." + column + " < $2"
		if column != "created_at" {
			cond += " AND f." + column + " > 0" // as the index has it
		}
		within = append(within, "("+cond+")")
	}
	return s.each(ctx, "SELECT "+factColumns+" FROM facts f WHERE "+strings.Join(within, " OR "), func(r scanner) error {
		var f report.Facts
		if err := scanFacts(r, &f); err != nil {
			return err
		}
		yield(f)
		return nil
	}, millis(from), millis(to))
}

// each reads rows one by one, on a connection that writes nothing.
func (s reportStore) each(ctx context.Context, query string, row func(scanner) error, args ...any) error {
	rows, err := s.stmts.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// OpenAt implements report.Store.
func (s reportStore) OpenAt(ctx context.Context, at time.Time, yield func(report.Facts)) error {
	row := func(r scanner) error {
		var f report.Facts
		if err := scanFacts(r, &f); err != nil {
			return err
		}
		yield(f)
		return nil
	}
	if err := s.each(ctx, "SELECT "+factColumns+" FROM facts f WHERE f.open_since > 0 AND f.open_since <= $1", row, millis(at)); err != nil {
		return err
	}
	return s.each(ctx, "SELECT "+factColumns+" FROM spans s JOIN facts f ON f.ticket_id = s.ticket_id WHERE s.to_at > $1 AND s.from_at <= $1", row, millis(at))
}

// Spans implements report.Store.
func (s reportStore) Spans(ctx context.Context, from, to time.Time, yield func(report.Facts, report.Span)) error {
	row := func(r scanner) error {
		var f report.Facts
		var begin, end int64
		if err := scanFacts(r, &f, &begin, &end); err != nil {
			return err
		}
		yield(f, report.Span{From: when(begin), To: when(end)})
		return nil
	}
	if err := s.each(ctx, "SELECT "+factColumns+", f.open_since, 0 FROM facts f WHERE f.open_since > 0 AND f.open_since < $1", row, millis(to)); err != nil {
		return err
	}
	return s.each(ctx, "SELECT "+factColumns+", s.from_at, s.to_at FROM spans s JOIN facts f ON f.ticket_id = s.ticket_id WHERE s.to_at > $1 AND s.from_at < $2", row, millis(from), millis(to))
}

// Names implements report.Store.
func (s reportStore) Names(ctx context.Context) (map[string]string, error) {
	d := directory{s.stmts}
	names, err := d.pairs(ctx, "SELECT id, name FROM sites")
	if err != nil {
		return nil, err
	}
	staff, err := d.pairs(ctx, "SELECT id, name FROM people WHERE role <> ''")
	for id, name := range staff {
		names[id] = name
	}
	return names, err
}

// Promises yields the runs of clocks that came to an end in a time, and those that were
// due in it and still run.
func (db *DB) Promises(ctx context.Context, from, to time.Time, yield func(report.Promise)) error {
	row := func(r scanner) error {
		var p report.Promise
		var at, kept int64
		if err := scanFacts(r, &p.Facts, &at, &kept); err != nil {
			return err
		}
		p.At, p.Kept = when(at), kept != 0
		yield(p)
		return nil
	}
	s := reportStore{db}
	err := s.each(ctx, "SELECT "+factColumns+`, c.stopped_at, CASE WHEN c.state = 'met' THEN 1 ELSE 0 END FROM clocks c JOIN facts f ON f.ticket_id = c.ticket_id
		WHERE c.stopped_at > 0 AND c.stopped_at >= $1 AND c.stopped_at < $2 AND c.state IN ('met', 'missed')`, row, millis(from), millis(to))
	if err != nil {
		return err
	}
	now := time.Now()
	if to.After(now) {
		to = now
	}
	return s.each(ctx, "SELECT "+factColumns+`, c.due_at, 0 FROM ticket_clocks l JOIN clocks c ON c.ticket_id = l.ticket_id JOIN facts f ON f.ticket_id = c.ticket_id
		WHERE l.live = 1 AND c.stopped_at = 0 AND c.due_at > 0 AND c.due_at >= $1 AND c.due_at < $2`, row, millis(from), millis(to))
}

// MendedBetween yields when employees said whether it works after a fix, at which
// site, and whether a ticket was spared.
func (db *DB) MendedBetween(ctx context.Context, from, to time.Time, yield func(at time.Time, site string, spared bool)) error {
	return reportStore{db}.each(ctx, "SELECT m.at, e.site_id, m.spared FROM mended m JOIN endpoints e ON e.id = m.endpoint_id WHERE m.at >= $1 AND m.at < $2", func(r scanner) error {
		var at, spared int64
		var site string
		if err := r.Scan(&at, &site, &spared); err != nil {
			return err
		}
		yield(when(at), site, spared != 0)
		return nil
	}, millis(from), millis(to))
}

// DeflectionsBetween yields when employees said that an article had helped them. The
// site is not kept with it.
func (db *DB) DeflectionsBetween(ctx context.Context, from, to time.Time, yield func(at time.Time, site string)) error {
	return reportStore{db}.each(ctx, "SELECT at FROM deflections WHERE at >= $1 AND at < $2", func(r scanner) error {
		var at int64
		if err := r.Scan(&at); err != nil {
			return err
		}
		yield(when(at), "")
		return nil
	}, millis(from), millis(to))
}
