package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

func TestOwnCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	sign := func(name string, authority bool) []byte {
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: end.Add(-time.Hour), NotAfter: end, IsCA: authority, BasicConstraintsValid: true}
		der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	asPEM := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	dir := t.TempDir()
	chain := append(asPEM("PRIVATE KEY", []byte("not to be looked at")), append(asPEM("CERTIFICATE", sign("pc\x1b-17", false)), asPEM("CERTIFICATE", sign("The authority", true))...)...)
	for name, b := range map[string][]byte{
		"chain.pem": chain, "plain.der": sign("der", false), "junk.crt": []byte("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"), "large.pem": make([]byte, maxCertificateFile+1), "readme.txt": chain,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.pem"), 0o600); err != nil { // must not hold us
		t.Fatal(err)
	}
	places := certificatePlaces
	t.Cleanup(func() { certificatePlaces = places })
	certificatePlaces = []string{dir + "/*", "/no/such/*"}
	var subjects []string
	for _, c := range ownCertificates() {
		subjects = append(subjects, filepath.Base(c.Path)+" "+c.Subject)
		if !c.NotAfter.Equal(end) {
			t.Errorf("%+v", c)
		}
	}
	if d := cmp.Diff([]string{`chain.pem CN=pc\x1b-17`, "plain.der CN=der"}, subjects); d != "" {
		t.Error(d)
	}
}

func TestOpenFiles(t *testing.T) {
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		t.Fatal(err)
	}
	if got := fileLimit(string(limits)); got != r.Cur {
		t.Errorf("the limit is %d, read as %d", r.Cur, got)
	}
	if fileLimit("Max open files            unlimited            unlimited            files\n") != 0 || fileLimit("") != 0 {
		t.Error("no limit was read as one")
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	if got := int(openFiles("/proc/self/fd")); got < len(entries)-8 || got > len(entries)+8 {
		t.Errorf("%d open files, read as %d (before Linux 6.2 they cannot be counted)", len(entries), got)
	}
	if openFiles("/proc/0/fd") != 0 {
		t.Error("a process that is not there has files")
	}
}

// Both versions of control groups, in folders that look like theirs.
func TestMemoryLimits(t *testing.T) {
	for name, g := range map[string]groupFiles{
		"version 1": {"", "memory.limit_in_bytes", "memory.usage_in_bytes", []string{"total_inactive_file", "total_active_file"}},
		"version 2": {"", "memory.max", "memory.current", []string{"inactive_file", "active_file", "slab_reclaimable"}},
	} {
		t.Run(name, func(t *testing.T) {
			g.root = t.TempDir()
			group := func(dir, limit, used, stat string) {
				t.Helper()
				dir = filepath.Join(g.root, dir)
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				for file, text := range map[string]string{g.limit: limit, g.used: used, "memory.stat": stat} {
					if err := os.WriteFile(filepath.Join(dir, file), []byte(text+"\n"), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			group("full", "1000", "990", "anon 980\n"+g.cache[0]+" 10")
			group("full/below", "max", "990", "")
			group("cached", "1000", "1000", g.cache[0]+" 150\n"+g.cache[1]+" 50")
			group("roomy", "1000", "899", "")
			group("all", "9223372036854771712", "9223372036854771000", "")
			group("odd", "what", "is", "this")
			if err := os.MkdirAll(filepath.Join(g.root, "empty"), 0o755); err != nil {
				t.Fatal(err)
			}
			want := []diagnostics.MemoryLimit{{Group: "full", Limit: 1000, Used: 980}}
			if d := cmp.Diff(want, g.read(t.Context(), 1<<40)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTimeServersOf(t *testing.T) {
	text := "[Time]\n#NTP=commented.example\nNTP=a.example b.example\nFallbackNTP=c.example\n server d.example iburst\npool e.example\nserver 127.127.1.0\nserver\n"
	if d := cmp.Diff([]string{"a.example", "b.example", "d.example", "e.example"}, timeServersOf(text)); d != "" {
		t.Error(d)
	}
}

func TestAddressesThatAreTaken(t *testing.T) {
	text := `fe80000000000000505400fffe123456 02 40 20 80     eth0
fd000000000000000000000000000010 02 40 00 c8     eth0
fd000000000000000000000000000011 03 40 00 80     eth1
short 03 40 00 88 eth1
`
	if d := cmp.Diff(map[string]string{"eth0": "fd00::10"}, parseFailed(text)); d != "" {
		t.Error(d)
	}
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	probe := arpProbe(mac, netip.MustParseAddr("192.0.2.10"))
	from, sender, ok := parseARP(probe)
	if !ok || from.String() != mac.String() || sender != netip.IPv4Unspecified() || len(probe) != 28 {
		t.Errorf("%v %v %v of %x", from, sender, ok, probe)
	}
	for n := range probe {
		if _, _, ok := parseARP(probe[:n]); ok {
			t.Errorf("%d bytes were read as a message", n)
		}
	}
	if _, _, ok := parseARP(append([]byte{0, 6}, probe[2:]...)); ok {
		t.Error("another kind of network was read")
	}
}
