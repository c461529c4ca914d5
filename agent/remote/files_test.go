package remote

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// asked is a person who is asked for consent.
type asked struct {
	err   error
	asked []consent.Question
}

func (a *asked) Ask(_ context.Context, q consent.Question, asking func()) (string, error) {
	a.asked = append(a.asked, q)
	asking()
	return "1000", a.err
}

// fetching is a runner that may fetch from a folder, whose files are a person's or
// the machine's.
func fetching(t *testing.T, personal bool, c Consent) (r *Runner, told *looks, path string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := files.New(files.Policy{From: []string{dir + "/*.log"}})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "app.log")
	if err := os.WriteFile(path, []byte("user=anna\npassword=hunter2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if personal {
		if runtime.GOOS != "linux" || os.Geteuid() != 0 {
			t.Fatal("this test gives a file to somebody, which root on Linux can")
		}
		if err := os.Chown(path, 4242, 4242); err != nil {
			t.Fatal(err)
		}
	}
	told = &looks{}
	all := map[wire.AskKind]bool{wire.ActListFiles: true, wire.ActFetchFile: true}
	return New(Options{Policy: Policy{Allow: all}, Files: s, Consent: c, OnLook: told.add}), told, path
}

func TestFetchAFile(t *testing.T) {
	r, told, path := fetching(t, false, nil)
	a := do(t, r, ask(t, wire.ActFetchFile, wire.FetchFileParams{Path: path}))
	if a.last.Code != "" || len(a.parts) != 3 {
		t.Fatalf("%d parts, %s", len(a.parts), a.last.Sentence)
	}
	head, chunk, end := decode[wire.FilePart](t, a.parts[0]), decode[wire.FilePart](t, a.parts[1]), decode[wire.FilePart](t, a.parts[2])
	if head.Name != "app.log" || head.Size != 27 || !bytes.HasPrefix(chunk.Data, []byte("user=anna\npassword=")) || bytes.Contains(chunk.Data, []byte("hunter2")) ||
		end.Fetched == nil || end.Fetched.Redacted != 1 || end.Fetched.Bytes != int64(len(chunk.Data)) {
		t.Errorf("%+v, %q, %+v", head, chunk.Data, end.Fetched)
	}
	if len(told.all) != 2 || told.all[1].Result != "done" || !strings.Contains(told.all[1].What, path) {
		t.Errorf("the employee is told %+v", told.all)
	}
	list := only[wire.FilesPart](t, do(t, r, ask(t, wire.ActListFiles, wire.ListFilesParams{Path: filepath.Dir(path)})))
	if len(list.Entries) != 1 || list.Entries[0].Path != path {
		t.Errorf("%+v", list)
	}
}

// What is somebody's own is theirs to give: they are asked, by name of the file, and
// without their yes not a byte leaves the machine.
func TestAPersonsFileNeedsTheirYes(t *testing.T) {
	yes := &asked{}
	r, told, path := fetching(t, true, yes)
	a := do(t, r, ask(t, wire.ActFetchFile, wire.FetchFileParams{Path: path}))
	if a.last.Code != "" || len(yes.asked) != 1 || yes.asked[0].Whose != "4242" || yes.asked[0].About != path || told.all[len(told.all)-1].Consent == "" {
		t.Errorf("%+v, asked %+v, told %+v", a.last, yes.asked, told.all)
	}
	for name, c := range map[string]Consent{"a no": &asked{err: fault.New(fault.Forbidden, "not now")}, "nobody to ask": nil} {
		r, told, path := fetching(t, true, c)
		a := do(t, r, ask(t, wire.ActFetchFile, wire.FetchFileParams{Path: path}))
		for _, p := range a.parts {
			if bytes.Contains(p, []byte("data")) {
				t.Errorf("%s: a part of the file was sent: %s", name, p)
			}
		}
		if a.last.Code != fault.Forbidden || told.all[len(told.all)-1].Result != "refused" {
			t.Errorf("%s: %+v, told %+v", name, a.last, told.all)
		}
	}
}

// replace puts another file in a file's place while its owner thinks about it.
type replace struct{ path string }

func (x replace) Ask(_ context.Context, _ consent.Question, asking func()) (string, error) {
	asking()
	other := x.path + ".new"
	return "1000", errors.Join(os.WriteFile(other, []byte("another"), 0o644), os.Chown(other, 4242, 4242), os.Rename(other, x.path))
}

func TestAFileThatIsReplacedDuringConsent(t *testing.T) {
	x := &replace{}
	r, _, path := fetching(t, true, x)
	x.path = path
	if a := do(t, r, ask(t, wire.ActFetchFile, wire.FetchFileParams{Path: path})); a.last.Code != fault.Stale {
		t.Errorf("%+v", a.last)
	}
}

// The session ends while a file is on its way: it is read no further, and the next
// one can be fetched.
func TestASessionThatIsCutHalfWay(t *testing.T) {
	r, told, path := fetching(t, false, nil)
	if err := os.WriteFile(path, []byte(strings.Repeat("a line\n", 200000)), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cut := context.WithCancel(t.Context())
	parts := 0
	r.Do(ctx, "01JD", ask(t, wire.ActFetchFile, wire.FetchFileParams{Path: path}), func(a wire.Answer) {
		if parts++; parts == 3 {
			cut()
		}
		if a.Done && a.Code == "" {
			t.Error("it ended as if it were whole")
		}
	})
	if parts > 4 || told.all[1].Result != "cancelled" {
		t.Errorf("%d parts, told %+v", parts, told.all)
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if a := do(t, r, ask(t, wire.ActFetchFile, wire.FetchFileParams{Path: path})); a.last.Code != "" {
		t.Errorf("the next one: %+v", a.last)
	}
}

func TestNoPlaceIsNamed(t *testing.T) {
	none, err := files.New(files.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*files.Shelf{nil, none} {
		r := New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{wire.ActListFiles: true, wire.ActFetchFile: true}}, Files: s})
		for _, k := range []wire.AskKind{wire.ActListFiles, wire.ActFetchFile} {
			if a := do(t, r, ask(t, k, `{"path":"/etc/hostname"}`)); a.last.Code != fault.Forbidden {
				t.Errorf("%s: %+v", k, a.last)
			}
		}
	}
}
