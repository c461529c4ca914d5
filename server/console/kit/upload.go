package kit

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// sent is what came with a form beside its words. It is on disk until the request
// is over.
type sent struct {
	files []sentFile
	err   error // why the rest was not read
}

type sentFile struct {
	name string
	size int64
	f    *os.File
}

type sentKey struct{}

// sentOf returns the files of the field named files.
func sentOf(r *http.Request) sent {
	s, _ := r.Context().Value(sentKey{}).(sent)
	return s
}

// maxWords bounds what of a form is no file.
const maxWords = 4 << 20

// readParts reads a form part by part. At the first file that is too large it stops
// reading: what was written before stands in the form, so that nobody's words are
// lost, and Uploads says why.
func readParts(w http.ResponseWriter, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	values, left, got := url.Values{}, int64(maxWords), sent{}
	for got.err == nil {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch {
		case p.FileName() == "":
			b, err := io.ReadAll(io.LimitReader(p, left+1))
			if err != nil {
				return err
			}
			if left -= int64(len(b)); left < 0 {
				return fault.New(fault.TooLarge, "The words are longer than 4 MiB. Attach them as a file.")
			}
			values.Add(p.FormName(), string(b))
		case p.FormName() == "files":
			if err := got.take(r.Context(), p); err != nil {
				return err
			}
		}
	}
	if got.err != nil {
		unread(w)
	}
	r.PostForm, r.Form, r.MultipartForm = values, r.URL.Query(), &multipart.Form{Value: values}
	for name, list := range values {
		r.Form[name] = append(list, r.Form[name]...)
	}
	*r = *r.WithContext(context.WithValue(r.Context(), sentKey{}, got))
	return nil
}

// unread says that the rest of a request is not read. The connection is closed after
// the answer, a moment later: a browser that still sends has to get to read it. The
// standard library does that for whoever runs into the limit of a MaxBytesReader.
func unread(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	for {
		if inner, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
			w = inner.Unwrap()
			continue
		}
		break
	}
	_, _ = http.MaxBytesReader(w, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 1))
}

// take puts a file on disk. What is wrong with the file itself ends the reading.
func (s *sent) take(ctx context.Context, p *multipart.Part) error {
	if len(s.files) == wire.MaxFiles {
		s.err = fault.Field("attachments", "A message carries at most 10 attachments.")
		return nil
	}
	f, err := os.CreateTemp("", "deskbell-upload-*")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() {
		f.Close()
		os.Remove(f.Name())
	})
	n, err := io.Copy(f, io.LimitReader(p, wire.MaxBlob+1))
	if err != nil {
		return err
	}
	if n == 0 || n > wire.MaxBlob {
		s.err = fault.Newf(fault.TooLarge, "“%s” is empty, or larger than 25 MiB, and cannot be attached.", Clip(p.FileName(), 60))
	}
	s.files = append(s.files, sentFile{name: p.FileName(), size: n, f: f})
	return nil
}
