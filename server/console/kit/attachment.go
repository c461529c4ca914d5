package kit

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Inline reports whether a browser may show bytes of a type in the page: images
// of formats that hold no program. SVG is not one of them.
func Inline(kind string) bool {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}

// ServeAttachment sends an attachment's bytes so that nothing in them can act:
// shown only when Inline, saved to disk otherwise, without scripts either way.
func ServeAttachment(w http.ResponseWriter, a ticket.Attachment, body io.Reader) error {
	h := w.Header()
	kind, how := "application/octet-stream", "attachment"
	if Inline(a.Type) {
		kind, how = a.Type, "inline"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400, immutable") // named by their content
	if d := mime.FormatMediaType(how, map[string]string{"filename": a.Name}); d != "" {
		how = d
	}
	h.Set("Content-Disposition", how)
	_, err := io.Copy(w, body)
	return err
}

// maxForm bounds a form with files: ten of the largest would be more than a
// browser should send at once.
const maxForm = 2*wire.MaxBlob + 1<<20

// Keeper stores an attachment's bytes.
type Keeper interface {
	Store(ctx context.Context, actor auth.Actor, name string, data []byte) (ticket.Attachment, error)
}

// ReadForm reads a form that may carry files.
func ReadForm(w http.ResponseWriter, r *http.Request) error {
	tooLarge := fault.New(fault.TooLarge, "The files are larger than 50 MiB together. Send them in several messages, 25 MiB at most each.")
	if r.ContentLength > maxForm { // said before any of it is read
		w.Header().Set("Connection", "close")
		return tooLarge
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = readParts(w, r)
	} else {
		err = r.ParseForm()
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || strings.Contains(err.Error(), "request body too large") {
		return tooLarge
	}
	if fault.Is(err, fault.TooLarge) {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
}

// KeptValue names a file that has arrived with a form which was not taken, so that
// it need not be sent again; Kept reads it.
func KeptValue(a ticket.Attachment) string { return a.SHA256 + " " + a.Name }

// Kept returns the files that came with an earlier try of the form.
func Kept(r *http.Request) []ticket.Attachment {
	var out []ticket.Attachment
	for _, v := range r.PostForm["kept"] {
		if sha, name, ok := strings.Cut(v, " "); ok && len(out) < wire.MaxFiles {
			out = append(out, ticket.Attachment{SHA256: sha, Name: name})
		}
	}
	return out
}

// Uploads stores the files of the field named files.
func Uploads(ctx context.Context, keeper Keeper, actor auth.Actor, r *http.Request) ([]ticket.Attachment, error) {
	got := sentOf(r)
	if got.err != nil {
		return nil, got.err
	}
	var out []ticket.Attachment
	for _, f := range got.files {
		data := make([]byte, f.size)
		if _, err := f.f.ReadAt(data, 0); err != nil {
			return nil, err
		}
		a, err := keeper.Store(ctx, actor, Clip(f.name, wire.MaxTitle), data)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
