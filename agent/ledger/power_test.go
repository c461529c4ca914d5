//go:build linux

package ledger

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/powercut"
)

// small lets the file be cut now and then while a test writes.
const small = 2 << 10

// TestPowerCut: whenever the power goes, what was told written is there, and
// nobody is accused of having removed what never was.
func TestPowerCut(t *testing.T) {
	written := 0
	for at := range 120 {
		d := powercut.New()
		dir := t.TempDir()
		path := filepath.Join(dir, "looks.jsonl")
		unmount := d.Mount(t, dir)
		d.Cut(at + 1)
		told := writeUntilDark(path)
		unmount()
		for range 2 { // it may go again, before anything more is written
			d = d.After()
			unmount = d.Mount(t, dir)
			l, err := open(path, small)
			if err != nil {
				t.Fatal(err)
			}
			got, err := newest(l, 100)
			if err != nil || told > 0 && len(got) == 0 || told > 0 && got[0].At.Before(look(told).At) {
				t.Errorf("write %d: told %d, found %+v, %v", at+1, told, got, err)
			}
			if rand.IntN(2) == 0 {
				if err := l.Add(ended(look(told + 1))); err != nil {
					t.Error(err)
				}
				if got, err := newest(l, 1); err != nil || got[0].ID != look(told+1).ID {
					t.Errorf("write %d: then %+v, %v", at+1, got, err)
				}
				told++
			}
			l.Close()
			unmount()
		}
		written += told
	}
	if written < 500 {
		t.Errorf("only %d looks were told written: this shows nothing", written)
	}
}

// writeUntilDark writes until the disk fails, and returns how many were told
// written. Nothing is told written after the first error.
func writeUntilDark(path string) (told int) {
	l, err := open(path, small)
	if err != nil {
		return 0
	}
	defer l.Close()
	for l.Add(ended(look(told+1))) == nil {
		told++
	}
	return told
}

// TestFailureAtEveryWrite: whichever write finds the disk full or broken, the
// ledger says so, stays whole, and goes on when there is room again.
func TestFailureAtEveryWrite(t *testing.T) {
	for _, failure := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
		for at := 1; at < 60; at++ {
			d := powercut.New()
			dir := t.TempDir()
			unmount := d.Mount(t, dir)
			path := filepath.Join(dir, "looks.jsonl")
			l, err := open(path, small)
			must(t, err)
			d.Fail(at, failure)
			failed, told := 0, 0
			for n := range 20 {
				err := l.Add(ended(look(n)))
				if err == nil {
					told++
					continue
				}
				failed++
				if !errors.Is(err, failure) || durable.NoSpace(err) != (failure == syscall.ENOSPC) {
					t.Errorf("%v at write %d: %v", failure, at, err)
				}
			}
			if d.Failed() != (failed == 1) {
				t.Errorf("%v at write %d: %d adds failed", failure, at, failed)
			}
			for range 2 {
				if got, err := newest(l, 100); err != nil || len(got) == 0 || got[0].ID != "look-19" && failed == 0 {
					t.Errorf("%v at write %d, %d told: %+v, %v", failure, at, told, got, err)
				}
				must(t, l.Close())
				l, err = open(path, small)
				must(t, err)
			}
			must(t, l.Close())
			unmount()
		}
	}
}
