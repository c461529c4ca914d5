//go:build linux

package durable_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

func names(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"first", "second, and longer", ""} {
		if err := durable.Write(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("it reads %q, %v", got, err)
		}
	}
	if i, err := os.Stat(path); err != nil || i.Mode() != 0o640 || names(t, dir) != "f" {
		t.Errorf("mode %v, %v; files %s", i.Mode(), err, names(t, dir))
	}
	if err := durable.Write(filepath.Join(dir, "none", "f"), nil, 0o600); err == nil {
		t.Error("a file in no folder")
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	f, err := durable.Create(dir, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("half"))
	if !durable.Temporary(names(t, dir)) {
		t.Errorf("while it is written it is called %s", names(t, dir))
	}
	f.Discard()
	f.Discard()
	if names(t, dir) != "" {
		t.Errorf("left: %s", names(t, dir))
	}
	if f, err = durable.Create(dir, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit("kept"); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	if names(t, dir) != "kept" {
		t.Errorf("a committed file is gone: %s", names(t, dir))
	}
}

// What a crash leaves is swept away, and nothing else.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	if _, err := durable.Create(dir, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Write(filepath.Join(dir, "kept"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Sweep(dir); err != nil || names(t, dir) != "kept" {
		t.Errorf("left: %s, %v", names(t, dir), err)
	}
}

func TestReserve(t *testing.T) {
	dir := t.TempDir()
	f, err := durable.Reserve(dir, 0o600, 8<<10)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("short"))
	if err := f.Commit("f"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "f")); err != nil || string(got) != "short" {
		t.Errorf("the filler is in it: %d bytes, %v", len(got), err)
	}
}

// On a full disk the old file stays whole, and nothing half-written stays with it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Fatalf("mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	path := filepath.Join(dir, "f")
	if err := durable.Write(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := durable.Write(path, make([]byte, 64<<10), 0o600)
	if !durable.NoSpace(err) || !fault.Is(durable.Fault(err), fault.Full) {
		t.Errorf("got %v", err)
	}
	if _, err := durable.Reserve(dir, 0o600, 64<<10); !durable.NoSpace(err) {
		t.Errorf("reserved: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" || names(t, dir) != "f" {
		t.Errorf("it reads %q, %v; files %s", got, err, names(t, dir))
	}
}

func TestCopy(t *testing.T) {
	for size, code := range map[int]fault.Code{0: "", 1 << 20: "", 1<<20 + 1: fault.TooLarge} {
		var out bytes.Buffer
		_, err := durable.Copy(&out, bytes.NewReader(make([]byte, size)), 1<<20)
		if fault.CodeOf(err) != code {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
