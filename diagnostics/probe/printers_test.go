//go:build !windows

package probe

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

func ippNumber(name string, tag byte, n int) []byte {
	b := append([]byte{tag}, binary.BigEndian.AppendUint16(nil, uint16(len(name)))...)
	b = append(append(b, name...), 0, 4)
	return binary.BigEndian.AppendUint32(b, uint32(n))
}

func ippAnswer(groups ...[]byte) []byte {
	b := []byte{1, 1, 0, 0, 0, 0, 0, 1}
	for _, g := range groups {
		b = append(b, g...)
	}
	return append(b, tagEnd)
}

func ippPrinter(name string, state int, reasons ...string) []byte {
	b := append([]byte{tagPrinter}, ippAttributes("printer-name", 0x42, name)...)
	b = append(b, ippNumber("printer-state", tagEnum, state)...)
	return append(b, ippAttributes("printer-state-reasons", tagKeyword, reasons...)...)
}

func ippJob(printer string, state int, at int64) []byte {
	b := append([]byte{tagJob}, ippAttributes("job-printer-uri", tagURI, "ipp://localhost/printers/"+printer)...)
	b = append(b, ippNumber("job-state", tagEnum, state)...)
	return append(b, ippNumber("time-at-creation", tagInteger, int(at))...)
}

// serveCUPS answers on a socket what each operation is to be answered.
func serveCUPS(t *testing.T, answers map[uint16][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cups.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || len(b) < 8 || r.Header.Get("Content-Type") != "application/ipp" || b[len(b)-1] != tagEnd {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Write(answers[binary.BigEndian.Uint16(b[2:])])
	})}
	ended := make(chan struct{})
	go func() { s.Serve(l); close(ended) }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return path
}

func TestPrinters(t *testing.T) {
	path := serveCUPS(t, map[uint16][]byte{
		ippGetPrinters: ippAnswer([]byte{tagOperation}, ippPrinter("Office", 5, "paused", "offline-report"), ippPrinter("Hall\x1b[31m", 3, "none")),
		ippGetJobs: ippAnswer(ippJob("Office", 5, 1795340000), ippJob("Office", 3, 1795330000), ippJob("Office", jobHeld, 1795000000),
			ippJob("Nobody's", 3, 1)),
	})
	got, err := askCUPS(t.Context(), path)
	want := []diagnostics.Printer{
		{Name: "Office", State: "stopped", Reasons: "paused, offline-report", Jobs: 2, Oldest: time.Unix(1795330000, 0)},
		{Name: `Hall\x1b[31m`, State: "idle"},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestPrintersThatGoWrong(t *testing.T) {
	whole := ippAnswer(ippPrinter("Office", 5, "paused"))
	refuses := append([]byte(nil), whole...)
	refuses[2] = 4 // a client's error
	none := []byte{1, 1, 4, 6, 0, 0, 0, 1, 3}
	for name, c := range map[string]struct {
		answer []byte
		fails  bool
	}{
		"refuses": {refuses, true}, "nothing": {nil, true}, "cut off": {whole[:len(whole)-5], true}, "words": {[]byte("HTTP is not IPP, is it?"), true},
		"no printers": {none, false},
	} {
		all, err := askCUPS(t.Context(), serveCUPS(t, map[uint16][]byte{ippGetPrinters: c.answer}))
		if (err != nil) != c.fails || len(all) > 0 {
			t.Errorf("%s: %v %v", name, all, err)
		}
	}
	// The jobs cannot be had; the queues are there.
	all, err := askCUPS(t.Context(), serveCUPS(t, map[uint16][]byte{ippGetPrinters: whole}))
	if err != nil || len(all) != 1 || all[0].Jobs != 0 {
		t.Errorf("%v %v", all, err)
	}
	if _, err := askCUPS(t.Context(), filepath.Join(t.TempDir(), "nobody")); err == nil {
		t.Error("nobody answered")
	}
}

// Whatever the printing system says, its answer is read to the end or refused.
func FuzzIPP(f *testing.F) {
	whole := ippAnswer([]byte{tagOperation}, ippPrinter("Office", 5, "paused", "more"), ippJob("Office", 3, 7))
	for i := range whole {
		f.Add(whole[:i])
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, b []byte) {
		groups, err := parseIPP(b)
		if err != nil && groups != nil {
			t.Error("both groups and an error")
		}
		for _, g := range groups {
			for name := range g.values {
				if len(g.text(name)) > len(b) {
					t.Errorf("%q has %q", name, g.text(name))
				}
				g.number(name)
			}
		}
	})
}
