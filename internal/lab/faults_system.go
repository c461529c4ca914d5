//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// ownCertificate writes a certificate as supplicants and VPN programs keep theirs.
func ownCertificate(path string, left time.Duration) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "lab.example.test"}, NotBefore: time.Now().Add(left - 365*24*time.Hour), NotAfter: time.Now().Add(left)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func systemFaults() []scenario {
	return []scenario{
		{name: "certificate expired", want: diagnostics.CertificateExpired, how: "the certificate for the wireless network ended yesterday", spoil: func(*machine) error {
			return ownCertificate("/etc/wpa_supplicant/lab.pem", -24*time.Hour)
		}},
		{name: "certificate about to end", want: diagnostics.CertificateExpiring, how: "the certificate for the VPN ends in six days", spoil: func(*machine) error {
			return ownCertificate("/etc/openvpn/client/lab.crt", 6*24*time.Hour)
		}},
		{name: "restart pending", want: diagnostics.RebootPending, how: "the mark that Debian's package manager leaves", spoil: run("touch /run/reboot-required")},
		{name: "not restarted for long", want: diagnostics.UptimeLong, how: "the machine's time namespace says that it was started 60 days ago", upDays: 60},
		{name: "print queue stuck", want: diagnostics.PrintingStuck, how: "CUPS has a queue that is stopped, and a document in it", spoil: func(m *machine) error { return m.printing("Stopped", true) }},
		{name: "service failed", want: diagnostics.ServiceFailed, how: "systemctl is told of a failed unit", played: "systemd is played: a small service on a D-Bus of the machine's own answers systemctl", spoil: func(m *machine) error {
			return m.services(map[string]string{"ssh.service": "running", "backup.service": "failed"})
		}},
	}
}
