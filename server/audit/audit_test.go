package audit_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/audit"
)

// log is a chain of entries as it is stored.
func log() []audit.Row {
	var rows []audit.Row
	var prev []byte
	for i := range 5 {
		r := audit.Row{
			Seq: int64(i + 1), At: time.Unix(int64(i), 7e6), Actor: []byte(`{"kind":"staff","name":"Anna"}`), Action: audit.EndpointAsked,
			Object: "endpoint:e1", Detail: []byte(`{"kind":"log"}`),
		}
		r.Hash = audit.Chain(prev, r.At, r.Actor, r.Detail, r.Action, r.Object)
		rows, prev = append(rows, r), r.Hash
	}
	return rows
}

func verify(rows []audit.Row) (n int64, err error) {
	var v audit.Verifier
	for _, r := range rows {
		if err := v.Next(r); err != nil {
			return 0, err
		}
	}
	n, _ = v.Head()
	return n, nil
}

func TestChangedLogDoesNotVerify(t *testing.T) {
	if n, err := verify(log()); n != 5 || err != nil {
		t.Fatalf("a log that nobody touched: %d, %v", n, err)
	}
	for name, f := range map[string]func([]audit.Row) []audit.Row{
		"another moment":       func(r []audit.Row) []audit.Row { r[2].At = r[2].At.Add(time.Millisecond); return r },
		"another actor":        func(r []audit.Row) []audit.Row { r[2].Actor = []byte(`{"kind":"staff","name":"Ben"}`); return r },
		"another action":       func(r []audit.Row) []audit.Row { r[2].Action = audit.SignedIn; return r },
		"another object":       func(r []audit.Row) []audit.Row { r[2].Object = "endpoint:e2"; return r },
		"another detail":       func(r []audit.Row) []audit.Row { r[2].Detail = nil; return r },
		"another hash":         func(r []audit.Row) []audit.Row { r[2].Hash = bytes.Repeat([]byte{1}, 32); return r },
		"one taken out":        func(r []audit.Row) []audit.Row { return slices.Delete(r, 2, 3) },
		"the first taken out":  func(r []audit.Row) []audit.Row { return r[1:] },
		"one put in":           func(r []audit.Row) []audit.Row { return slices.Insert(r, 2, r[1]) },
		"two changed places":   func(r []audit.Row) []audit.Row { r[1], r[2] = r[2], r[1]; return r },
		"a letter moved along": func(r []audit.Row) []audit.Row { r[2].Action += "e"; r[2].Object = r[2].Object[1:]; return r },
		"one changed, and its hash made to fit": func(r []audit.Row) []audit.Row {
			r[2].Object = "endpoint:e2"
			r[2].Hash = audit.Chain(r[1].Hash, r[2].At, r[2].Actor, r[2].Detail, r[2].Action, r[2].Object)
			return r
		},
	} {
		if _, err := verify(f(log())); err == nil {
			t.Errorf("%s: the log verifies", name)
		}
	}
}
