package recorder_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/recorder"
)

// The kill test's victims are this test program with a folder and a first second in
// their environment.
const (
	victimDir  = "RECORDER_TEST_RECORD_TO"
	victimFrom = "RECORDER_TEST_RECORD_FROM"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		recordForEver(dir)
	}
	goleak.VerifyTestMain(m)
}

// recordForEver records seconds as fast as the disk lets it, and says what it has
// added and what is on the disk.
func recordForEver(dir string) {
	from, err := strconv.Atoi(os.Getenv(victimFrom))
	if err != nil {
		fmt.Println("from", err)
		os.Exit(1)
	}
	r := recorder.Open(dir, recorder.Options{Clock: still(0), Boot: "one"})
	for i := from; ; i++ {
		r.Add(made(i))
		if i%10 != 9 {
			continue
		}
		fmt.Println("added", i+1)
		if err := r.Flush(); err != nil {
			fmt.Println("flush", err)
			os.Exit(1)
		}
		fmt.Println("saved", i+1)
	}
}

// Killed at whatever point: all that was on the disk is there, as it was, and
// nothing but the last ten seconds is gone.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	next, batches := 0, 0
	for range 25 {
		added, saved := killOnce(t, dir, next, time.Duration(rand.IntN(30_000))*time.Microsecond)
		r := open(t, dir)
		all := everything(r)
		got := flat(all.Seconds)
		if len(got) == 0 {
			if saved > 0 {
				t.Fatalf("%d seconds were saved, and none is there", saved)
			}
			continue
		}
		end := int((got[len(got)-1].Up-boot)/time.Second) + 1
		if end < saved || end > max(added, next) {
			t.Fatalf("saved was %d, added was %d, there is %d", saved, added, end)
		}
		wantSeconds(t, got, end-len(got), end)
		if t.Failed() {
			return
		}
		for _, s := range flat(all.Tens) {
			if !same(s, averageOf(int((s.Up-boot)/time.Second))) {
				t.Fatalf("nobody has recorded the span %+v", s)
			}
		}
		batches += (end - next) / 10
		next = end
	}
	if batches < 25 {
		t.Errorf("only %d batches were written at all", batches)
	}
}

func killOnce(t *testing.T, dir string, from int, after time.Duration) (added, saved int) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), victimDir+"="+dir, victimFrom+"="+strconv.Itoa(from))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	saved = from
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.Atoi(rest)
		switch {
		case err == nil && verb == "added":
			added = n
		case err == nil && verb == "saved":
			saved = n
		default:
			t.Errorf("the victim says %q", lines.Text())
		}
		if timer == nil {
			timer = time.AfterFunc(after, func() { c.Process.Kill() })
			defer timer.Stop()
		}
	}
	c.Wait()
	return added, saved
}

// On a full disk recording goes on in memory and says so once; when there is room
// again it says that, and of ten minutes nothing is lost. What was there before is
// untouched.
func TestDiskFull(t *testing.T) {
	for limit, first := range map[string]int{
		"size=256k":           450, // a record of the file that is open is the one too much
		"size=4m,nr_inodes=5": 890, // the next file is
	} {
		t.Run(limit, func(t *testing.T) {
			mount := t.TempDir()
			if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, limit); err != nil {
				t.Fatalf("mounting a small tmpfs needs root: %v", err)
			}
			t.Cleanup(func() { syscall.Unmount(mount, 0) })
			dir, filler := filepath.Join(mount, "r"), filepath.Join(mount, "filler")
			var log logged
			r := recorder.Open(dir, recorder.Options{Clock: still(0), Boot: "one", Log: log.logger()})
			record(t, r, 0, first)
			if strings.Contains(limit, "inodes") {
				if err := os.WriteFile(filler, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				fill(t, filler)
			}
			failed, end := 0, first+510
			for i := first; i < end; i++ {
				r.Add(made(i))
				if i%10 == 9 && r.Flush() != nil {
					failed++
				}
			}
			if failed < 30 || log.count("is full") != 1 || log.count("level=") != 1 {
				t.Errorf("%d writes failed, and the log says %s", failed, log.text.String())
			}
			wantSeconds(t, flat(everything(r).Seconds), 0, end)
			wantWhole(t, dir)
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			if err := r.Flush(); err != nil || log.count("writes again") != 1 {
				t.Errorf("with room again: %v, the log says %s", err, log.text.String())
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			wantSeconds(t, flat(everything(open(t, dir)).Seconds), 0, end)
		})
	}
}

// fill writes until nothing fits any more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
}

// wantWhole fails when a file has half a record in it.
func wantWhole(t *testing.T, dir string) {
	t.Helper()
	if got := everything(open(t, dir)); got.Damaged != 0 {
		t.Errorf("%d files are damaged", got.Damaged)
	}
}

// A folder that cannot even be made is no reason to stop: what there is in memory is
// shown, and once the folder can be made it is written.
func TestNoFolder(t *testing.T) {
	above := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(above, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log logged
	dir := filepath.Join(above, "r")
	r := recorder.Open(dir, recorder.Options{Clock: still(0), Boot: "one", Log: log.logger()})
	for i := range 700 {
		r.Add(made(i))
		if i%10 == 9 && r.Flush() == nil {
			t.Fatal("it was written into a folder that is none")
		}
	}
	if log.count("cannot write") != 1 {
		t.Errorf("the log says %s", log.text.String())
	}
	wantSeconds(t, flat(everything(r).Seconds), 100, 700)
	if err := os.Remove(above); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	wantSeconds(t, flat(everything(open(t, dir)).Seconds), 100, 700)
}
