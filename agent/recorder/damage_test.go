package recorder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/agent/recorder"
)

// damaged is a folder of three runs of the agent, as bytes.
func damaged(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	for run := range 3 {
		r := open(t, dir)
		record(t, r, run*200, run*200+200)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) != 6 {
		t.Fatalf("%d files", len(files))
	}
	return files
}

// harm does something to a file: a byte changed, bytes changed, an end torn off, a
// piece cut out, a tail of zeros or of anything.
func harm(t *rapid.T, b []byte) []byte {
	b = slices.Clone(b)
	at := func(what string) int { return rapid.IntRange(0, len(b)-1).Draw(t, what) }
	switch rapid.IntRange(0, 5).Draw(t, "harm") {
	case 0:
		b[at("at")] ^= rapid.ByteRange(1, 255).Draw(t, "with")
	case 1:
		for range rapid.IntRange(1, 20).Draw(t, "times") {
			b[at("at")] = rapid.Byte().Draw(t, "by")
		}
	case 2:
		b = b[:at("end")]
	case 3:
		from := at("from")
		b = slices.Delete(b, from, rapid.IntRange(from, len(b)).Draw(t, "to"))
	case 4:
		b = append(b[:at("end")], make([]byte, rapid.IntRange(1, 5000).Draw(t, "zeros"))...)
	case 5:
		b = append(b, rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "more")...)
	}
	return b
}

// Whatever happens to a file: nothing is read that was not recorded, the other
// files are read whole, and recording goes on.
func TestDamage(t *testing.T) {
	files := damaged(t)
	var names []string
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		victim := rapid.SampledFrom(names).Draw(rt, "file")
		for n, b := range files {
			if n == victim {
				b = harm(rt, b)
			}
			if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
				rt.Fatal(err)
			}
		}
		r := open(t, dir)
		defer r.Close()
		next := recorder.Sample{At: made(600).At, Up: made(600).Up}
		r.Add(next)
		if err := r.Flush(); err != nil {
			rt.Fatal(err)
		}
		got := everything(r)
		if n := len(flat(got.Seconds)); n < 401 && filepath.Ext(victim) == ".seconds" || n != 601 && filepath.Ext(victim) == ".tens" {
			rt.Fatalf("%s is damaged, and %d seconds are left", victim, n)
		}
		for _, s := range flat(got.Seconds) {
			i := int((s.Up - boot) / time.Second)
			if i < 0 || i > 600 || i < 600 && !same(s, made(i)) || i == 600 && !same(s, next) {
				rt.Fatalf("nobody has recorded %+v", s)
			}
		}
		for _, s := range flat(got.Tens) {
			i := int((s.Up - boot) / time.Second)
			if i < 0 || i >= 600 || !same(s, averageOf(i)) {
				rt.Fatalf("nobody has recorded %+v", s)
			}
		}
	})
}

// Of a damaged file all is read up to the damage, and that it is damaged is told.
func TestUpToTheDamage(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	record(t, r, 0, 200)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "0000000001.seconds")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for at := 8; at < len(whole); at += 37 {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got := everything(open(t, dir))
		n := len(flat(got.Seconds))
		if n < last || n > last+10 || n%10 != 0 || got.Damaged != 1 {
			t.Fatalf("byte %d of %d is damaged: %d seconds are read, before it were %d; %d files damaged", at, len(whole), n, last, got.Damaged)
		}
		wantSeconds(t, flat(got.Seconds), 0, n)
		last = n
	}
	if last != 190 {
		t.Errorf("with its last batch damaged %d of 200 seconds are read", last)
	}
}

// A file that is not ours is left alone.
func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.seconds", "0000000001.minutes", "notes.txt", "-000000001.tens"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "0000000002.tens"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := recorder.Open(dir, recorder.Options{Clock: still(0), Boot: "one", MaxBytes: 1})
	record(t, r, 0, 20)
	got := everything(r)
	wantSeconds(t, flat(got.Seconds), 0, 20)
	if _, files := size(t, dir); got.Damaged != 0 || files != 6 {
		t.Errorf("%d damaged, %d files", got.Damaged, files)
	}
}
