package tongue

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// speakers are the folders whose programs speak to employees.
var speakers = []string{"agent", "cmd", "diagnostics", "internal", "ui", "server/incident"}

// sources parses what is not a test, of the folders; the keys are paths from the top.
func sources(t *testing.T, folders ...string) map[string]*ast.File {
	t.Helper()
	all := map[string]*ast.File{}
	top := filepath.Join("..", "..")
	set := token.NewFileSet()
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(top, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if rel, e := filepath.Rel(top, path); e == nil {
				all[filepath.ToSlash(rel)] = f
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// TestEveryTextIsUsed finds what nobody says any more.
func TestEveryTextIsUsed(t *testing.T) {
	unused := catalogueOf(t, English)
	for _, f := range sources(t, speakers...) {
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				if s, ok := literal(e); ok {
					delete(unused, s)
					delete(unused, "title."+s) // of a finding, by its code
				}
			}
			return true
		})
	}
	for _, id := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("nobody says %s", id)
	}
}

// TestWhatIsSaidExists finds ids that the catalogue lacks, and calls that do not
// fill the gaps of their text.
func TestWhatIsSaidExists(t *testing.T) {
	english := catalogueOf(t, English)
	calls := 0
	for _, f := range sources(t, speakers...) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 || call.Ellipsis.IsValid() {
				return true
			}
			skip, says := sayer(call.Fun)
			if !says || len(call.Args) <= skip {
				return true
			}
			args := call.Args[skip:]
			id, ok := literal(args[0])
			if !ok || !strings.Contains(id, ".") || strings.Contains(id, " ") {
				return true
			}
			calls++
			m, ok := english[id]
			if !ok {
				t.Errorf("the catalogue has no %s", id)
				return true
			}
			gaps, plain := gapsOf(args[1:])
			if plain && !slices.Equal(gaps, m.gaps(Other)) {
				t.Errorf("%s is said with %v, and has the gaps %v", id, gaps, m.gaps(Other))
			}
			return true
		})
	}
	if calls < 100 {
		t.Errorf("only %d calls were found", calls)
	}
}

// sayer reports whether a call says a text, and how many arguments stand before its id.
func sayer(fun ast.Expr) (skip int, says bool) {
	switch fun := fun.(type) {
	case *ast.SelectorExpr:
		if x, ok := fun.X.(*ast.Ident); ok && x.Name == "fault" {
			skip = 1 // the code
		}
		return skip, fun.Sel.Name == "Say" || fun.Sel.Name == "Of" || fun.Sel.Name == "and"
	case *ast.Ident: // of agent/fix
		if fun.Name == "cannot" {
			skip = 1 // the cause
		}
		return skip, fun.Name == "cannot" || fun.Name == "plans" || fun.Name == "did"
	}
	return 0, false
}

// gapsOf names the gaps that the arguments of a call fill, and false when they
// cannot be read here.
func gapsOf(args []ast.Expr) ([]string, bool) {
	var gaps []string
	for _, a := range args {
		call, ok := a.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return nil, false
		}
		gap, ok := literal(call.Args[0])
		if !ok {
			return nil, false
		}
		gaps = append(gaps, gap)
	}
	slices.Sort(gaps)
	return gaps, true
}

// TestNothingIsSaidAtStart finds texts that are read into a variable when a program
// starts. Each would cost each of the agent's children the whole catalogue in memory,
// and would be in the language that counts before somebody has chosen theirs.
func TestNothingIsSaidAtStart(t *testing.T) {
	for name, f := range sources(t, speakers...) {
		for _, d := range f.Decls {
			vars, ok := d.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			ast.Inspect(vars, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncLit:
					return false // it is said when that is called
				case *ast.CallExpr:
					if s, ok := n.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Say" || s.Sel.Name == "English") {
						t.Errorf("%s says a text at the program's start: make it a function", name)
					}
				}
				return true
			})
		}
	}
}
