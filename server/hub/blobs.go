package hub

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/desk"
)

const (
	retryAfter = 5 * time.Second
	maxUploads = 2 // at once, of one endpoint
)

// upload is an attachment whose chunks are coming.
type upload struct {
	sha  string
	size int64
	at   int64
}

// blobPut answers blob.put: how much of it is here already.
func (s *session) blobPut(ctx context.Context, e wire.Envelope) (any, error) {
	var q wire.BlobPut
	if err := e.Into(&q); err != nil {
		return nil, err
	}
	if len(s.uploads) >= maxUploads {
		return nil, fault.New(fault.TooMany, "Two attachments are on their way already. Send the next when one has arrived.")
	}
	have, err := s.hub.Desk.BlobHave(ctx, q.SHA256, q.Size)
	if err != nil {
		return nil, err
	}
	if have < q.Size {
		if s.uploads == nil {
			s.uploads = map[string]*upload{}
		}
		s.uploads[e.ID] = &upload{sha: q.SHA256, size: q.Size, at: have}
	}
	return wire.BlobWanted{Offset: have}, nil
}

// chunk stores the next bytes of an attachment.
func (s *session) chunk(data []byte) error {
	id, offset, bytes, err := wire.DecodeBlob(data)
	if err != nil {
		return err
	}
	u := s.uploads[id]
	if u == nil || offset != u.at {
		delete(s.uploads, id)
		return s.acknowledge(wire.Envelope{ID: id, Type: wire.TypeBlobPut}, desk.Outcome{}, fault.New(fault.Unavailable, "The attachment's chunks do not follow each other. Announce it again."))
	}
	done, err := s.hub.Desk.BlobPut(s.hub.ctx, u.sha, u.size, offset, bytes)
	if err != nil {
		delete(s.uploads, id)
		if fault.Is(err, fault.Conflict) { // another endpoint sends the same bytes
			err = fault.New(fault.Unavailable, fault.Sentence(err))
		}
		return s.acknowledge(wire.Envelope{ID: id, Type: wire.TypeBlobPut}, desk.Outcome{}, err)
	}
	u.at += int64(len(bytes))
	if !done {
		return nil
	}
	delete(s.uploads, id)
	return s.acknowledge(wire.Envelope{ID: id, Type: wire.TypeBlobPut}, desk.Outcome{}, nil)
}

// blobGet answers blob.get with the header and the chunks.
func (s *session) blobGet(ctx context.Context, e wire.Envelope) error {
	size, r, err := s.openBlob(ctx, e)
	if err != nil {
		return s.acknowledge(e, desk.Outcome{}, err)
	}
	if err := s.conn.Send(wire.TypeBlob, "", e.ID, wire.BlobHeader{Size: size}); err != nil {
		return err
	}
	buf := make([]byte, wire.MaxBlobChunk)
	for at := int64(0); at < size; {
		n, err := io.ReadFull(r, buf)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err // half of it is sent: only a new connection makes that whole
		}
		if err := s.conn.SendFrame(wire.AppendBlob(nil, e.ID, at, buf[:n])); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

func (s *session) openBlob(ctx context.Context, e wire.Envelope) (int64, io.Reader, error) {
	var q wire.BlobGet
	if err := e.Into(&q); err != nil {
		return 0, nil, err
	}
	actor, err := s.hub.Desk.PersonOf(ctx, s.endpoint, q.Account.UID)
	if err != nil {
		return 0, nil, err
	}
	id, err := s.hub.Desk.Resolve(ctx, s.endpoint, q.Ticket)
	if err != nil {
		return 0, nil, err
	}
	a, r, err := s.hub.Desk.Attachment(ctx, actor, id, q.SHA256)
	return a.Size, r, err
}
