package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
)

// enrolmentPrefix starts every enrolment string, so that a person and a scanner
// for leaked secrets both know what it is.
const enrolmentPrefix = "deskbell-enrol-1."

// Enrolment is what an enrolment string holds: where the server is, how to know
// it, and a token that is worth one identity (or as many as it was made for).
type Enrolment struct {
	URL   string `json:"u"`           // https://host:port, or http on loopback
	Token string `json:"t"`           // secret
	Key   []byte `json:"k"`           // the server's identity, Ed25519
	Pin   []byte `json:"p,omitempty"` // SHA-256 of the certificate's public key, when no authority vouches for it
}

// String returns the enrolment string.
func (e Enrolment) String() string {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings and bytes always marshal
	}
	sum := sha256.Sum256(b)
	return enrolmentPrefix + base64.RawURLEncoding.EncodeToString(append(b, sum[:4]...))
}

// ParseEnrolment reads an enrolment string. White space around and within it is
// dropped: mail programs wrap long lines.
func ParseEnrolment(s string) (Enrolment, error) {
	var e Enrolment
	s = strings.Join(strings.Fields(s), "")
	rest, ok := strings.CutPrefix(s, enrolmentPrefix)
	if !ok {
		return e, fault.New(fault.Invalid, "This is not an enrolment string: it starts with “"+enrolmentPrefix+"”. Ask your administrator for one.")
	}
	damaged := fault.New(fault.Invalid, "This enrolment string is damaged: copy it again, whole.")
	b, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil || len(b) < 5 {
		return e, damaged
	}
	body, sum := b[:len(b)-4], sha256.Sum256(b[:len(b)-4])
	if !bytes.Equal(sum[:4], b[len(b)-4:]) || json.Unmarshal(body, &e) != nil {
		return Enrolment{}, damaged
	}
	u, err := url.Parse(e.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || e.Token == "" ||
		len(e.Key) != ed25519.PublicKeySize || (len(e.Pin) != 0 && len(e.Pin) != sha256.Size) {
		return Enrolment{}, damaged
	}
	return e, nil
}
