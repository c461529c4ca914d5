package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// chunk is how many bytes of a blob one row holds.
const chunk = wire.MaxBlobChunk

// BlobHave returns how far the bytes of a blob have arrived, after checking that
// one of that size may come.
func (d *Desk) BlobHave(ctx context.Context, sha string, size int64) (int64, error) {
	if err := checkBlob(sha, size); err != nil {
		return 0, err
	}
	b, err := d.store.Blob(ctx, sha)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err == nil && b.Size != size {
		return 0, fault.Field("size", "The attachment was announced with another size before.")
	}
	return b.Have, err
}

func checkBlob(sha string, size int64) error {
	if raw, err := hex.DecodeString(sha); err != nil || len(raw) != sha256.Size {
		return fault.Field("sha256", "The attachment is not named by a SHA-256 in hexadecimal.")
	}
	if size < 1 || size > wire.MaxBlob {
		return fault.New(fault.TooLarge, "An attachment is at least one byte and at most 25 MiB.")
	}
	return nil
}

// BlobPut stores the next chunk of a blob. Chunks come in order, each of 64 KiB
// but the last. With the last one the bytes are checked against their name; when
// they do not fit, all of them are thrown away: fault.Invalid.
func (d *Desk) BlobPut(ctx context.Context, sha string, size, offset int64, data []byte) (done bool, err error) {
	if err := checkBlob(sha, size); err != nil {
		return false, err
	}
	end := offset + int64(len(data))
	if offset%chunk != 0 || len(data) == 0 || len(data) > chunk || end > size || (end < size && len(data) != chunk) {
		return false, fault.New(fault.Invalid, "The attachment's chunk is out of place.")
	}
	done = end == size
	b := Blob{SHA256: sha, Size: size}
	if offset == 0 {
		b.Type = typeOf(data)
	}
	if done {
		if err := d.verify(ctx, sha, offset, data); err != nil {
			if fault.Is(err, fault.Invalid) {
				err = errors.Join(err, d.store.Update(ctx, func(tx Tx) error { return tx.DropBlob(sha) }))
			}
			return false, err
		}
	}
	return done, d.store.Update(ctx, func(tx Tx) error {
		have, err := tx.Blob(sha)
		switch {
		case err == nil && have.Complete:
			return nil
		case err == nil && have.Have != offset, fault.Is(err, fault.NotFound) && offset != 0:
			return fault.New(fault.Conflict, "The attachment's chunks do not follow each other. Ask where to go on.")
		case err != nil && !fault.Is(err, fault.NotFound):
			return err
		}
		return tx.PutBlob(b, offset, data, done, d.now())
	})
}

// verify checks the stored chunks and the last one against the name.
func (d *Desk) verify(ctx context.Context, sha string, offset int64, last []byte) error {
	h := sha256.New()
	for at := int64(0); at < offset; at += chunk {
		data, err := d.store.BlobChunk(ctx, sha, at)
		if err != nil {
			return err
		}
		h.Write(data)
	}
	h.Write(last)
	if hex.EncodeToString(h.Sum(nil)) != sha {
		return fault.Field("sha256", "The attachment's bytes are not those that its name says. Send it again.")
	}
	return nil
}

// Store stores bytes that a browser sent, and returns how to name them.
func (d *Desk) Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error) {
	op := auth.TicketsWork
	if actor.Kind == auth.Requester {
		op = auth.OwnAct
	}
	if err := auth.Authorise(actor, op, auth.Object{}); err != nil {
		return ticket.Attachment{}, err
	}
	sum := sha256.Sum256(data)
	sha, size := hex.EncodeToString(sum[:]), int64(len(data))
	have, err := d.BlobHave(ctx, sha, size)
	for err == nil && have < size {
		end := min(have+chunk, size)
		_, err = d.BlobPut(ctx, sha, size, have, data[have:end])
		have = end
	}
	return ticket.Attachment{SHA256: sha, Name: ticket.CleanName(name), Size: size, Type: typeOf(data[:min(len(data), chunk)])}, err
}

// Attachment opens an attachment of a ticket for whoever may read the ticket.
func (d *Desk) Attachment(ctx context.Context, actor auth.Actor, ticketID, sha string) (ticket.Attachment, io.Reader, error) {
	detail, err := d.Get(ctx, actor, ticketID)
	if err != nil {
		return ticket.Attachment{}, nil, err
	}
	list := detail.Attachments
	for _, e := range detail.History {
		list = append(list, e.Attachments...)
	}
	for _, a := range list {
		if a.SHA256 == sha {
			return a, &blobReader{ctx: ctx, store: d.store, sha: sha, size: a.Size}, nil
		}
	}
	return ticket.Attachment{}, nil, fault.New(fault.NotFound, "The ticket has no such attachment.")
}

// Uploaded opens bytes that the staff has stored and not sent yet. Whose they are is
// the caller's to know.
func (d *Desk) Uploaded(ctx context.Context, actor auth.Actor, sha string) (ticket.Attachment, io.Reader, error) {
	if err := auth.Authorise(actor, auth.TicketsWork, auth.Object{}); err != nil {
		return ticket.Attachment{}, nil, err
	}
	b, err := d.store.Blob(ctx, sha)
	if err == nil && !b.Complete {
		err = fault.New(fault.NotFound, "The file has not arrived.")
	}
	return ticket.Attachment{SHA256: sha, Size: b.Size, Type: b.Type}, &blobReader{ctx: ctx, store: d.store, sha: sha, size: b.Size}, err
}

// blobReader reads a blob chunk by chunk.
type blobReader struct {
	ctx   context.Context
	store Store
	sha   string
	size  int64
	at    int64
	rest  []byte
}

func (r *blobReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.at >= r.size {
			return 0, io.EOF
		}
		data, err := r.store.BlobChunk(r.ctx, r.sha, r.at)
		if err != nil {
			return 0, err
		}
		r.rest, r.at = data, r.at+int64(len(data))
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
