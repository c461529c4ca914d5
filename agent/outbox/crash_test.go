//go:build linux

package outbox_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// appendDir in the environment makes this test program the victim of the kill test.
const appendDir = "OUTBOX_TEST_APPEND_TO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(appendDir); dir != "" {
		appendForEver(dir)
	}
	goleak.VerifyTestMain(m)
}

// appendForEver appends, settles some, and reports each thing on standard output
// once the box has said that it is done.
func appendForEver(dir string) {
	b, err := outbox.Open(dir, outbox.Options{MaxEntries: 1 << 30, MaxBytes: 1 << 40})
	if err != nil {
		fmt.Println("open", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	for n := 0; ; n++ {
		e := ring("1000", fmt.Sprintf("title %d %d", os.Getpid(), n))
		if n%5 == 0 {
			a, err := b.Put("1000", "a.txt", strings.NewReader(fmt.Sprintf("attachment %d %d", os.Getpid(), n)))
			if err != nil {
				fmt.Println("put", err)
				os.Exit(1)
			}
			e.Attachments = []wire.Attachment{a}
		}
		i, err := b.Append(e)
		if err != nil {
			fmt.Println("append", err)
			os.Exit(1)
		}
		fmt.Printf("saved %s title %d %d\n", i.ID, os.Getpid(), n)
		if n%3 == 0 {
			if err := b.Settle(i.ID, "e1", wire.Ack{OK: true, Number: int64(n)}); err != nil {
				fmt.Println("settle", err)
				os.Exit(1)
			}
			fmt.Printf("settled %s\n", i.ID)
		}
	}
}

// Every append that was reported is there, once and whole, at whatever point the
// process is killed; and nothing but the one append that was under way besides.
func TestKilled(t *testing.T) {
	const kills = 300
	dir := filepath.Join(t.TempDir(), "outbox")
	saved, settled := map[string]string{}, map[string]bool{}
	for k := range kills {
		killOnce(t, dir, time.Duration(rand.IntN(12_000))*time.Microsecond, saved, settled)
		if k%20 == 19 {
			checkSaved(t, dir, saved, settled, k+1)
			if err := os.RemoveAll(dir); err != nil { // or each start reads all that was ever written
				t.Fatal(err)
			}
			clear(saved)
			clear(settled)
		}
		if t.Failed() {
			return
		}
	}
}

func killOnce(t *testing.T, dir string, after time.Duration, saved map[string]string, settled map[string]bool) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), appendDir+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the victim says %q", lines.Text())
	}
	timer := time.AfterFunc(after, func() { c.Process.Kill() })
	defer timer.Stop()
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		id, title, _ := strings.Cut(rest, " ")
		switch verb {
		case "saved":
			saved[id] = title
		case "settled":
			settled[id] = true
		default:
			t.Errorf("the victim says %q", lines.Text())
		}
	}
	io.Copy(io.Discard, out)
	c.Wait()
}

func checkSaved(t *testing.T, dir string, saved map[string]string, settled map[string]bool, kills int) {
	t.Helper()
	b := open(t, dir, outbox.Options{MaxEntries: 1 << 30, MaxBytes: 1 << 40})
	there := b.Of("1000")
	if len(there) < len(saved) || len(there) > len(saved)+kills {
		t.Errorf("%d entries are there, %d were reported", len(there), len(saved))
	}
	titles := map[string]bool{}
	for _, i := range there {
		e, err := b.Read(i.ID)
		if err != nil {
			t.Errorf("%s: %v", i.ID, err)
			continue
		}
		var o wire.TicketOpen
		if err := json.Unmarshal(e.Body, &o); err != nil || titles[o.Title] {
			t.Errorf("%s is doubled or damaged: %q, %v", i.ID, o.Title, err)
		}
		titles[o.Title] = true
		if want := saved[i.ID]; want != "" && o.Title != want {
			t.Errorf("%s is %q, was reported as %q", i.ID, o.Title, want)
		}
		for _, a := range e.Attachments {
			f, _, err := b.Attachment("1000", a.SHA256)
			if err != nil {
				t.Errorf("%s lacks its attachment: %v", i.ID, err)
				continue
			}
			f.Close()
		}
	}
	for id, title := range saved {
		if !titles[title] {
			t.Errorf("lost: %s %s", id, title)
		}
		if i, _ := b.Item(id); settled[id] && i.State != outbox.Sent {
			t.Errorf("%s was settled and is %s", id, i.State)
		}
	}
}

// On a full disk nothing is told saved that is not, nothing half-written stays,
// and what was there before is untouched, whichever write finds the disk full.
func TestDiskFull(t *testing.T) {
	for _, limit := range []string{"size=64k", "size=1m,nr_inodes=16"} {
		t.Run(limit, func(t *testing.T) {
			mount := t.TempDir()
			if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, limit); err != nil {
				t.Fatalf("mounting a small tmpfs needs root: %v", err)
			}
			t.Cleanup(func() { syscall.Unmount(mount, 0) })
			dir := filepath.Join(mount, "outbox")
			b := open(t, dir, outbox.Options{})
			var saved []string
			for n := range 1000 {
				e, err := b.Append(ring("1000", fmt.Sprintf("%d %s", n, strings.Repeat("x", 100*(n%7)))))
				if err != nil {
					if !fault.Is(err, fault.Full) || !strings.Contains(fault.Sentence(err), "nothing was saved") {
						t.Fatalf("append %d: %v", n, err)
					}
					break
				}
				saved = append(saved, e.ID)
			}
			if len(saved) == 0 || len(saved) > 900 {
				t.Fatalf("%d were saved on a disk this small", len(saved))
			}
			if _, err := b.Put("1000", "a", strings.NewReader(strings.Repeat("x", 60<<10))); !fault.Is(err, fault.Full) {
				t.Errorf("an attachment: %v", err)
			}
			if err := b.Settle(saved[0], "e1", wire.Ack{OK: true}); err != nil && !fault.Is(err, fault.Full) {
				t.Errorf("a mark: %v", err)
			}
			filepath.WalkDir(mount, func(p string, _ os.DirEntry, err error) error {
				if err != nil || strings.HasPrefix(filepath.Base(p), ".new-") {
					t.Errorf("left behind: %s, %v", p, err)
				}
				return nil
			})
			if got := len(b.Of("1000")); got != len(saved) {
				t.Errorf("the box shows %d, saved were %d", got, len(saved))
			}
			b = open(t, dir, outbox.Options{}) // reading goes on
			for _, id := range saved {
				if _, err := b.Read(id); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
			if got := len(b.Of("1000")); got != len(saved) {
				t.Errorf("after a restart %d are there, saved were %d", got, len(saved))
			}
		})
	}
}

// A disk that cannot be written at all is an error, not a crash.
func TestUnwritable(t *testing.T) {
	if _, err := outbox.Open(filepath.Join(t.TempDir(), "no", "such", "folder"), outbox.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
