// Package assets makes what browsers load out of its sources: TypeScript and
// styles bundled by esbuild, icons gathered into one sprite, and templ's
// components turned into Go. The results are committed, so that building the
// server needs none of this; tests make them again and compare.
package assets

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"
	"github.com/evanw/esbuild/pkg/api"
)

// entries are the files that pages name. Each stands alone: a page that needs no
// chart loads none of its code.
func entries() []string {
	return []string{"ts/app.ts", "ts/charts.ts", "ts/report.ts", "ts/recording.ts", "ts/terminal.ts", "ts/wall.ts", "ts/tv.ts", "ts/enter.ts", "css/app.css"}
}

// Bundle returns what is served, by file name, made from the sources in dir.
func Bundle(dir string) (map[string][]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var points []string
	for _, e := range entries() {
		points = append(points, filepath.Join(abs, filepath.FromSlash(e)))
	}
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: abs, EntryPoints: points, Outdir: filepath.Join(abs, "out"), EntryNames: "[name]", AssetNames: "[name]",
		Bundle: true, Write: false, Format: api.FormatESModule, Target: api.ES2023, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		Loader:    map[string]api.Loader{".woff2": api.LoaderFile},
		Supported: map[string]bool{"nesting": true}, // lowering it would double the styles
	})
	if len(r.Errors) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(r.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	out := map[string][]byte{}
	for _, f := range r.OutputFiles {
		out[filepath.Base(f.Path)] = f.Contents
	}
	if out["icons.svg"], err = sprite(filepath.Join(abs, "vendor", "lucide"), filepath.Join(abs, "icons")); err != nil {
		return nil, err
	}
	if out["favicon.svg"], err = os.ReadFile(filepath.Join(abs, "favicon.svg")); err != nil {
		return nil, err
	}
	out["LICENSES.txt"], err = licences(abs)
	return out, err
}

var (
	svgTag  = regexp.MustCompile(`(?s)<svg\b[^>]*>`)
	viewBox = regexp.MustCompile(`viewBox="([^"]+)"`)
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	space   = regexp.MustCompile(`\s+`)
)

// sprite gathers the SVG files of the folders as symbols named like the files.
func sprite(dirs ...string) ([]byte, error) {
	var files []string
	for _, d := range dirs {
		found, err := filepath.Glob(filepath.Join(d, "*.svg"))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(filepath.Base(a), filepath.Base(b)) })
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">` + "\n")
	for _, f := range files {
		doc, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		s := comment.ReplaceAllString(string(doc), "")
		tag := svgTag.FindString(s)
		box := viewBox.FindStringSubmatch(tag)
		if box == nil {
			return nil, fmt.Errorf("%s has no viewBox", f)
		}
		inner := s[strings.Index(s, tag)+len(tag) : strings.LastIndex(s, "</svg>")]
		inner = strings.TrimSpace(space.ReplaceAllString(inner, " "))
		fmt.Fprintf(&b, "<symbol id=%q viewBox=%q>%s</symbol>\n", strings.TrimSuffix(filepath.Base(f), ".svg"), box[1], inner)
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// licences gathers the licences of what is bundled: they ask to be passed on.
func licences(dir string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("Deskbell's pages contain the following works of others.\n")
	for _, v := range []struct{ folder, title string }{
		{"htmx", "htmx 4.0.1, https://htmx.org"},
		{"uplot", "uPlot 1.6.32, https://github.com/leeoniya/uPlot"},
		{"xterm", "xterm.js 5.5.0, https://xtermjs.org"},
		{"inter", "Inter 4 (variable), https://rsms.me/inter"},
		{"lucide", "Lucide 1.62.0, https://lucide.dev"},
	} {
		text, err := os.ReadFile(filepath.Join(dir, "vendor", v.folder, "LICENSE"))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", v.title, strings.Repeat("-", len(v.title)), strings.TrimSpace(string(text)))
	}
	return b.Bytes(), nil
}

// Templates returns the Go source of every templ file under root, by the path
// where it belongs.
func Templates(root string) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".templ" {
			return err
		}
		src, err := component(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		out[strings.TrimSuffix(path, ".templ")+"_templ.go"] = src
		return nil
	})
	return out, err
}

func component(path string) ([]byte, error) {
	file, err := parser.Parse(path)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := generator.Generate(file, &b, generator.WithVersion(templ.Version()), generator.WithFileName(filepath.Base(path))); err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}
