package server

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// loadIdentity returns the server's identity key, which every endpoint has pinned,
// and makes it at first start. Losing it means to enrol every machine again, so
// it belongs into the backup.
func loadIdentity(data string) (ed25519.PrivateKey, error) {
	key, err := loadKey(filepath.Join(data, "identity.key"), func() (crypto.PrivateKey, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	})
	if err != nil {
		return nil, err
	}
	k, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Invalid, "The file identity.key in the server's folder holds another kind of key. Restore it from your backup.")
	}
	return k, nil
}

// loadKey reads a key, or makes and stores it.
func loadKey(name string, generate func() (crypto.PrivateKey, error)) (crypto.PrivateKey, error) {
	b, err := os.ReadFile(name)
	if err == nil {
		block, _ := pem.Decode(b)
		if block == nil {
			return nil, fault.New(fault.Invalid, "The file "+name+" is not a key. Restore it from your backup.")
		}
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := generate()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeFile(name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// writeFile writes a file that is there whole or not at all.
func writeFile(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// certificate is the server's TLS certificate, and how machines know it.
type certificate struct {
	tls.Certificate
	// pin is the SHA-256 of the public key when no authority that this machine
	// trusts vouches for the certificate; nil when one does.
	pin []byte
}

func loadCertificate(o Options) (certificate, error) {
	if o.TLSCert == "" {
		return selfSigned(o)
	}
	pair, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return certificate{}, fault.Wrap(err, fault.Invalid, "The certificate (--tls-cert) and its key (--tls-key) cannot be read, or do not belong together.")
	}
	c := certificate{Certificate: pair}
	opts := x509.VerifyOptions{Intermediates: x509.NewCertPool()}
	for _, der := range pair.Certificate[1:] {
		if x, err := x509.ParseCertificate(der); err == nil {
			opts.Intermediates.AddCert(x)
		}
	}
	if _, err := pair.Leaf.Verify(opts); err != nil {
		c.pin = pinOf(pair.Leaf)
	}
	return c, nil
}

func pinOf(c *x509.Certificate) []byte {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return sum[:]
}

// selfSigned returns the certificate that the server made itself. It is made anew
// when it nears its end or the names have changed; its key stays, and so does the
// pin that machines know.
func selfSigned(o Options) (certificate, error) {
	key, err := loadKey(filepath.Join(o.Data, "tls.key"), func() (crypto.PrivateKey, error) {
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	})
	if err != nil {
		return certificate{}, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return certificate{}, fault.New(fault.Invalid, "The file tls.key in the server's folder cannot sign. Remove it, and start again; machines will have to be enrolled again.")
	}
	names, ips := certificateNames(o)
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Deskbell"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(825 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: names, IPAddresses: ips, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		return certificate{}, fmt.Errorf("making the TLS certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return certificate{}, err
	}
	return certificate{Certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: signer, Leaf: leaf}, pin: pinOf(leaf)}, nil
}

func certificateNames(o Options) (names []string, ips []net.IP) {
	add := func(host string) {
		if ip := net.ParseIP(host); ip != nil {
			if !ip.IsUnspecified() {
				ips = append(ips, ip)
			}
		} else if host != "" {
			names = append(names, host)
		}
	}
	if host, err := os.Hostname(); err == nil {
		add(host)
	}
	add("localhost")
	add("127.0.0.1")
	add("::1")
	if host, _, err := net.SplitHostPort(o.Listen); err == nil {
		add(host)
	}
	if u, err := url.Parse(o.PublicURL); err == nil {
		add(u.Hostname())
	}
	return names, ips
}
