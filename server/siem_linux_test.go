package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// certificate writes a certificate for this machine, which vouches for itself.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "siem"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// syslogd is Debian's rsyslogd, which writes what it gets into a file.
type syslogd struct {
	t       *testing.T
	dir, at string
	ca      string
	cmd     *exec.Cmd
}

func newSyslogd(t *testing.T) *syslogd {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := &syslogd{t: t, dir: t.TempDir(), at: l.Addr().String()}
	var key string
	d.ca, key = certificate(t, d.dir)
	_, port, _ := net.SplitHostPort(d.at)
	config := fmt.Sprintf(`
global(workDirectory=%[1]q DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile=%[2]q DefaultNetstreamDriverCertFile=%[2]q DefaultNetstreamDriverKeyFile=%[3]q maxMessageSize="16k")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" port="%[4]s" address="127.0.0.1")
template(name="raw" type="string" string="%%rawmsg%%\n")
action(type="omfile" file=%[5]q template="raw")
`, d.dir, d.ca, key, port, d.file())
	if err := os.WriteFile(filepath.Join(d.dir, "rsyslog.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.stop)
	return d
}

func (d *syslogd) file() string { return filepath.Join(d.dir, "got.log") }

func (d *syslogd) start() {
	d.t.Helper()
	d.cmd = exec.Command("rsyslogd", "-n", "-f", filepath.Join(d.dir, "rsyslog.conf"), "-i", filepath.Join(d.dir, "pid"))
	d.cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin")
	d.cmd.Path = "/usr/sbin/rsyslogd"
	if err := d.cmd.Start(); err != nil {
		d.t.Fatalf("rsyslogd is needed: %v", err)
	}
}

func (d *syslogd) stop() {
	if d.cmd == nil {
		return
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Error(err)
	}
	d.cmd.Wait() // it was told to end
	d.cmd = nil
}

func (d *syslogd) got() string {
	b, err := os.ReadFile(d.file())
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	return string(b)
}

// TestSIEM tells a real rsyslogd over TLS: who was added and is refused at the door comes
// there, in order; what happens while it is away comes when it is back, over a restart of
// the server too; and what is nobody's business there does not.
func TestSIEM(t *testing.T) {
	for _, form := range []string{"syslog", "cef"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			d := newSyslogd(t)
			d.start()
			s := servertest.Start(t, func(o *server.Options) { o.SIEM, o.SIEMCA = form+"+tls://"+d.at, d.ca })
			s.AddPerson("first@example.com", auth.Technician)
			has := func(parts ...string) func() bool {
				return func() bool {
					for _, line := range strings.Split(d.got(), "\n") {
						all := true
						for _, p := range parts {
							all = all && strings.Contains(line, p)
						}
						if all {
							return true
						}
					}
					return false
				}
			}
			sign := map[string]string{"syslog": "[deskbell@32473 seq=", "cef": "CEF:0|Deskbell|deskbell-server|"}[form]
			servertest.Wait(t, "the first person", has(sign, "person.added", "permission"))
			d.stop()
			before := added(d.got())
			for i := range 5 {
				s.AddPerson(fmt.Sprintf("away%d@example.com", i), auth.Operator)
			}
			servertest.Wait(t, "it says that the SIEM is away", func() bool { return s.Log.Contains("the SIEM cannot be told") })
			s.Stop()
			s.Restart()
			s.AddPerson("last@example.com", auth.Operator)
			d.start()
			servertest.Wait(t, "all of them", func() bool { return added(d.got()) >= before+6 })
		})
	}
}

// added counts the lines that tell of a new person.
func added(text string) (n int) {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "person.added") {
			n++
		}
	}
	return n
}

// TestSIEMWebhook: JSON with the token; a refusal is tried again, and everything comes.
func TestSIEMWebhook(t *testing.T) {
	var mu sync.Mutex
	refusals, seqs, wrong := 0, map[int64]int{}, ""
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if refusals++; refusals == 1 {
			http.Error(w, "not now", http.StatusBadGateway)
			return
		}
		var body struct {
			Events []struct {
				Seq                   int64
				Class, Action, Object string
			}
		}
		doc, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(doc, &body); err != nil || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Idempotency-Key") == "" {
			wrong = fmt.Sprint(err, r.Header)
		}
		for _, e := range body.Events {
			seqs[e.Seq]++
			if e.Class == "" || e.Action == "" || e.Object == "" {
				wrong = fmt.Sprintf("%+v", e)
			}
		}
	}))
	t.Cleanup(hook.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, func(o *server.Options) { o.SIEM, o.SIEMCA, o.SIEMToken = hook.URL, ca, "secret" })
	for i := range 3 {
		s.AddPerson(fmt.Sprintf("p%d@example.com", i), auth.Technician)
	}
	servertest.Wait(t, "the three", func() bool { mu.Lock(); defer mu.Unlock(); return len(seqs) >= 3 })
	mu.Lock()
	defer mu.Unlock()
	if wrong != "" {
		t.Error(wrong)
	}
	for seq, n := range seqs {
		if n != 1 {
			t.Errorf("entry %d came %d times", seq, n)
		}
	}
}
