package people_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/people"
)

func TestListsAsSpreadsheetsWriteThem(t *testing.T) {
	wide := func(s string, big bool) []byte {
		b := []byte{0xFF, 0xFE}
		if big {
			b = []byte{0xFE, 0xFF}
		}
		for _, u := range utf16.Encode([]rune(s)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	const want = `["email" "name" "notes"] 2 ["ä@x.de" "Jörg, genannt \"Jo\"" "a\nb"]`
	const comma = "email,name,notes\n\n ä@x.de ,\"Jörg, genannt \"\"Jo\"\"\",\"a\nb\"\n,,\nb@x.de,B,\n"
	semicolon := "email;name;notes\r\n\r\n ä@x.de ;\"Jörg, genannt \"\"Jo\"\"\";\"a\r\nb\"\r\n;;\r\nb@x.de;B;\r\n"
	for name, tt := range map[string]struct {
		file      []byte
		encoding  string
		separator rune
	}{
		"commas":       {[]byte(comma), "UTF-8", ','},
		"with a mark":  {[]byte("\ufeff" + comma), "UTF-8", ','},
		"semicolons":   {[]byte(semicolon), "UTF-8", ';'},
		"German Excel": {[]byte(strings.NewReplacer("ä", "\xe4", "ö", "\xf6").Replace(semicolon)), "Windows-1252", ';'},
		"Unicode text": {wide(strings.ReplaceAll(semicolon, ";", "\t"), false), "UTF-16", '\t'},
		"big end":      {wide(semicolon, true), "UTF-16", ';'},
		"bars":         {[]byte(strings.ReplaceAll(semicolon, ";", "|")), "UTF-8", '|'},
	} {
		x, err := people.ReadTable(tt.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		cells := x.Lines[0].Cells
		cells[0] = strings.TrimSpace(cells[0])
		if got := fmt.Sprintf("%q %d %q", x.Header, len(x.Lines), cells); got != want || x.Encoding != tt.encoding || x.Separator != tt.separator || x.Lines[0].Number != 3 || len(x.Wrong) != 0 {
			t.Errorf("%s: %s, %s, %q, first line %d, %v", name, got, x.Encoding, x.Separator, x.Lines[0].Number, x.Wrong)
		}
		if last := x.Lines[1]; last.Number != 6 {
			t.Errorf("%s: the last line is %d", name, last.Number)
		}
	}
}

func TestFilesThatAreNoLists(t *testing.T) {
	for name, file := range map[string][]byte{
		"empty": nil, "blank": []byte(" \n\n"), "a picture": []byte("\x89PNG\r\n\x1a\n\x00\x00"), "a header": []byte("email,name\n"),
		"a zip": []byte("PK\x03\x04\x00\x00"), "no names": []byte(",,\na,b,c\n"), "half UTF-8": []byte("\ufeffemail\n\xff\n"),
		"many columns": []byte(strings.Repeat("a,", 70) + "\nb\n"),
	} {
		if _, err := people.ReadTable(file); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, file := range map[string][]byte{
		"too large": bytes.Repeat([]byte("a"), people.MaxBytes+1), "too long": []byte("email\n" + strings.Repeat("a@b.c\n", people.MaxLines+1)),
	} {
		if _, err := people.ReadTable(file); !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What has no end is named by where it begins, and what came before is kept.
	x, err := people.ReadTable([]byte("email,name\na@x.de,A\nb@x.de,\"B\nc@x.de,C\n"))
	if err != nil || len(x.Lines) != 1 || len(x.Wrong) != 1 || x.Wrong[0].Line != 3 {
		t.Errorf("got %+v, %v", x, err)
	}
}

func TestColumnsAreFoundByTheirNames(t *testing.T) {
	for header, want := range map[string]string{
		"E-Mail;Anzeigename;Standort;Vorgesetzte;Abteilung":           "map[department:4 email:0 manager:3 name:1 site:2]",
		"DisplayName;UserPrincipalName;Office;Mobile Phone;Job Title": "map[email:1 name:0 phone:3 site:2 title:4]",
		"Büro;mail;VIP?":   "map[email:1 site:0 vip:2]",
		"Mail;Email;x;y;z": "map[email:1]",
		"a;b;c":            "map[]",
	} {
		if got := fmt.Sprint(people.Guess(strings.Split(header, ";"))); got != want {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("email;name\na@b.c;\"x\ny\"\n"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := people.ReadTable(b)
		if err != nil {
			return
		}
		for _, l := range x.Lines {
			if len(l.Cells) != len(x.Header) || l.Number < 2 {
				t.Fatalf("line %d has %d cells of %d", l.Number, len(l.Cells), len(x.Header))
			}
		}
	})
}
