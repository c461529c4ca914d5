package console

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

type auditView struct {
	Frame   frame
	Entries []audit.Entry
	Query   audit.Query
	More    string
}

const auditPageSize = 100

// auditPage shows the audit log, the newest first.
func (c *Console) auditPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	v := auditView{Query: audit.Query{
		Object: strings.TrimSpace(q.Get("object")), Action: audit.Action(q.Get("action")), Actor: strings.TrimSpace(q.Get("who")), Limit: auditPageSize + 1,
	}}
	v.Query.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64) // what is no number is the end
	rows, err := c.Audit.AuditPage(r.Context(), v.Query)
	if err != nil {
		return err
	}
	if len(rows) > auditPageSize {
		rows = rows[:auditPageSize]
		v.More = "/admin/audit?" + withParameter(q, "before", strconv.FormatInt(rows[auditPageSize-1].Seq, 10))
	}
	for _, row := range rows {
		e, err := row.Entry()
		if err != nil {
			return err
		}
		v.Entries = append(v.Entries, e)
	}
	if v.Frame, err = c.adminFrame(r, actor, "Audit log"); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, auditLog(v))
}

// details writes what goes with an entry, in a fixed order.
func details(e audit.Entry) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
		var text string
		switch x := e.Detail[k].(type) {
		case string:
			text = x
			if at, err := time.Parse(time.RFC3339Nano, x); err == nil {
				text = at.UTC().Format("2006-01-02 15:04:05 MST")
			}
		case float64:
			text = strconv.FormatFloat(x, 'f', -1, 64)
		default:
			b, err := json.Marshal(x)
			if err != nil {
				b = fmt.Append(nil, x)
			}
			text = string(b)
		}
		if text != "" && text != "null" {
			out = append(out, k+": "+text)
		}
	}
	return out
}

// shortHash is enough of a hash to compare by eye.
func shortHash(b []byte) string {
	s := hex.EncodeToString(b)
	return s[:min(len(s), 12)]
}

// objectLink is where an entry's object is shown; "" when nowhere.
func objectLink(object string) string {
	kind, id, _ := strings.Cut(object, ":")
	if kind == "endpoint" && id != "" && !strings.ContainsAny(id, "/?#") {
		return "/endpoints/" + id
	}
	return ""
}
