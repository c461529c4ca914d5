package uplink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// PutBlob brings an attachment to the server, from where an earlier attempt broke
// off, and returns once the server has all of it on its disk. Errors are as Call's.
func (l *Link) PutBlob(ctx context.Context, a wire.Attachment, data io.ReaderAt) error {
	id := ulid.Make().String()
	c, err := l.register(id)
	if err != nil {
		return err
	}
	defer l.forget(id)
	if err := l.Send(wire.TypeBlobPut, id, "", wire.BlobPut{SHA256: a.SHA256, Size: a.Size}); err != nil {
		l.cancel(err)
		return errLost
	}
	e, err := l.await(ctx, c)
	if err != nil {
		return err
	}
	var wanted wire.BlobWanted
	if e.Type == wire.TypeAck {
		return nil
	}
	if err := e.Into(&wanted); err != nil || e.Type != wire.TypeBlobWanted || wanted.Offset < 0 || wanted.Offset > a.Size {
		return fmt.Errorf("blob.put was answered with %s: %w", e.Type, err)
	}
	if wanted.Offset == a.Size {
		return nil
	}
	for off := wanted.Offset; off < a.Size; off += wire.MaxBlobChunk {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		frame := wire.AppendBlob(make([]byte, 0, wire.MaxBlobChunk+64), id, off, nil)
		n := len(frame)
		frame = frame[:n+int(min(wire.MaxBlobChunk, a.Size-off))]
		if _, err := data.ReadAt(frame[n:], off); err != nil && err != io.EOF {
			return err
		}
		if err := l.SendFrame(frame); err != nil {
			l.cancel(err)
			return errLost
		}
		l.wrote.Store(time.Now().UnixNano())
		select {
		case e := <-c.answer: // the server has seen enough
			return failureOf(e)
		default:
		}
	}
	_, err = l.await(ctx, c)
	return err
}

// GetBlob writes an attachment's bytes to w and checks that they are what its
// hash says. On an error w may hold a part of them. Errors are as Call's.
func (l *Link) GetBlob(ctx context.Context, g wire.BlobGet, w io.Writer) error {
	id := ulid.Make().String()
	c, err := l.register(id)
	if err != nil {
		return err
	}
	defer l.forget(id)
	d := &download{w: w, sum: sha256.New(), done: make(chan error, 1), moved: make(chan struct{}, 1)}
	d.want.Store(-1)
	l.mu.Lock()
	c.chunks = d.take
	l.mu.Unlock()
	if err := l.Send(wire.TypeBlobGet, id, "", g); err != nil {
		l.cancel(err)
		return errLost
	}
	e, err := l.await(ctx, c)
	if err != nil {
		return err
	}
	var h wire.BlobHeader
	if err := e.Into(&h); err != nil || e.Type != wire.TypeBlob || h.Size < 0 || h.Size > wire.MaxBlob {
		return fmt.Errorf("blob.get was answered with %s: %w", e.Type, err)
	}
	if err := l.follow(ctx, d, h.Size); err != nil {
		return err
	}
	if hex.EncodeToString(d.sum.Sum(nil)) != g.SHA256 {
		return fault.New(fault.Internal, "The attachment came damaged from the server. Try again.")
	}
	return nil
}

// follow waits for the chunks.
func (l *Link) follow(ctx context.Context, d *download, size int64) error {
	d.want.Store(size)
	d.check()
	timer := time.NewTimer(wire.AckTimeout)
	defer timer.Stop()
	for {
		select {
		case err := <-d.done:
			return err
		case <-d.moved:
			timer.Reset(wire.AckTimeout)
		case <-ctx.Done():
			return ctx.Err()
		case <-l.ctx.Done():
			return errLost
		case <-timer.C:
			l.cancel(errSilent)
			return errSilent
		}
	}
}

// download takes the chunks of one attachment, on the reading goroutine.
type download struct {
	w      io.Writer
	sum    hash.Hash
	got    atomic.Int64
	want   atomic.Int64 // -1 until the header has come
	broken bool         // w failed; the reading goroutine's own
	done   chan error
	moved  chan struct{}
}

func (d *download) take(offset int64, data []byte) error {
	if d.broken {
		return nil // the rest of what nobody wants any more
	}
	if offset != d.got.Load() {
		return fault.New(fault.Invalid, "The chunks of an attachment came out of order.")
	}
	if d.got.Load()+int64(len(data)) > wire.MaxBlob {
		return fault.New(fault.TooLarge, "The attachment is larger than it may be.")
	}
	d.sum.Write(data)
	if _, err := d.w.Write(data); err != nil {
		d.broken = true // our own disk's fault: the session goes on
		d.finish(err)
		return nil
	}
	d.got.Add(int64(len(data)))
	ring(d.moved)
	d.check()
	return nil
}

// check ends the download when all has come.
func (d *download) check() {
	if want := d.want.Load(); want >= 0 && d.got.Load() >= want {
		d.finish(nil)
	}
}

func (d *download) finish(err error) {
	select {
	case d.done <- err:
	default:
	}
}
