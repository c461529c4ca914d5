package assets_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/deskbell/deskbell/server/console/assets"
)

// TestBundle makes the static files again: what is committed must be what the
// sources make, byte for byte.
func TestBundle(t *testing.T) {
	made, err := assets.Bundle(".")
	if err != nil {
		t.Fatal(err)
	}
	same(t, made, filepath.Join("..", "static", "files"), "*")
}

// TestTemplates makes the components again.
func TestTemplates(t *testing.T) {
	made, err := assets.Templates("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(made) < 20 {
		t.Fatalf("only %d components were found", len(made))
	}
	for path, want := range made {
		have, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what its source makes (%v): run “go generate ./server/console/...”", path, err)
		}
	}
	generated, err := filepath.Glob("../*/*_templ.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range generated {
		if _, ok := made[path]; !ok {
			t.Errorf("%s has no source any more: remove it", path)
		}
	}
}

// TestIcons looks for every icon that a component names: one that is not there is an empty
// place that nobody misses.
func TestIcons(t *testing.T) {
	sprite, err := os.ReadFile("../static/files/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("../*.templ")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../*/*.templ")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range append(sources, more...) {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Icon\("([a-z0-9-]*[a-z0-9])"\)`).FindAllSubmatch(source, -1) {
			n++
			if !bytes.Contains(sprite, []byte(`id="`+string(m[1])+`"`)) {
				t.Errorf("%s names the icon %q, and there is none", path, m[1])
			}
		}
	}
	if n < 100 {
		t.Fatalf("only %d icons were found", n)
	}
}

func same(t *testing.T, made map[string][]byte, dir, pattern string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, filepath.Base(f))
	}
	if want := slices.Sorted(maps.Keys(made)); !slices.Equal(names, want) {
		t.Errorf("%s holds %q, and the sources make %q: run “go generate ./server/console/...”", dir, names, want)
	}
	for name, want := range made {
		have, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the sources make (%v): run “go generate ./server/console/...”", name, err)
		}
	}
}
