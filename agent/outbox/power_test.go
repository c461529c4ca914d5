//go:build linux

package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/powercut"
	"github.com/deskbell/deskbell/internal/wire"
)

// What was told saved survives a power cut at any moment, once and whole, and what
// was told settled is not sent again for want of its note.
func TestPowerCut(t *testing.T) {
	const cuts = 150
	saved, lost := 0, 0
	for range cuts {
		d := powercut.New()
		dir := t.TempDir()
		unmount := d.Mount(t, dir)
		told, settled := map[string]string{}, map[string]bool{}
		d.Cut(1 + rand.IntN(80))
		appendUntilDark(t, filepath.Join(dir, "outbox"), told, settled)
		unmount()
		unmount = d.After().Mount(t, dir)
		b, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Options{})
		if len(told) > 0 && err != nil {
			t.Fatal(err)
		}
		for id, title := range told {
			saved++
			e, err := b.Read(id)
			var o wire.TicketOpen
			if err != nil || json.Unmarshal(e.Body, &o) != nil || o.Title != title {
				t.Errorf("%s, told saved, is %q, %v", id, o.Title, err)
				lost++
			}
			if i, _ := b.Item(id); settled[id] && i.State != outbox.Sent {
				t.Errorf("%s, told settled, is %s", id, i.State)
			}
		}
		unmount()
		if t.Failed() {
			break
		}
	}
	if saved < cuts/2 {
		t.Errorf("only %d entries were told saved in %d cuts: this shows nothing", saved, cuts)
	}
	t.Logf("%d cuts, %d told saved, %d lost", cuts, saved, lost)
}

// appendUntilDark writes until the disk fails.
func appendUntilDark(t *testing.T, dir string, told map[string]string, settled map[string]bool) {
	b, err := outbox.Open(dir, outbox.Options{})
	if err != nil {
		return
	}
	for n := 0; ; n++ {
		title := fmt.Sprintf("title %d", n)
		i, err := b.Append(ring("1000", title))
		if err != nil {
			return
		}
		told[i.ID] = title
		if n%2 == 0 {
			if b.Settle(i.ID, "e1", wire.Ack{OK: true}) != nil {
				return
			}
			settled[i.ID] = true
		}
		if n > 2000 {
			t.Error("the power does not fail")
			return
		}
	}
}

// Whichever write finds the disk full or broken, nothing is told saved that is not,
// and nothing that was there is harmed.
func TestFailureAtEveryWrite(t *testing.T) {
	for _, failure := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT} {
		for n := 1; ; n++ {
			d := powercut.New()
			dir := t.TempDir()
			unmount := d.Mount(t, dir)
			box := filepath.Join(dir, "outbox")
			b := open(t, box, outbox.Options{})
			before := add(t, b, ring("1000", "before"))
			d.Fail(n, failure)
			_, err := b.Append(ring("1000", "after"))
			reached := d.Failed()
			d.Fail(0, 0)
			if !reached {
				if err != nil || n < 5 {
					t.Errorf("%d writes, %v", n-1, err)
				}
				unmount()
				break
			}
			if err == nil || (failure != syscall.EIO) != fault.Is(err, fault.Full) || !errors.Is(err, failure) {
				t.Errorf("%v at write %d: %v", failure, n, err)
			}
			for _, b := range []*outbox.Box{b, open(t, box, outbox.Options{})} {
				if got := b.Of("1000"); len(got) != 1 || got[0].ID != before {
					t.Errorf("%v at write %d: the box has %d entries", failure, n, len(got))
				}
			}
			if _, err := b.Append(ring("1000", "again")); err != nil {
				t.Errorf("%v at write %d: it goes on failing: %v", failure, n, err)
			}
			unmount()
		}
	}
}
