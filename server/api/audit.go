package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	Seq    int64          `json:"seq"`
	At     time.Time      `json:"at"`
	Actor  audit.Actor    `json:"actor"`
	Action audit.Action   `json:"action" example:"endpoint.enrolled"`
	Object string         `json:"object" doc:"kind:id" example:"endpoint:01J9ZC6WQ0Z7K4M2T5V8X1Y3A6"`
	Detail map[string]any `json:"detail,omitempty"`
	Hash   string         `json:"hash" doc:"SHA-256 over the entry and the hash before it, in hexadecimal."`
}

func (a *API) audit() {
	add(a, auth.AuditRead, huma.Operation{
		Method: http.MethodGet, Path: "/audit", Tags: []string{"Audit"}, Summary: "Read the audit log",
		Description: "The newest first. `deskbell-server audit verify` checks that nothing was changed.",
	}, a.readAudit)
}

type auditIn struct {
	Paging
	Object string `query:"object" maxLength:"200" doc:"Only what was done to this: endpoint:ID, person:ID, token:ID, …"`
}

func (a *API) readAudit(ctx context.Context, _ auth.Actor, in *auditIn) (*pageOut[AuditEntry], error) {
	const list = "audit"
	var before int64
	if err := readCursor(list, in.Cursor, &before); err != nil {
		return nil, err
	}
	rows, err := a.Audit.AuditLog(ctx, in.Object, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	var next any
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		next = rows[in.Limit-1].Seq
	}
	var items []AuditEntry
	for _, row := range rows {
		e, err := row.Entry()
		if err != nil {
			return nil, err
		}
		items = append(items, AuditEntry{
			Seq: e.Seq, At: e.At, Actor: e.Actor, Action: e.Action, Object: e.Object, Detail: e.Detail, Hash: hex.EncodeToString(e.Hash),
		})
	}
	return pageOf(list, items, next), nil
}
