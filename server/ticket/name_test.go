package ticket_test

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/ticket"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"screen.png": "screen.png", "../../etc/passwd": "passwd", `C:\Users\mara\a b.txt`: "a b.txt", "..": "file", "": "file", "/": "file", "a/..": "a",
		"..\\..\\": "file", "gpj\u202egpj.exe": "gpjgpj.exe", "a\x00b\r\nc.txt": "abc.txt", ".profile": "profile", "con<>:\"|?*.txt": "con_______.txt", "zero\u200bwidth": "zerowidth",
		"dir/": "dir", " x . ": "x", strings.Repeat("ä", 300) + ".png": strings.Repeat("ä", 196) + ".png", "\xff": "\ufffd", "Übersicht März.xlsx": "Übersicht März.xlsx",
	} {
		if got := ticket.CleanName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
