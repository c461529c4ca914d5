package recorder_test

import (
	"testing"
	"time"
)

// Twenty minutes out of two hours and a day, from the disk. The bound is 50 ms.
func BenchmarkReadTwentyMinutes(b *testing.B) {
	const all = 25 * 3600
	dir := b.TempDir()
	r := open(b, dir)
	for i := range all {
		r.Add(made(i))
		if i%60 == 59 {
			r.Flush()
		}
	}
	from := made(all - 3600).At
	for b.Loop() {
		if n := len(flat(r.Read(from, from.Add(20*time.Minute)).Seconds)); n != 1201 {
			b.Fatalf("%d seconds", n)
		}
	}
	bytes, files := size(b, dir)
	b.ReportMetric(float64(bytes)/(1<<20), "MiB-on-disk")
	b.ReportMetric(float64(files), "files")
}

// Opening the recorder of a full day reads all of it.
func BenchmarkOpen(b *testing.B) {
	const all = 25 * 3600
	dir := b.TempDir()
	r := open(b, dir)
	for i := range all {
		r.Add(made(i))
		if i%60 == 59 {
			r.Flush()
		}
	}
	r.Close()
	for b.Loop() {
		open(b, dir).Close()
	}
}

// A second as the agent spends it, without reading the machine: a tenth of a write
// to the disk, too.
func BenchmarkSecond(b *testing.B) {
	r := open(b, b.TempDir())
	s := made(0)
	i := 0
	for b.Loop() {
		s.At, s.Up = s.At.Add(time.Second), s.Up+time.Second
		r.Add(s)
		if i++; i%10 == 0 {
			if err := r.Flush(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
