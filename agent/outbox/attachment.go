package outbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// attachmentKey names an attachment: its content, and who put it here. The same
// bytes of two people are two files, so that knowing a hash opens nothing.
type attachmentKey struct{ owner, sha string }

// file is an attachment on the disk.
type file struct {
	attachment wire.Attachment
	put        time.Time
	used       int // entries that name it
}

// Put keeps the bytes of an attachment, which an entry of the same owner may then
// name. At most wire.MaxBlob bytes are read. Errors are as Append's.
func (b *Box) Put(owner, name string, r io.Reader) (wire.Attachment, error) {
	a := wire.Attachment{Name: cleanName(name)}
	b.mu.Lock()
	err := b.makeRoom(owner, 1, 0)
	b.mu.Unlock()
	if err != nil {
		return a, err
	}
	f, err := durable.Create(b.path(filesDir), 0o600)
	if err != nil {
		return a, durable.Fault(err)
	}
	defer f.Discard()
	sum, head := sha256.New(), &head{}
	a.Size, err = durable.Copy(io.MultiWriter(f, sum, head), r, wire.MaxBlob)
	if fault.Is(err, fault.TooLarge) {
		err = fault.Say(fault.TooLarge, "error.file_large", tongue.Name("name", a.Name))
	}
	if err == nil && a.Size == 0 {
		err = fault.Say(fault.Invalid, "error.file_empty", tongue.Name("name", a.Name)).At("attachments")
	}
	if err != nil {
		return a, durable.Fault(err)
	}
	a.SHA256, a.Type = hex.EncodeToString(sum.Sum(nil)), http.DetectContentType(head.b)
	return a, b.keep(owner, a, f)
}

// keep gives a finished file its name.
func (b *Box) keep(owner string, a wire.Attachment, f *durable.File) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := attachmentKey{owner, a.SHA256}
	if old := b.files[key]; old != nil {
		old.put, old.attachment.Name = b.options.Now(), a.Name
		return nil
	}
	if err := b.makeRoom(owner, a.Size, 0); err != nil {
		return err
	}
	err := f.Commit(fileName(key))
	if _, unsure := errors.AsType[*durable.UnsureError](err); unsure {
		os.Remove(b.path(filesDir, fileName(key)))
	}
	if err != nil {
		return durable.Fault(err)
	}
	b.files[key] = &file{attachment: a, put: b.options.Now()}
	return nil
}

// Attachments returns what is known of attachments that an owner has put here,
// which is not always what the owner says of them. One that is not here is an
// Invalid fault.
func (b *Box) Attachments(owner string, named []wire.Attachment) ([]wire.Attachment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.attachments(owner, named)
}

func (b *Box) attachments(owner string, named []wire.Attachment) ([]wire.Attachment, error) {
	var out []wire.Attachment
	for _, a := range named {
		f := b.files[attachmentKey{owner, a.SHA256}]
		if f == nil {
			return nil, fault.Say(fault.Invalid, "error.file_gone", tongue.Name("name", cleanName(a.Name))).At("attachments")
		}
		known := f.attachment
		if known.Name == "" { // put before a restart
			known.Name = cleanName(a.Name)
		}
		if !slices.ContainsFunc(out, func(o wire.Attachment) bool { return o.SHA256 == known.SHA256 }) {
			out = append(out, known)
		}
	}
	return out, nil
}

// use completes an entry's attachments, and keeps them from being dropped until
// release is called. The lock is held.
func (b *Box) use(e *Entry) (release func(), err error) {
	own, err := b.attachments(e.Owner, e.Attachments)
	if err != nil {
		return nil, err
	}
	e.Attachments = own
	b.count(e.Owner, own, 1)
	return func() { b.count(e.Owner, own, -1) }, nil
}

// count notes that so many entries more name the attachments.
func (b *Box) count(owner string, list []wire.Attachment, n int) {
	for _, a := range list {
		if f := b.files[attachmentKey{owner, a.SHA256}]; f != nil {
			f.used += n
		}
	}
}

// Attachment opens the bytes of an attachment that its owner put here. Without
// one the error is NotFound.
func (b *Box) Attachment(owner, sha string) (*os.File, wire.Attachment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := attachmentKey{owner, sha}
	f := b.files[key]
	if f == nil {
		return nil, wire.Attachment{}, fault.Say(fault.NotFound, "error.attachment_not_here")
	}
	r, err := os.Open(b.path(filesDir, fileName(key)))
	if err != nil {
		return nil, f.attachment, err
	}
	return r, f.attachment, nil
}

// loadFiles lists the attachments. Their names stand in the entries.
func (b *Box) loadFiles() error {
	list, err := os.ReadDir(b.path(filesDir))
	if err != nil {
		return err
	}
	now := b.options.Now()
	for _, f := range list {
		sha, owner, ok := strings.Cut(f.Name(), ".")
		info, err := f.Info()
		if !ok || len(sha) != 2*sha256.Size || owner == "" || err != nil {
			continue
		}
		put := info.ModTime()
		if put.After(now) { // the clock was set back
			put = now
		}
		b.files[attachmentKey{owner, sha}] = &file{attachment: wire.Attachment{SHA256: sha, Size: info.Size(), Type: b.typeOf(f.Name())}, put: put}
	}
	return nil
}

func (b *Box) typeOf(name string) string {
	f, err := os.Open(b.path(filesDir, name))
	if err != nil {
		return ""
	}
	defer f.Close()
	start := make([]byte, 512)
	n, _ := io.ReadFull(f, start)
	return http.DetectContentType(start[:n])
}

// dropUnused removes attachments that no entry names and that are older than this.
func (b *Box) dropUnused(age time.Duration) {
	now := b.options.Now()
	for key, f := range b.files {
		if f.used > 0 || now.Sub(f.put) < max(age, time.Minute) {
			continue
		}
		if err := os.Remove(b.path(filesDir, fileName(key))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			b.options.Log.Warn("an unused attachment cannot be removed", "error", err)
			continue
		}
		delete(b.files, key)
	}
}

func fileName(k attachmentKey) string { return k.sha + "." + k.owner }

// head keeps what a content's type is told from.
type head struct{ b []byte }

func (h *head) Write(p []byte) (int, error) {
	if n := 512 - len(h.b); n > 0 {
		h.b = append(h.b, p[:min(n, len(p))]...)
	}
	return len(p), nil
}

// cleanName keeps of a file's name what can be shown: no folders, no control or
// direction characters, at most 120 characters.
func cleanName(s string) string {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.ToValidUTF8(s, "�")
	var out bytes.Buffer
	n := 0
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || n == 120 {
			continue
		}
		out.WriteRune(r)
		n++
	}
	if strings.Trim(out.String(), ". ") == "" {
		return "file"
	}
	return out.String()
}
