package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/audit"
)

// Audit appends an entry to the log, in the transaction of what it tells of:
// without the entry nothing happened.
func (tx *Tx) Audit(e audit.Entry) error {
	if tx.dialect.lockAudit != "" {
		if err := tx.exec(tx.dialect.lockAudit); err != nil {
			return err
		}
	}
	actor, err := json.Marshal(e.Actor)
	if err != nil {
		return err
	}
	detail := []byte{}
	if len(e.Detail) > 0 {
		if detail, err = json.Marshal(e.Detail); err != nil {
			return err
		}
	}
	var prev []byte
	err = tx.row("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").Scan(&prev)
	if err != nil && !isNoRows(err) {
		return err
	}
	hash := audit.Chain(prev, e.At, actor, detail, e.Action, e.Object)
	return tx.exec("INSERT INTO audit (at, actor, action, object, detail, hash) VALUES ($1, $2, $3, $4, $5, $6)",
		millis(e.At), string(actor), e.Action, e.Object, string(detail), hash)
}

const auditColumns = "seq, at, actor, action, object, detail, hash"

func scanAudit(r scanner) (audit.Row, error) {
	var x audit.Row
	var at int64
	err := r.Scan(&x.Seq, &at, &x.Actor, &x.Action, &x.Object, &x.Detail, &x.Hash)
	x.At = when(at)
	return x, err
}

// AuditLog returns entries before a sequence number, the newest first; 0 means
// the end. An object selects those about it.
func (db *DB) AuditLog(ctx context.Context, object string, before int64, limit int) ([]audit.Row, error) {
	rows, err := db.stmts.query(ctx, "SELECT "+auditColumns+" FROM audit WHERE ($1 = 0 OR seq < $1) AND ($2 = '' OR object = $2) ORDER BY seq DESC LIMIT $3", before, object, limit)
	return collect(rows, err, scanAudit)
}

// AuditAfter returns entries after a sequence number, in order, to verify them.
func (db *DB) AuditAfter(ctx context.Context, after int64, limit int) ([]audit.Row, error) {
	rows, err := db.stmts.query(ctx, "SELECT "+auditColumns+" FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2", after, limit)
	return collect(rows, err, scanAudit)
}
