package probe

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	maxCertificates    = 40
	maxCertificateFile = 64 << 10
)

// certificatePlaces are where programs that join a network or a VPN keep the
// certificate of the machine.
var certificatePlaces = []string{
	"/etc/wpa_supplicant/*", "/etc/NetworkManager/certs/*", "/etc/openvpn/*", "/etc/openvpn/client/*", "/etc/ipsec.d/certs/*", "/etc/swanctl/x509/*",
}

// ownCertificates reads the machine's own certificates; private keys that stand
// beside them are not looked at.
func ownCertificates() []diagnostics.Certificate {
	var all []diagnostics.Certificate
	for _, pattern := range certificatePlaces {
		paths, _ := filepath.Glob(pattern) // the patterns are well-formed
		for _, path := range paths {
			switch filepath.Ext(path) {
			case ".pem", ".crt", ".cer", ".cert", ".der":
				all = append(all, certificatesOf(path)...)
			}
			if len(all) >= maxCertificates {
				return all[:maxCertificates]
			}
		}
	}
	return all
}

func certificatesOf(path string) []diagnostics.Certificate {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxCertificateFile {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var all []diagnostics.Certificate
	add := func(der []byte) {
		c, err := x509.ParseCertificate(der)
		if err != nil || c.IsCA {
			return // an authority is what the machine trusts, not what it shows
		}
		all = append(all, diagnostics.Certificate{Path: plainLine(path, 200), Subject: plainLine(c.Subject.String(), 160), NotBefore: c.NotBefore, NotAfter: c.NotAfter})
	}
	rest := b
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			add(block.Bytes)
		}
	}
	if len(all) == 0 {
		add(b)
	}
	return all
}
