package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/scripts"
)

// Scripts returns the store of the library of scripts.
func (db *DB) Scripts() scripts.Store { return scriptStore{db} }

type scriptStore struct{ *DB }

type scriptTx struct{ *Tx }

// Update implements scripts.Store.
func (s scriptStore) Update(ctx context.Context, f func(scripts.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(scriptTx{tx}) })
}

const (
	scriptColumns  = "script_id, version, name, about, os, changes, script, sha256, author_id, author_name, written_at, approver_id, approver_name, approved_at, withdrawn_at"
	scriptVersions = "SELECT " + scriptColumns + " FROM script_versions WHERE script_id = $1 ORDER BY version DESC"
	// scriptHeads are the versions that a list needs: others may be many.
	scriptHeads = "SELECT " + scriptColumns + " FROM script_versions v WHERE version = (SELECT MAX(version) FROM script_versions WHERE script_id = v.script_id)" +
		" OR version = (SELECT MAX(version) FROM script_versions WHERE script_id = v.script_id AND approver_id <> '' AND withdrawn_at = 0) ORDER BY script_id DESC, version DESC"
)

func scanScript(r scanner) (scripts.Version, error) {
	var v scripts.Version
	var text string
	var changes, written, approved, withdrawn int64
	err := r.Scan(&v.ID, &v.Number, &v.Name, &v.About, &v.OS, &changes, &text, &v.SHA256, &v.AuthorID, &v.Author, &written, &v.ApproverID, &v.Approver, &approved, &withdrawn)
	if err != nil {
		return v, err
	}
	v.Changes, v.WrittenAt, v.ApprovedAt, v.WithdrawnAt = changes != 0, when(written), when(approved), when(withdrawn)
	return v, json.Unmarshal([]byte(text), &v.Script)
}

// Versions implements scripts.Store.
func (s scriptStore) Versions(ctx context.Context, id string) ([]scripts.Version, error) {
	rows, err := s.stmts.query(ctx, scriptVersions, id)
	return collect(rows, err, scanScript)
}

// Heads implements scripts.Store.
func (s scriptStore) Heads(ctx context.Context) ([]scripts.Version, error) {
	rows, err := s.stmts.query(ctx, scriptHeads)
	return collect(rows, err, scanScript)
}

// CountScripts implements scripts.Tx.
func (tx scriptTx) CountScripts() (n int, err error) {
	return n, tx.q.row(tx.ctx, "SELECT COUNT(DISTINCT script_id) FROM script_versions").Scan(&n)
}

// Versions implements scripts.Tx.
func (tx scriptTx) Versions(id string) ([]scripts.Version, error) {
	rows, err := tx.q.query(tx.ctx, scriptVersions, id)
	return collect(rows, err, scanScript)
}

// AddVersion implements scripts.Tx.
func (tx scriptTx) AddVersion(v scripts.Version) error {
	text, err := json.Marshal(v.Script)
	if err != nil {
		return err
	}
	changes := 0
	if v.Changes {
		changes = 1
	}
	return tx.exec("INSERT INTO script_versions ("+scriptColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
		v.ID, v.Number, v.Name, v.About, v.OS, changes, string(text), v.SHA256, v.AuthorID, v.Author, millis(v.WrittenAt), v.ApproverID, v.Approver, millis(v.ApprovedAt), millis(v.WithdrawnAt))
}

// SaveVersion implements scripts.Tx. What was written stays as it is.
func (tx scriptTx) SaveVersion(v scripts.Version) error {
	return tx.exec("UPDATE script_versions SET approver_id = $1, approver_name = $2, approved_at = $3, withdrawn_at = $4 WHERE script_id = $5 AND version = $6",
		v.ApproverID, v.Approver, millis(v.ApprovedAt), millis(v.WithdrawnAt), v.ID, v.Number)
}
