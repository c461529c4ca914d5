package ask

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// shot is a picture of a screen on its way.
type shot struct {
	asked bool
	data  []byte
	taken *wire.Taken
	bad   string
}

// take takes a part in. Chunks follow each other, or the picture is not what it was.
func (s *shot) take(raw json.RawMessage) {
	var p wire.ScreenPart
	switch {
	case s.bad != "":
		return
	case json.Unmarshal(raw, &p) != nil:
		s.bad = "The machine sent a part of the picture that does not have the form that the protocol prescribes."
	case len(p.Data) > 0 && (p.Offset != int64(len(s.data)) || s.taken != nil):
		s.bad = "A part of the picture is missing, so nothing of it was kept. Ask again."
	case len(s.data)+len(p.Data) > wire.MaxScreen:
		s.bad = "The machine sent more than a picture may have, so nothing of it was kept."
	}
	if s.bad != "" {
		s.data = nil
		return
	}
	s.asked = p.Asked
	s.data = append(s.data, p.Data...)
	if p.Taken != nil {
		s.taken = p.Taken
	}
}

// shown is how far it has come, without its bytes.
func (s *shot) shown() []json.RawMessage {
	return partOf(wire.ScreenPart{Asked: s.asked, Offset: int64(len(s.data))})
}

func partOf(p wire.ScreenPart) []json.RawMessage {
	b, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return []json.RawMessage{b}
}

// whole reports why what has come is no picture that may be shown. It is read to its
// end: what a header says is not enough.
func (a *Asker) whole(s *shot) string {
	if s.bad != "" {
		return s.bad
	}
	sum := sha256.Sum256(s.data)
	if s.taken == nil || s.taken.Bytes != int64(len(s.data)) || s.taken.SHA256 != hex.EncodeToString(sum[:]) {
		return "What arrived is not what the machine says that it has sent, so nothing of it was kept. Ask again."
	}
	width, height, err := wire.ScreenSize(s.data)
	if err == nil {
		a.decoding.Lock() // one at a time: each takes tens of megabytes
		_, err = jpeg.Decode(bytes.NewReader(s.data))
		a.decoding.Unlock()
	}
	if err != nil {
		return "What the machine sent is no picture of a size that a screen has, so nothing of it was kept."
	}
	s.taken = &wire.Taken{Bytes: int64(len(s.data)), SHA256: s.taken.SHA256, Width: width, Height: height}
	return ""
}

// pictured keeps a picture whose last part has come. The session that it came by does
// not wait for that.
func (a *Asker) pictured(ctx context.Context, id string) {
	r, ok := a.forget(id)
	if !ok {
		return
	}
	a.keeping.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
		defer cancel()
		if why := a.whole(r.shot); why != "" {
			r.shot.data = nil
			a.settle(ctx, r, Failed, fault.Invalid, why)
			return
		}
		r.ask.Answer = partOf(wire.ScreenPart{Data: r.shot.data, Taken: r.shot.taken})
		r.shot = nil
		a.settle(ctx, r, Done, "", "")
	})
}

var errNoPicture = fault.New(fault.NotFound, "There is no picture of a screen here.")

// Picture returns a picture of a screen, a JPEG whose beginning was looked at.
func (a *Asker) Picture(ctx context.Context, actor auth.Actor, id string) ([]byte, error) {
	_, p, err := a.picture(ctx, actor, id)
	return p.Data, err
}

func (a *Asker) picture(ctx context.Context, actor auth.Actor, id string) (q Ask, p wire.ScreenPart, err error) {
	if q, err = a.Get(ctx, actor, id); err != nil {
		return q, p, err
	}
	if err := auth.Authorise(actor, auth.EndpointsAct, auth.Object{Endpoint: q.Endpoint}); err != nil {
		return q, p, err
	}
	if q.Kind != wire.ActScreen || q.State != Done || len(q.Answer) != 1 || json.Unmarshal(q.Answer[0], &p) != nil || p.Taken == nil {
		return q, wire.ScreenPart{}, errNoPicture
	}
	sum := sha256.Sum256(p.Data)
	if _, _, err := wire.ScreenSize(p.Data); err != nil || hex.EncodeToString(sum[:]) != p.Taken.SHA256 {
		return q, wire.ScreenPart{}, errNoPicture
	}
	return q, p, nil
}

// KeepPicture makes a picture of a screen an attachment of its ticket, once.
func (a *Asker) KeepPicture(ctx context.Context, actor auth.Actor, id string) (Ask, error) {
	a.pictures.Lock()
	defer a.pictures.Unlock()
	q, p, err := a.picture(ctx, actor, id)
	if err != nil || p.Taken.Kept != "" {
		return q, err
	}
	kept, err := a.files.Store(ctx, actor, "screen "+q.EndedAt.UTC().Format("2006-01-02 15.04.05")+".jpg", p.Data)
	if err != nil {
		return q, err
	}
	note := fmt.Sprintf("A picture of the requester's screen, which %s looked at with their consent.\n%d × %d pixels, SHA-256 %s.",
		strings.Join(strings.Fields(q.AskerName), " "), p.Taken.Width, p.Taken.Height, p.Taken.SHA256)
	if _, err := a.files.Do(ctx, actor, q.Ticket, 0, ticket.Note{Body: note, Attachments: []ticket.Attachment{kept}}); err != nil {
		return q, err
	}
	p.Taken.Kept = kept.SHA256
	q.Answer = partOf(p)
	return q, a.store.Update(ctx, func(tx Tx) error { return tx.SaveAsk(q) })
}
