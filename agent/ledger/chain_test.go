package ledger

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/agent/local"
)

// written is a ledger on the disk, of so many looks.
func written(t *testing.T, n int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "looks.jsonl")
	l, err := Open(path)
	must(t, err)
	for i := range n {
		must(t, l.Add(ended(look(i+1))))
	}
	must(t, l.Close())
	return path
}

func linesOf(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
}

// TestTampering: whatever is done to the file is told, now, after a restart, and
// when more has been written since.
func TestTampering(t *testing.T) {
	join := func(l ...[]string) string { return strings.Join(slices.Concat(l...), "") }
	for name, do := range map[string]func(l []string) string{
		"one removed":        func(l []string) string { return join(l[:3], l[4:]) },
		"the first removed":  func(l []string) string { return join(l[1:]) },
		"the last removed":   func(l []string) string { return join(l[:7]) },
		"all removed":        func([]string) string { return "" },
		"some removed":       func(l []string) string { return join(l[:2], l[5:]) },
		"half of the last":   func(l []string) string { return join(l[:7]) + l[7][:40] },
		"the last line end":  func(l []string) string { return strings.TrimSuffix(join(l[:7]), "\n") },
		"two swapped":        func(l []string) string { return join(l[:3], l[4:5], l[3:4], l[5:]) },
		"one twice":          func(l []string) string { return join(l[:4], l[3:]) },
		"a name changed":     func(l []string) string { return strings.Replace(join(l), "Kim", "Tim", 1) },
		"the last changed":   func(l []string) string { return join(l[:7]) + strings.Replace(l[7], "Kim", "Tim", 1) },
		"a space added":      func(l []string) string { return strings.Replace(join(l), ",", ", ", 1) },
		"a number changed":   func(l []string) string { return strings.Replace(join(l), `"n":4`, `"n":5`, 1) },
		"a line of somebody": func(l []string) string { return join(l[:4], []string{"hello\n"}, l[4:]) },
		"an invented look":   func(l []string) string { return join(l) + strings.Replace(l[7], `"n":8`, `"n":9`, 1) },
		"garbage":            func(l []string) string { return join(l[:3], []string{"{\x00\xff\n"}, l[4:]) },
	} {
		path := written(t, 8)
		before := linesOf(t, path)
		before[7] += "\n"
		must(t, os.WriteFile(path, []byte(do(before)), 0o644))
		for round := range 3 {
			l, err := Open(path)
			must(t, err)
			all, err := l.Newest(100)
			if err != nil || all.Whole() || all.Removed > 8 || all.Changed > 8 {
				t.Errorf("%s, start %d: %d removed, %d changed, %d looks, %v", name, round+1, all.Removed, all.Changed, len(all.Looks), err)
			}
			must(t, l.Add(ended(look(100+round))))
			if all, err := l.Newest(1); err != nil || all.Looks[0].ID != fmt.Sprintf("look-%d", 100+round) {
				t.Errorf("%s: it does not go on: %+v, %v", name, all, err)
			}
			must(t, l.Close())
		}
	}
}

// TestEveryByte changes each byte of the file for itself.
func TestEveryByte(t *testing.T) {
	path := written(t, 4)
	b, err := os.ReadFile(path)
	must(t, err)
	h, ok, err := readHead(path + ".head")
	if !ok || err != nil || !whole(b, h) {
		t.Fatalf("the head: %v, %v", ok, err)
	}
	for i := range b {
		for _, flip := range []byte{0x01, 0x20, 0x80} {
			c := bytes.Clone(b)
			c[i] ^= flip
			if whole(c, h) {
				t.Errorf("byte %d changed from %q to %q, and it is whole", i, b[i], c[i])
			}
		}
		if i < len(b)-1 && whole(b[:i], h) { // the last line's end says nothing
			t.Errorf("cut after %d bytes, and it is whole", i)
		}
	}
}

func whole(b []byte, h head) bool {
	r := read(b, h)
	return r.whole() && r.last == h.Last && r.good == int64(len(b))
}

// Counts are told where they can be known.
func TestWhatIsTold(t *testing.T) {
	path := written(t, 8)
	l := linesOf(t, path)
	must(t, os.WriteFile(path, []byte(strings.Join(slices.Concat(l[:2], l[5:]), "")+"\n"), 0o644))
	led, err := Open(path)
	must(t, err)
	defer led.Close()
	if all, err := led.Newest(9); err != nil || all.Removed != 3 || all.Changed != 0 || len(all.Looks) != 5 || all.Since.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
}

// While the agent runs somebody's editor puts another file in the place of ours, or
// empties it: what comes then is written all the same, and told.
func TestReplacedWhileOpen(t *testing.T) {
	for name, do := range map[string]func(path string) error{
		"replaced": func(path string) error {
			if err := os.WriteFile(path+"~", []byte("mine\n"), 0o600); err != nil {
				return err
			}
			return os.Rename(path+"~", path)
		},
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"chopped": func(path string) error { return os.Truncate(path, 77) },
		"removed": os.Remove,
	} {
		path := filepath.Join(t.TempDir(), "looks.jsonl")
		l, err := Open(path)
		must(t, err)
		must(t, l.Add(ended(look(1))))
		must(t, l.Add(ended(look(2))))
		must(t, do(path))
		must(t, l.Add(ended(look(3))))
		if all, err := l.Newest(9); err != nil || all.Whole() || len(all.Looks) != 1 || all.Looks[0].ID != "look-3" {
			t.Errorf("%s: %+v, %v", name, all, err)
		}
		must(t, l.Close())
	}
}

// Who takes the head away does not make a file whole.
func TestWithoutItsHead(t *testing.T) {
	for name, damage := range map[string]func(string) error{
		"removed": os.Remove,
		"garbage": func(p string) error { return os.WriteFile(p, []byte(`{"last":`), 0o644) },
		"empty":   func(p string) error { return os.Truncate(p, 0) },
	} {
		path := written(t, 3)
		must(t, damage(path+".head"))
		for range 2 {
			l, err := Open(path)
			must(t, err)
			must(t, l.Add(ended(look(4))))
			if all, err := l.Newest(9); err != nil || all.Whole() || len(all.Looks) != 4 {
				t.Errorf("%s: %+v, %v", name, all, err)
			}
			must(t, l.Close())
		}
	}
}

// A file of an older agent, without numbers, is read, and the chain begins there.
func TestOlderFiles(t *testing.T) {
	const old = `{"id":"a","who":"Kim","kind":"log","what":"the log","at":"2026-01-01T00:00:00Z","ended":"2026-01-01T00:00:01Z","result":"answered"}` + "\n"
	for name, c := range map[string]struct {
		file string
		want int
	}{"whole": {old, 1}, "with half a line": {old + `{"id":"b"`, 1}, "empty": {"", 0}, "somebody's": {"hello\n\n" + old, 1}} {
		path := filepath.Join(t.TempDir(), "looks.jsonl")
		must(t, os.WriteFile(path, []byte(c.file), 0o644))
		for round := range 3 {
			l, err := Open(path)
			must(t, err)
			if got, err := newest(l, 9); err != nil || len(got) != c.want+round {
				t.Errorf("%s, start %d: %+v, %v", name, round+1, got, err)
			}
			must(t, l.Add(ended(look(round))))
			must(t, l.Close())
		}
		if c.want == 0 {
			continue
		}
		b, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, bytes.Replace(b, []byte("Kim"), []byte("Tim"), 1), 0o644))
		l, err := Open(path)
		must(t, err)
		if all, err := l.Newest(9); err != nil || all.Whole() {
			t.Errorf("%s, changed: %+v, %v", name, all, err)
		}
		must(t, l.Close())
	}
	path := filepath.Join(t.TempDir(), "looks.jsonl") // larger than fits
	must(t, os.WriteFile(path, bytes.Repeat([]byte(old), 200), 0o644))
	l, err := open(path, 8<<10)
	must(t, err)
	defer l.Close()
	for n := range 100 {
		must(t, l.Add(ended(look(n))))
		if i, err := os.Stat(path); err != nil || n > 0 && i.Size() > 8<<10 {
			t.Fatalf("%d bytes, %v", i.Size(), err)
		}
		if got, err := newest(l, 9); err != nil || len(got) == 0 {
			t.Fatalf("after %d: %+v, %v", n, got, err)
		}
	}
}

// Who is asked for a yes is in the list, and nobody looks yet.
func TestAskedIsNotLooking(t *testing.T) {
	l, err := Open(filepath.Join(t.TempDir(), "looks.jsonl"))
	must(t, err)
	defer l.Close()
	k := look(1)
	k.Consent = local.ConsentAsked
	must(t, l.Add(k))
	if got := l.Looking(); len(got) != 0 {
		t.Errorf("looking: %+v", got)
	}
	k.Consent = local.ConsentGiven
	must(t, l.Add(k))
	if got := l.Looking(); len(got) != 1 {
		t.Errorf("looking after a yes: %+v", got)
	}
	if got, err := newest(l, 9); err != nil || len(got) != 1 || got[0].Consent != local.ConsentGiven {
		t.Errorf("%+v, %v", got, err)
	}
}
