// Package arrows holds the imports to the design: cmd → wiring → adapters → use
// cases → pure domain → vocabulary, and never back. What may import what stands in
// one table; this test fails on any other import, and on a package that the table
// does not know.
package arrows

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ours is how the names of this module's packages begin.
const ours = "github.com/deskbell/deskbell/"

// row says what a package may import of ours.
type row struct {
	of     string
	may    []string
	tool   bool // imports what it likes, and nothing but tools imports it
	helper bool // the same, for what tests use; tools may import it
}

// home says where a library may be imported.
type home struct {
	of string
	in []string
}

// program says what a program must not contain.
type program struct {
	name  string
	never []string
}

// list flattens names and lists of names.
func list(parts ...any) []string {
	var out []string
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			out = append(out, p)
		case []string:
			out = append(out, p...)
		}
	}
	return out
}

// covers reports whether a name of the tables is a package's.
func covers(name, pkg string) bool {
	if above, ok := strings.CutSuffix(name, "/…"); ok {
		return under(above, pkg)
	}
	return name == pkg
}

// under reports whether an import is of a module or folder, of any major version.
func under(above, pkg string) bool { return pkg == above || strings.HasPrefix(pkg, above+"/") }

func rowOf(rows []row, pkg string) (row, bool) {
	for _, r := range rows {
		if covers(r.of, pkg) {
			return r, true
		}
	}
	return row{}, false
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// broken returns what the tables forbid of these packages' imports.
func broken(rows []row, homes []home, pkgs []pkg) []string {
	var out []string
	for _, p := range pkgs {
		name := strings.TrimPrefix(p.ImportPath, ours)
		r, ok := rowOf(rows, name)
		if !ok {
			out = append(out, name+" stands in no row of the table")
			continue
		}
		for _, imported := range p.Imports {
			own, isOurs := strings.CutPrefix(imported, ours)
			if isOurs {
				if why := forbidden(rows, r, own); why != "" {
					out = append(out, fmt.Sprintf("%s imports %s%s", name, own, why))
				}
				continue
			}
			if r.helper {
				continue
			}
			if h, ok := homeOf(homes, imported); ok && !slices.ContainsFunc(h.in, func(in string) bool { return covers(in, name) }) {
				out = append(out, fmt.Sprintf("%s imports %s, which is for %s", name, imported, strings.Join(h.in, ", ")))
			}
		}
	}
	return out
}

// forbidden says why a package may not import another of ours; "" when it may.
func forbidden(rows []row, r row, imported string) string {
	to, _ := rowOf(rows, imported)
	switch {
	case to.helper && !r.helper && !r.tool:
		return ", which is for tests"
	case to.tool && !r.tool:
		return ", which is a tool"
	case r.tool || r.helper:
		return ""
	case slices.ContainsFunc(r.may, func(name string) bool { return covers(name, imported) }):
		return ""
	}
	return ", which its row does not allow"
}

func homeOf(homes []home, imported string) (home, bool) {
	var found home
	for _, h := range homes {
		if under(h.of, imported) && len(h.of) > len(found.of) {
			found = h
		}
	}
	return found, found.of != ""
}

// systems are what Deskbell is built for. The imports differ.
var systems = []string{"linux", "windows", "darwin"}

// watch reads every folder of source code: go test keeps a result for as long as
// what the test itself has read is unchanged, and what the go command reads for it
// does not count.
func watch(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case d.Name() == ".git" || d.Name() == ".cache" || d.Name() == "bin" || d.Name() == "var" || d.Name() == "testdata":
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goList asks the go command about packages as a system's build sees them.
func goList(t *testing.T, system string, args ...string) []pkg {
	t.Helper()
	watch(t)
	cmd := exec.CommandContext(t.Context(), "go", append([]string{
		"list", "-e", "-json=ImportPath,Dir,GoFiles,Imports", "-tags", "x11,migrated_fynedo,gles",
	}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(out); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImportsFollowTheArrows(t *testing.T) {
	for _, system := range systems {
		t.Run(system, func(t *testing.T) {
			pkgs := goList(t, system, "./...")
			if len(pkgs) < 60 {
				t.Fatalf("go list knows %d packages only", len(pkgs))
			}
			for _, line := range broken(house, homes, pkgs) {
				t.Error(line)
			}
		})
	}
}

// TestTableIsAboutWhatThereIs finds rows of packages that are gone, and leave that
// nobody takes.
func TestTableIsAboutWhatThereIs(t *testing.T) {
	imports := map[string]map[string]bool{}
	for _, system := range systems {
		for _, p := range goList(t, system, "./...") {
			name := strings.TrimPrefix(p.ImportPath, ours)
			if imports[name] == nil {
				imports[name] = map[string]bool{}
			}
			for _, i := range p.Imports {
				imports[name][strings.TrimPrefix(i, ours)] = true
			}
		}
	}
	for _, r := range house {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(imports)), func(p string) bool { return covers(r.of, p) }) {
			t.Errorf("the table has a row for %s, which there is not", r.of)
		}
	}
	for _, h := range homes {
		for _, in := range h.in {
			used := false
			for p, of := range imports {
				used = used || covers(in, p) && slices.ContainsFunc(slices.Collect(maps.Keys(of)), func(i string) bool { return under(h.of, i) })
			}
			if !used {
				t.Errorf("%s may import %s, and does not", in, h.of)
			}
		}
	}
}

// TestForbiddenImportsAreFound forbids in every way there is.
func TestForbiddenImportsAreFound(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"agent/uplink", ours + "server/hub", "its row does not allow"},
		{"server/hub", ours + "agent/uplink", "its row does not allow"},
		{"server/ticket", ours + "server/store", "its row does not allow"},
		{"server/desk", ours + "server/store", "its row does not allow"},
		{"server/noc", ours + "server/metrics", "its row does not allow"},
		{"ui/ring", ours + "agent/outbox", "its row does not allow"},
		{"diagnostics", ours + "internal/wire", "its row does not allow"},
		{"server", ours + "server/servertest", "for tests"},
		{"agent", ours + "agent/uplink/uplinktest", "for tests"},
		{"cmd/deskbell-server", ours + "internal/bench/bareagent", "a tool"},
		{"server/gossip", ours + "internal/fault", "stands in no row"},
		{"server/desk", "database/sql", "is for server/store"},
		{"server/store/gossip", "fmt", "stands in no row"},
		{"ui/model", "fyne.io/fyne/v2/widget", "is for ui"},
		{"ui/tray", "fyne.io/fyne/v2", "is for ui"},
		{"server/console", "github.com/jackc/pgx/v5/pgxpool", "is for server/store"},
		{"agent/remote", "github.com/shirou/gopsutil/v3/process", "is for diagnostics/probe"},
	} {
		got := strings.Join(broken(house, homes, []pkg{{ImportPath: ours + c.from, Imports: []string{c.to}}}), "; ")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s → %s: found %q, want %q", c.from, c.to, got, c.want)
		}
	}
	if got := broken(house, homes, []pkg{{ImportPath: ours + "server/desk", Imports: []string{ours + "server/ticket", "context"}}}); got != nil {
		t.Errorf("what is allowed was found: %v", got)
	}
}

func TestProgramsContainOnlyWhatTheyMay(t *testing.T) {
	for _, system := range systems {
		for _, p := range programs {
			t.Run(system+" "+p.name, func(t *testing.T) {
				deps := goList(t, system, "-deps", "./"+p.name)
				if len(deps) < 50 {
					t.Fatalf("go list knows %d packages only", len(deps))
				}
				for _, found := range linked(p.never, deps) {
					t.Error(p.name + " contains " + found)
				}
			})
		}
	}
	found := linked(list("fyne.io/fyne"), []pkg{{ImportPath: "fyne.io/fyne/v2/canvas"}, {ImportPath: "fyne.io/systray"}, {ImportPath: "fyne.io/fyneplus"}})
	if want := []string{"fyne.io/fyne/v2/canvas"}; !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

// linked returns what of a program's packages it may not contain.
func linked(never []string, deps []pkg) []string {
	var out []string
	for _, d := range deps {
		if slices.ContainsFunc(never, func(n string) bool { return under(n, d.ImportPath) }) {
			out = append(out, d.ImportPath)
		}
	}
	return out
}

func TestPureDomainIsPure(t *testing.T) {
	for _, p := range goList(t, "linux", slices.Collect(func(yield func(string) bool) {
		for _, name := range pure {
			if !yield("./" + name) {
				return
			}
		}
	})...) {
		for _, i := range p.Imports {
			if slices.Contains(impureImports, i) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
		files := token.NewFileSet()
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, use := range impurities(f) {
				t.Errorf("%s: %s", files.Position(use.Pos()), selector(use))
			}
		}
	}
}

// impurities finds uses of the clock.
func impurities(f *ast.File) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(impureCalls, selector(s)) {
			found = append(found, s)
		}
		return true
	})
	slices.SortFunc(found, func(a, b *ast.SelectorExpr) int { return cmp.Compare(a.Pos(), b.Pos()) })
	return found
}

func selector(s *ast.SelectorExpr) string {
	if x, ok := s.X.(*ast.Ident); ok {
		return x.Name + "." + s.Sel.Name
	}
	return ""
}

func TestClocksAreFound(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\nimport \"time\"\nvar now = time.Now\nfunc f(t time.Time) bool { return time.Since(t) > 0 && t.After(t) }", parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(impurities(f)); n != 2 {
		t.Errorf("found %d uses of the clock, want 2", n)
	}
}
