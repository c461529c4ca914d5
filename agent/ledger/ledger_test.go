package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
)

func look(n int) local.Look {
	return local.Look{ID: fmt.Sprintf("look-%d", n), Who: "Kim", Kind: "processes", What: "the list of running programs", At: time.Unix(int64(n), 0).UTC()}
}

func ended(k local.Look) local.Look {
	k.Ended, k.Result = k.At.Add(time.Second), "answered"
	return k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLooks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "looks.jsonl")
	l, err := Open(path)
	must(t, err)
	changed := l.Changed()
	must(t, l.Add(look(1)))
	must(t, l.Add(look(2)))
	must(t, l.Add(ended(look(1))))
	if got := l.Looking(); len(got) != 1 || got[0].ID != "look-2" {
		t.Errorf("looking: %+v", got)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody is told")
	}
	got, err := newest(l, 10)
	if err != nil || len(got) != 2 || got[0].ID != "look-2" || got[0].Result != "" || got[1].Result != "answered" {
		t.Errorf("newest: %+v, %v", got, err)
	}
	must(t, l.Close())
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v: people read this file", i.Mode(), err)
	}
	l, err = Open(path) // the agent was killed in the middle of a look
	must(t, err)
	defer l.Close()
	if got := l.Looking(); len(got) != 0 {
		t.Errorf("looking after a restart: %+v", got)
	}
	if got, _ := newest(l, 1); len(got) != 1 || got[0].ID != "look-2" || got[0].Result != "unknown" {
		t.Errorf("newest after a restart: %+v", got)
	}
}

// newest is Newest of a ledger that must be whole.
func newest(l *Ledger, n int) ([]local.Look, error) {
	all, err := l.Newest(n)
	if err == nil && !all.Whole() {
		err = fmt.Errorf("%d removed, %d changed", all.Removed, all.Changed)
	}
	return all.Looks, err
}

// The power went while the third line was written: nobody was told that it was.
func TestHalfALine(t *testing.T) {
	for cut := range 120 {
		path := filepath.Join(t.TempDir(), "looks.jsonl")
		l, err := Open(path)
		must(t, err)
		must(t, l.Add(ended(look(1))))
		must(t, l.Add(ended(look(2))))
		must(t, l.Close())
		head, err := os.ReadFile(path + ".head")
		must(t, err)
		info, err := os.Stat(path)
		must(t, err)
		l, err = Open(path)
		must(t, err)
		must(t, l.Add(ended(look(3))))
		must(t, l.Close())
		must(t, os.WriteFile(path+".head", head, 0o644))
		must(t, os.Truncate(path, info.Size()+int64(cut)))
		l, err = Open(path)
		must(t, err)
		must(t, l.Add(ended(look(4))))
		got, err := newest(l, 10)
		if err != nil || len(got) != 3 || got[0].ID != "look-4" || got[1].ID != "look-2" {
			t.Errorf("%d bytes: newest: %+v, %v", cut, got, err)
		}
		must(t, l.Close())
	}
}

func TestBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "looks.jsonl")
	l, err := open(path, 8<<10)
	must(t, err)
	defer func() { l.Close() }()
	for n := range 500 {
		must(t, l.Add(ended(look(n))))
		if i, err := os.Stat(path); err != nil || i.Size() > 8<<10 {
			t.Fatalf("%d bytes, %v", i.Size(), err)
		}
		if n%7 == 0 { // it goes on where it ended
			must(t, l.Close())
			l, err = open(path, 8<<10)
			must(t, err)
		}
	}
	got, err := newest(l, 1000)
	if err != nil || len(got) < 10 || got[0].ID != "look-499" || got[len(got)-1].ID != fmt.Sprintf("look-%d", 500-len(got)) {
		t.Errorf("%d looks, %v", len(got), err)
	}
	if i, _ := os.Stat(path); i.Mode().Perm() != 0o644 {
		t.Errorf("mode %v after shortening", i.Mode())
	}
}
