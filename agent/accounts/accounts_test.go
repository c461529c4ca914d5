package accounts

import (
	"strings"
	"testing"
)

func TestAccount(t *testing.T) {
	b := New()
	if a := b.Account("0"); a.UID != "0" || a.Name != "root" {
		t.Errorf("root is %+v", a)
	}
	if a := b.Account("4000000000"); a.Name != "4000000000" || a.Full != "" {
		t.Errorf("nobody is %+v", a)
	}
}

func TestFromPasswd(t *testing.T) {
	for line, want := range map[string][2]string{
		"kim:x:1000:1000:Kim Doe,Room 5,,:/home/kim:/bin/sh\n": {"kim", "Kim Doe"},
		"kim:x:1000:1000::/home/kim:/bin/sh":                   {"kim", ""},
	} {
		if name, full, ok := fromPasswd(line, 4); !ok || name != want[0] || full != want[1] {
			t.Errorf("%q is %q, %q, %v", line, name, full, ok)
		}
	}
	if name, full, ok := fromPasswd("kim:********:501:20::0:0:Kim Doe:/Users/kim:/bin/zsh", 7); !ok || name != "kim" || full != "Kim Doe" {
		t.Errorf("macOS's line is %q, %q, %v", name, full, ok)
	}
	for _, bad := range []string{"", "\n", "kim", ":x:0:0:Name:/:/"} {
		if _, _, ok := fromPasswd(bad, 4); ok {
			t.Errorf("%q is somebody", bad)
		}
	}
}

func TestClean(t *testing.T) {
	if got := clean(" Kim\x1b[31m\n\tDoe" + strings.Repeat("x", 300) + "\xff"); len([]rune(got)) > 120 || strings.ContainsAny(got, "\x1b\n\t") {
		t.Errorf("%q", got)
	}
}
