package store

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/desk"
)

// Many rows at once. SQLite takes one after the other with one prepared statement, which
// costs it nothing; PostgreSQL gets all of them as one document in one question.

// idPage is how many tickets one question is about.
const idPage = 50

// itself is for lists that are ids already.
func itself(id string) string { return id }

// Unclocked implements desk.ClockTx.
func (tx *Tx) Unclocked(ids []string) ([]desk.History, error) {
	var out []desk.History
	place := map[string]int{}
	lock := ""
	if tx.dialect == postgresDialect {
		lock = " FOR UPDATE OF t"
	}
	for part := range slices.Chunk(ids, idPage) {
		these := paddedIDs(part, itself)
		found, err := tx.q.query(tx.ctx, "SELECT t.id, t.version FROM tickets t WHERE t.id IN ("+places(1, idPage)+
			") AND NOT EXISTS (SELECT 1 FROM ticket_clocks c WHERE c.ticket_id = t.id) ORDER BY t.id"+lock, these...)
		if err == nil {
			err = each(found, func(r scanner) error {
				var h desk.History
				err := r.Scan(&h.Ticket, &h.Version)
				place[h.Ticket] = len(out)
				out = append(out, h)
				return err
			})
		}
		if err != nil {
			return nil, err
		}
		said, err := tx.q.query(tx.ctx, "SELECT ticket_id, data FROM ticket_events WHERE ticket_id IN ("+places(1, idPage)+") ORDER BY ticket_id, version", these...)
		if err == nil {
			err = each(said, func(r scanner) error {
				var id string
				e, err := scanEvent(after{r, &id})
				if i, ok := place[id]; ok && err == nil {
					out[i].Events = append(out[i].Events, e)
				}
				return err
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// column is a column with its type in PostgreSQL.
type column struct{ name, typ string }

func columnNames(list []column, more ...string) string {
	names := make([]string, 0, len(list)+len(more))
	for _, c := range list {
		names = append(names, c.name)
	}
	return strings.Join(append(names, more...), ", ")
}

// excluded sets columns to what was to be put in.
func excluded(names string) string {
	var set []string
	for name := range strings.SplitSeq(names, ", ") {
		set = append(set, name+" = excluded."+name)
	}
	return strings.Join(set, ", ")
}

// recordset is the rows of a document as a table x.
func recordset(list []column) string {
	var types []string
	for _, c := range list {
		types = append(types, c.name+" "+c.typ)
	}
	return "jsonb_to_recordset($1::jsonb) AS x(" + strings.Join(types, ", ") + ")"
}

// execAll carries a statement out for each row; in PostgreSQL, where there are several,
// the one for all of them.
func (tx *Tx) execAll(one, all string, columns []column, rows [][]any) error {
	if tx.dialect != postgresDialect || len(rows) < 2 {
		for _, row := range rows {
			if err := tx.exec(one, row...); err != nil {
				return err
			}
		}
		return nil
	}
	docs := make([]map[string]any, len(rows))
	for i, row := range rows {
		docs[i] = make(map[string]any, len(row))
		for k, v := range row {
			docs[i][columns[k].name] = v
		}
	}
	doc, err := json.Marshal(docs)
	if err != nil {
		return err
	}
	return tx.exec(all, string(doc))
}

var (
	putStandings = "INSERT INTO ticket_clocks (" + columnNames(standingColumns, takenBy...) + ") SELECT " + xs(standingColumns) +
		", CASE WHEN " + nobodys + " THEN t.team_id END, COALESCE(t.priority, 0) FROM " + recordset(standingColumns) + " LEFT JOIN tickets t ON t.id = x.ticket_id" +
		" ON CONFLICT (ticket_id) DO UPDATE SET " + excluded(columnNames(standingColumns, takenBy...))

	runRow = []column{
		{"ticket_id", "text"}, {"kind", "text"}, {"cycle", "bigint"}, {"policy", "text"}, {"state", "text"}, {"started_at", "bigint"}, {"due_at", "bigint"},
		{"stopped_at", "bigint"}, {"used_ms", "bigint"}, {"total_ms", "bigint"}, {"unit", "text"},
	}
	runThere   = " ON CONFLICT (ticket_id, kind, cycle) DO UPDATE SET " + excluded(columnNames(runRow[3:]))
	putRun     = "INSERT INTO clocks (" + columnNames(runRow) + ") VALUES (" + places(1, len(runRow)) + ")" + runThere
	putAllRuns = "INSERT INTO clocks (" + columnNames(runRow) + ") SELECT " + xs(runRow) + " FROM " + recordset(runRow) + runThere
	dropRun    = "DELETE FROM clocks WHERE ticket_id = $1 AND kind = $2 AND cycle = $3"
	dropRuns   = "DELETE FROM clocks c USING " + recordset(runRow[:3]) + " WHERE c.ticket_id = x.ticket_id AND c.kind = x.kind AND c.cycle = x.cycle"
)

// xs are columns of the table x.
func xs(list []column) string { return "x." + strings.ReplaceAll(columnNames(list), ", ", ", x.") }

// paddedIDs fills the ids of a part of a list up to a page, so that one prepared statement
// serves all lengths.
func paddedIDs[T any](list []T, id func(T) string) []any {
	out := make([]any, idPage)
	for i := range out {
		if out[i] = ""; i < len(list) {
			out[i] = id(list[i])
		}
	}
	return out
}
