package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// place is a folder whose files may be fetched. Its path has no link in it.
func place(t *testing.T, p Policy) (*Shelf, string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.From = append(p.From, dir+"/ok/**")
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	dir += "/ok"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// fetched copies a file, and checks that what is said of it is true.
func fetched(t *testing.T, s *Shelf, path string, ends bool) (string, wire.Fetched, error) {
	t.Helper()
	f, err := s.Open(path)
	if err != nil {
		return "", wire.Fetched{}, err
	}
	defer f.Close()
	var got bytes.Buffer
	told, err := s.Copy(t.Context(), f, ends, func(b []byte) error {
		if len(b) > wire.FileChunk || len(b) == 0 {
			t.Errorf("a chunk of %d bytes", len(b))
		}
		got.Write(b)
		return nil
	})
	if err == nil {
		if sum := sha256.Sum256(got.Bytes()); told.SHA256 != hex.EncodeToString(sum[:]) || told.Bytes != int64(got.Len()) {
			t.Errorf("%d bytes came, and it says %+v", got.Len(), told)
		}
	}
	return got.String(), told, err
}

func TestSecretsAreTakenOutOfTexts(t *testing.T) {
	s, dir := place(t, Policy{})
	key := "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEowIBAAKCAQEA0123456789\n", 60) + "-----END RSA PRIVATE KEY-----\n"
	filler := strings.Repeat("2026-03-02 09:00:00 all is well\n", 2*piece/32)
	// The key stands so that a cut after so many bytes would go through it.
	for name, text := range map[string]string{
		"short":           "user=anna\npassword=hunter2\nend\n",
		"key at a cut":    filler[:piece-700] + "\n" + key + filler + "password=hunter2\nend\n",
		"no line's end":   strings.Repeat("x", 2*piece) + " password=hunter2 end\n",
		"key without end": filler + strings.TrimSuffix(key, "-----END RSA PRIVATE KEY-----\n") + "password=hunter2\n",
	} {
		got, told, err := fetched(t, s, write(t, filepath.Join(dir, "app.log"), text), false)
		if err != nil || strings.Contains(got, "hunter2") || strings.Contains(got, "MIIEowIBAAKCAQEA") || told.Redacted == 0 || !told.Text {
			t.Errorf("%s: %v, %+v, has the secret %v, the key %v", name, err, told, strings.Contains(got, "hunter2"), strings.Contains(got, "MIIEow"))
		}
		if whole, n := redact.Text(text); got != whole || told.Redacted != n {
			t.Errorf("%s: in pieces %d bytes and %d secrets, in one %d and %d", name, len(got), told.Redacted, len(whole), n)
		}
	}
}

func TestUTF16IsReadAsText(t *testing.T) {
	s, dir := place(t, Policy{})
	text := strings.Repeat("Übertragung 😀 läuft\r\n", 5000) + "password=hunter2\r\n"
	for name, order := range map[string]func(u uint16) []byte{
		"little": func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} },
		"big":    func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} },
	} {
		var b []byte
		for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
			b = append(b, order(u)...)
		}
		got, told, err := fetched(t, s, write(t, filepath.Join(dir, name), string(b)), false)
		if err != nil || told.Redacted != 1 || strings.Contains(got, "hunter2") || !strings.HasPrefix(got, "Übertragung 😀 läuft\r\n") {
			t.Errorf("%s: %v, %+v, %.60q", name, err, told, got)
		}
	}
}

func TestBinaryOnlyWhereThePolicySaysSo(t *testing.T) {
	elf := "\x7fELF\x00\x01" + strings.Repeat("\x00\xff", 300<<10)
	late := strings.Repeat("text\n", 100<<10) + "\x00"
	s, dir := place(t, Policy{})
	for _, text := range []string{elf, late, strings.Repeat("\x01\x02ab", 100)} {
		if _, _, err := fetched(t, s, write(t, filepath.Join(dir, "b"), text), false); !errors.Is(err, errBinary) {
			t.Errorf("%.10q…: %v", text, err)
		}
	}
	s, dir = place(t, Policy{Binary: true})
	got, told, err := fetched(t, s, write(t, filepath.Join(dir, "b"), elf), false)
	if err != nil || got != elf || told.Text || told.Redacted != 0 {
		t.Errorf("%d bytes of %d, %+v, %v", len(got), len(elf), told, err)
	}
}

func TestLongFiles(t *testing.T) {
	s, dir := place(t, Policy{Most: 1000})
	lines := strings.Repeat("0123456789\n", 500)
	p := write(t, filepath.Join(dir, "long"), lines)
	if _, _, err := fetched(t, s, p, false); !fault.Is(err, fault.TooLarge) {
		t.Errorf("%v", err)
	}
	got, told, err := fetched(t, s, p, true)
	head, tail, cut := strings.Cut(got, "\n\n[4500 bytes are left out here]\n\n")
	if err != nil || !cut || told.LeftOut != 4500 || !strings.HasPrefix(lines, head) || !strings.HasSuffix(lines, tail) || !strings.HasPrefix(tail, "0123") || len(head)+len(tail) > 1000 {
		t.Errorf("%v, %+v: %q", err, told, got)
	}
	// The end begins within a key: what is left of it goes too.
	torn := lines + "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("SECRETSECRET\n", 90) + "-----END PRIVATE KEY-----\nlast\n"
	got, told, err = fetched(t, s, write(t, p, torn), true)
	if err != nil || strings.Contains(got, "SECRETSECRET") || !strings.HasSuffix(got, "last\n") || told.Redacted == 0 {
		t.Errorf("%v, %+v: %q", err, told, got)
	}
	if _, _, err := fetched(t, s, write(t, p, strings.Repeat("\x00", 2000)), true); !errors.Is(err, errBinary) {
		t.Errorf("%v", err)
	}
}

func TestAFileThatGrowsOrShrinks(t *testing.T) {
	s, dir := place(t, Policy{})
	p := write(t, filepath.Join(dir, "log"), strings.Repeat("before\n", 60000))
	f, err := s.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	more, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer more.Close()
	var got int64
	told, err := s.Copy(t.Context(), f, false, func(b []byte) error {
		got += int64(len(b))
		_, err := more.WriteString(strings.Repeat("after\n", 60000)) // it never ends by itself
		return err
	})
	if err != nil || got != f.Size || told.Bytes != f.Size {
		t.Errorf("%d of %d bytes, %v", got, f.Size, err)
	}
	if err := os.Truncate(p, 70); err != nil {
		t.Fatal(err)
	}
	if told, err := s.Copy(t.Context(), f, false, func([]byte) error { return nil }); err != nil || told.Bytes != 70 {
		t.Errorf("shrunk: %+v, %v", told, err)
	}
}

func TestWhatIsNotOpened(t *testing.T) {
	s, dir := place(t, Policy{})
	outside := write(t, filepath.Join(filepath.Dir(dir), "outside"), "secret")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink(outside, dir+"/link"))
	must(os.Symlink(filepath.Dir(dir), dir+"/up"))
	must(os.Symlink("/proc/self/environ", dir+"/environ"))
	must(syscall.Mkfifo(dir+"/fifo", 0o644))
	must(os.Link(outside, dir+"/twice"))
	must(os.Mkdir(dir+"/folder", 0o755))
	l, err := net.Listen("unix", dir+"/socket")
	must(err)
	defer l.Close()
	if os.Geteuid() == 0 {
		must(syscall.Mknod(dir+"/device", syscall.S_IFCHR|0o644, 1<<8|5)) // /dev/zero never ends
	} else {
		must(syscall.Mkfifo(dir+"/device", 0o644))
	}
	for path, code := range map[string]fault.Code{
		dir + "/link": fault.Forbidden, dir + "/up/outside": fault.Forbidden, dir + "/environ": fault.Forbidden, dir + "/fifo": fault.Forbidden,
		dir + "/twice": fault.Forbidden, dir + "/folder": fault.Forbidden, dir + "/socket": fault.Forbidden, dir + "/device": fault.Forbidden,
		dir + "/../outside": fault.Invalid, dir + "/./link": fault.Invalid, "ok/link": fault.Invalid, "": fault.Invalid, dir + "/a\x00b": fault.Invalid,
		dir + "/none": fault.NotFound, dir + "/" + strings.Repeat("n", 3000): fault.Invalid, "/" + strings.Repeat("n/", 4096): fault.Invalid,
		outside: fault.Forbidden, "/etc/shadow": fault.Forbidden, "/proc/self/environ": fault.Forbidden, dir + "/folder/x/y": fault.NotFound,
	} {
		began := time.Now()
		f, err := s.Open(path)
		if f != nil {
			f.Close()
		}
		if fault.CodeOf(err) != code || fault.Sentence(err) == "" || len(fault.Sentence(err)) > 300 {
			t.Errorf("%.80q: %v (%s), want %s", path, err, fault.CodeOf(err), code)
		}
		if time.Since(began) > 5*time.Second {
			t.Errorf("%.80q takes %v", path, time.Since(began))
		}
	}
}

// A file of unknown size that the system makes up as it is read is none on a disk,
// even where a pattern would name it.
func TestProcIsNoDisk(t *testing.T) {
	s := &Shelf{p: Policy{Most: 1 << 20}, globs: [][]string{{"proc", "**"}}, homes: homeOf}
	for _, p := range []string{"/proc/cpuinfo", "/proc/1/environ", "/proc/kmsg"} {
		if f, err := s.Open(p); f != nil || !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, glob := range []string{"/proc/cpuinfo", "/dev/*", "/sys/**", "relative/*", "/var/../etc/*", "/**", "/*/x", "/var/lo[g", "/var/a**", "/var//log"} {
		if _, err := New(Policy{From: []string{glob}}); err == nil {
			t.Errorf("the pattern %q is taken", glob)
		}
	}
}

// Somebody swaps the file, or a folder on the way, for a link to a secret while it
// is opened again and again: the secret never comes.
func TestSwapRace(t *testing.T) {
	for name, open := range map[string]func(string, bool) (*os.File, error){"kernel": openBeneath, "walk": openByWalk} {
		t.Run(name, func(t *testing.T) {
			_, dir := place(t, Policy{})
			secret := filepath.Join(filepath.Dir(dir), "secret")
			for _, d := range []string{secret, dir + "/a", dir + "/b"} {
				if err := os.MkdirAll(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			write(t, secret+"/log", "secret")
			write(t, dir+"/a/log", "plain")
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				link, real, aside := dir+"/link", dir+"/a", dir+"/aside"
				for ctx.Err() == nil {
					os.Symlink(secret, link)
					os.Rename(real, aside)
					os.Rename(link, real)
					os.Remove(real)
					os.Rename(aside, real)
				}
			}()
			opened := 0
			for end := time.Now().Add(400 * time.Millisecond); time.Now().Before(end); {
				f, err := open(dir+"/a/log", false)
				if err != nil {
					continue
				}
				opened++
				b := make([]byte, 10)
				n, _ := f.Read(b)
				f.Close()
				if string(b[:n]) != "plain" {
					t.Fatalf("it read %q", b[:n])
				}
			}
			stop()
			<-done
			if opened == 0 {
				t.Error("it was never opened, so nothing was tried")
			}
		})
	}
}

func TestList(t *testing.T) {
	s, dir := place(t, Policy{})
	for i := range 510 {
		write(t, filepath.Join(dir, "many"+strings.Repeat("x", i%3)+string(rune('a'+i%26))+strings.Repeat("y", i/26)), "1")
	}
	if err := os.Symlink("/etc", dir+"/aaa"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir+"/aab", 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := s.List(dir)
	if err != nil || len(l.Entries) != maxEntries || l.Entries[0].Name != "aab" || !l.Entries[0].Dir || l.Entries[1].Bytes != 1 || l.More == 0 {
		t.Errorf("%v, %d entries and %d more, first %+v", err, len(l.Entries), l.More, l.Entries[:1])
	}
	if l, err := s.List(filepath.Dir(dir)); err != nil || len(l.Entries) != 1 || l.Entries[0].Name != "ok" {
		t.Errorf("on the way: %+v, %v", l, err)
	}
	if _, err := s.List("/etc"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("elsewhere: %v", err)
	}
	if l, err := s.List(""); err != nil || len(l.Places) != 1 || len(l.Entries) != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestHomes(t *testing.T) {
	passwd := "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nmia:x:1001:1001::/srv/people/mia:/bin/bash\nnobody:x:65534:65534::/nonexistent:/bin/false\n"
	for path, want := range map[string]string{"/srv/people/mia/x.log": "1001", "/srv/people/mia": "1001", "/srv/people/miau/x": "", "/var/log/x": "", "/nonexistent/x": ""} {
		if _, uid := homeListed(passwd, path); uid != want {
			t.Errorf("%s is %q's", path, uid)
		}
	}
	if h, _ := homeOf("/root/x"); h != "/root" {
		t.Errorf("/root is %q", h)
	}
	if h, _ := homeOf("/home/nobody-that-is/x"); h != "/home/nobody-that-is" {
		t.Errorf("%q", h)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		glob, path   string
		named, leads bool
	}{
		{"/var/log/*.log", "/var/log/a.log", true, false},
		{"/var/log/*.log", "/var/log/a/b.log", false, false},
		{"/var/log/*.log", "/var/log", false, true},
		{"/var/log/**", "/var/log/a/b/c", true, true},
		{"/var/log/**/x", "/var/log/x", true, true},
		{"/var/log/**/x", "/var/log/a/b/x", true, true},
		{"/home/*/.app/log", "/home/mia/.app/log", true, false},
		{"/home/*/.app/log", "/home/mia/.app", false, true},
		{"/home/*/.app/log", "/home/mia/.ssh", false, false},
	} {
		g, _ := split(c.glob)
		p, _ := split(c.path)
		if n, l := named(g, p), leads(g, p); n != c.named || l != c.leads {
			t.Errorf("%s, %s: named %v, leads %v", c.glob, c.path, n, l)
		}
	}
}
