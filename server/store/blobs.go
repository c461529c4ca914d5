package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/deskbell/deskbell/server/desk"
)

func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

const blobQuery = `SELECT b.sha256, b.size, b.type, b.complete,
	COALESCE((SELECT SUM(LENGTH(c.data)) FROM blob_chunks c WHERE c.sha256 = b.sha256), 0) FROM blobs b WHERE b.sha256 = $1`

const noBlob = "There are no such bytes."

func scanBlob(r scanner) (desk.Blob, error) {
	var b desk.Blob
	var complete int64
	err := r.Scan(&b.SHA256, &b.Size, &b.Type, &complete, &b.Have)
	b.Complete = complete != 0
	return b, notFound(err, noBlob)
}

// Blob implements desk.Store.
func (s deskStore) Blob(ctx context.Context, sha256 string) (desk.Blob, error) {
	return scanBlob(s.stmts.row(ctx, blobQuery, sha256))
}

// Blob implements desk.Tx.
func (tx *Tx) Blob(sha256 string) (desk.Blob, error) { return scanBlob(tx.row(blobQuery, sha256)) }

// BlobChunk implements desk.Store.
func (s deskStore) BlobChunk(ctx context.Context, sha256 string, offset int64) (data []byte, err error) {
	err = s.stmts.row(ctx, "SELECT data FROM blob_chunks WHERE sha256 = $1 AND offset_bytes = $2", sha256, offset).Scan(&data)
	return data, notFound(err, noBlob)
}

// PutBlob implements desk.Tx.
func (tx *Tx) PutBlob(b desk.Blob, offset int64, data []byte, complete bool, now time.Time) error {
	if offset == 0 {
		err := tx.exec("INSERT INTO blobs (sha256, size, type, created_at) VALUES ($1, $2, $3, $4)", b.SHA256, b.Size, b.Type, millis(now))
		if err != nil {
			return err
		}
	}
	if err := tx.exec("INSERT INTO blob_chunks (sha256, offset_bytes, data) VALUES ($1, $2, $3)", b.SHA256, offset, data); err != nil {
		return err
	}
	if !complete {
		return nil
	}
	return tx.exec("UPDATE blobs SET complete = 1 WHERE sha256 = $1", b.SHA256)
}

// DropBlob implements desk.Tx.
func (tx *Tx) DropBlob(sha256 string) error {
	return tx.exec("DELETE FROM blobs WHERE sha256 = $1 AND complete = 0", sha256)
}
