package ask

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Files keeps what was fetched from a machine, as an attachment of the ticket.
type Files interface {
	Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error)
	Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error)
}

// SetFiles says where fetched files are kept. Like SetLine it is called once.
func (a *Asker) SetFiles(f Files) { a.files = f }

const (
	// maxFile is more than any agent sends of a file: its bound, and the line that
	// says what is left out; secrets that are taken out may make it longer.
	maxFile = wire.MaxBlob
	// maxFetches bounds the files on their way, which are in memory until they are whole.
	maxFetches = 4
	keepWithin = time.Minute
)

// fetch is a file on its way.
type fetch struct {
	actor auth.Actor
	head  wire.FilePart
	data  []byte
	told  *wire.Fetched
	bad   string
}

// take takes a part in. Chunks follow each other, or the file is not what it was.
func (f *fetch) take(raw json.RawMessage) {
	var p wire.FilePart
	switch {
	case f.bad != "":
		return
	case json.Unmarshal(raw, &p) != nil:
		f.bad = "The machine sent a part of the file that does not have the form that the protocol prescribes."
		return
	case len(p.Data) > 0 && (p.Offset != int64(len(f.data)) || f.told != nil):
		f.bad = "A part of the file is missing, so nothing of it was kept. Fetch it again."
	case len(f.data)+len(p.Data) > maxFile:
		f.bad = "The machine sent more than a file may have, so nothing of it was kept."
	}
	if f.bad != "" {
		f.data = nil
		return
	}
	f.data = append(f.data, p.Data...)
	if p.Name != "" && f.head.Name == "" {
		f.head.Name, f.head.Size = p.Name, p.Size
	}
	if p.Fetched != nil {
		f.told = p.Fetched
		f.told.Kept = "" // ours to say
	}
	f.head.Asked = p.Asked
}

// shown is how far it has come, without its bytes.
func (f *fetch) shown() []json.RawMessage {
	p := f.head
	p.Offset, p.Fetched = int64(len(f.data)), f.told
	b, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return []json.RawMessage{b}
}

// whole reports why what has come is not the file.
func (f *fetch) whole() string {
	sum := sha256.Sum256(f.data)
	switch {
	case f.bad != "":
		return f.bad
	case f.told == nil || f.told.Bytes != int64(len(f.data)) || f.told.SHA256 != hex.EncodeToString(sum[:]):
		return "What arrived is not what the machine says that it has sent, so nothing of it was kept. Fetch it again."
	}
	return ""
}

// fetches is how many files are on their way. The caller holds mu.
func (a *Asker) fetches() (n int) {
	for _, r := range a.running {
		if r.file != nil {
			n++
		}
	}
	return n
}

// admitFetch refuses a file while too many are on their way.
func (a *Asker) admitFetch(k wire.AskKind) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k == wire.ActFetchFile && a.fetches() >= maxFetches {
		return fault.New(fault.TooMany, "Four files are on their way from machines already. Wait until one has arrived.")
	}
	return nil
}

// arrived keeps a file whose last part has come. Writing it takes its time, and the
// session that it came by does not wait for it.
func (a *Asker) arrived(ctx context.Context, id string) {
	r, ok := a.forget(id)
	if !ok {
		return
	}
	if why := r.file.whole(); why != "" {
		a.settle(ctx, r, Failed, fault.Invalid, why)
		return
	}
	a.keeping.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
		defer cancel()
		if err := a.keepFile(ctx, r); err != nil {
			a.log.Error("a fetched file was not kept", "ask", id, "err", err)
			a.settle(ctx, r, Failed, fault.CodeOf(err), fault.Sentence(err))
			return
		}
		a.settle(ctx, r, Done, "", "")
	})
}

func (a *Asker) keepFile(ctx context.Context, r *running) error {
	f := r.file
	if len(f.data) == 0 {
		return nil // there is no attachment without a byte; that it is empty, the answer says
	}
	var p wire.FetchFileParams
	if err := json.Unmarshal(r.ask.Params, &p); err != nil {
		return err
	}
	kept, err := a.files.Store(ctx, f.actor, path.Base(strings.ReplaceAll(f.head.Name, `\`, "/")), f.data)
	if err != nil {
		return err
	}
	_, err = a.files.Do(ctx, f.actor, r.ask.Ticket, 0, ticket.Note{Body: noteOf(p.Path, f), Attachments: []ticket.Attachment{kept}})
	if err == nil {
		f.told.Kept = kept.SHA256
	}
	return err
}

// noteOf says in the ticket what the file is, and what it is not.
func noteOf(from string, f *fetch) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Fetched from the machine: %s\n%d bytes, SHA-256 %s.", strings.Join(strings.Fields(from), " "), f.told.Bytes, f.told.SHA256)
	switch {
	case !f.told.Text:
		b.WriteString(" It is no text: secrets were not taken out.")
	case f.told.Redacted == 1:
		b.WriteString(" One secret was taken out.")
	case f.told.Redacted > 1:
		fmt.Fprintf(&b, " %d secrets were taken out.", f.told.Redacted)
	default:
		b.WriteString(" No secret was found in it.")
	}
	if f.told.LeftOut > 0 {
		fmt.Fprintf(&b, " %d bytes between its beginning and its end were left out.", f.told.LeftOut)
	}
	return b.String()
}
