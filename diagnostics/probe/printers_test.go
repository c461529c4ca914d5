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
	"github.com/deskbell/deskbell/internal/ipp"
)

func ippAnswer(groups ...[]byte) []byte {
	b := []byte{1, 1, 0, 0, 0, 0, 0, 1}
	for _, g := range groups {
		b = append(b, g...)
	}
	return append(b, ipp.TagEnd)
}

func ippPrinter(name string, state int, reasons ...string) []byte {
	b := append([]byte{ipp.TagPrinter}, ipp.Attributes("printer-name", 0x42, name)...)
	b = append(b, ipp.Numbers("printer-state", ipp.TagEnum, state)...)
	return append(b, ipp.Attributes("printer-state-reasons", ipp.TagKeyword, reasons...)...)
}

func ippJob(printer string, state int, at int64) []byte {
	b := append([]byte{ipp.TagJob}, ipp.Attributes("job-printer-uri", ipp.TagURI, "ipp://localhost/printers/"+printer)...)
	b = append(b, ipp.Numbers("job-state", ipp.TagEnum, state)...)
	return append(b, ipp.Numbers("time-at-creation", ipp.TagInteger, int(at))...)
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
		if err != nil || len(b) < 8 || r.Header.Get("Content-Type") != "application/ipp" || b[len(b)-1] != ipp.TagEnd {
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
		ipp.GetPrinters: ippAnswer([]byte{ipp.TagOperation}, ippPrinter("Office", 5, "paused", "offline-report"), ippPrinter("Hall\x1b[31m", 3, "none")),
		ipp.GetJobs: ippAnswer(ippJob("Office", 5, 1795340000), ippJob("Office", 3, 1795330000), ippJob("Office", ipp.JobHeld, 1795000000),
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
		all, err := askCUPS(t.Context(), serveCUPS(t, map[uint16][]byte{ipp.GetPrinters: c.answer}))
		if (err != nil) != c.fails || len(all) > 0 {
			t.Errorf("%s: %v %v", name, all, err)
		}
	}
	// The jobs cannot be had; the queues are there.
	all, err := askCUPS(t.Context(), serveCUPS(t, map[uint16][]byte{ipp.GetPrinters: whole}))
	if err != nil || len(all) != 1 || all[0].Jobs != 0 {
		t.Errorf("%v %v", all, err)
	}
	if _, err := askCUPS(t.Context(), filepath.Join(t.TempDir(), "nobody")); err == nil {
		t.Error("nobody answered")
	}
}
