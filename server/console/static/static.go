// Package static serves what the console's pages load. Its files are made by
// server/console/assets and committed.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed files
var embedded embed.FS

// Files are the static files, ready to be served.
type Files struct {
	hash   string
	byName map[string]file
}

type file struct {
	kind          string
	plain, zipped []byte
}

// Prefix is where the files are found.
const Prefix = "/static/"

// New reads the files that are built in.
func New() (*Files, error) {
	f := &Files{byName: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(embedded, "files", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := embedded.ReadFile(p)
		if err != nil {
			return err
		}
		name := path.Base(p)
		sum.Write([]byte(name))
		sum.Write(b)
		f.byName[name], err = prepare(name, b)
		return err
	})
	f.hash = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9])
	return f, err
}

func prepare(name string, b []byte) (file, error) {
	x := file{kind: kind(name), plain: b}
	if x.kind == "font/woff2" { // compressed already
		return x, nil
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return x, err
	}
	if _, err := w.Write(b); err != nil {
		return x, err
	}
	err = w.Close()
	x.zipped = z.Bytes()
	return x, err
}

// kind names the types itself: the system's table may say anything.
func kind(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return "text/plain; charset=utf-8"
}

// URL is a file's address. It changes with the files, so that what a browser has
// kept is never too old: one version of all of them stands under one folder.
func (f *Files) URL(name string) string { return Prefix + f.hash + "/" + name }

// ServeHTTP serves /static/{version}/{name}. A version that is not ours is that
// of a page from before an update: it gets what there is now, not to be kept.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	x, ok := f.byName[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", x.kind)
	h.Set("Cache-Control", "no-cache")
	if version == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := x.plain
	if x.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = x.zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) // a browser that has gone is no error of ours
	}
}
