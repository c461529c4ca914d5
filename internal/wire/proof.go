package wire

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"

	"github.com/deskbell/deskbell/internal/fault"
)

// NonceSize is the length of each side's nonce.
const NonceSize = 32

// exporterLabel names our use of TLS keying material (RFC 5705, RFC 8446 §7.5).
const exporterLabel = "EXPORTER-deskbell-v1"

// Binding returns the value that ties proofs to one TLS connection. A man in the
// middle has two connections and so two bindings: a proof that he passes on does
// not hold on the other side. Without TLS, which only loopback may do, it is zero.
func Binding(state *tls.ConnectionState) ([]byte, error) {
	if state == nil {
		return make([]byte, 32), nil
	}
	return state.ExportKeyingMaterial(exporterLabel, nil, 32)
}

// NewNonce returns a fresh nonce.
func NewNonce() []byte {
	b := make([]byte, NonceSize)
	rand.Read(b) // never fails, by its contract
	return b
}

// Transcript is what both sides have seen of a handshake before a proof.
type Transcript struct {
	Binding     []byte
	AgentNonce  []byte
	ServerNonce []byte
}

// The roles that a proof is made for. They are in the signed bytes, so that no
// proof can be passed off as another.
const (
	roleServer   = "deskbell v1 server proof"
	roleEndpoint = "deskbell v1 endpoint proof"
	roleEnrol    = "deskbell v1 enrolment proof"
)

// signed returns the bytes a proof signs: each part with its length before it, so
// that no two different transcripts give the same bytes.
func (t Transcript) signed(role string, parts ...[]byte) []byte {
	var b []byte
	for _, p := range append([][]byte{[]byte(role), t.Binding, t.AgentNonce, t.ServerNonce}, parts...) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

func (t Transcript) check() error {
	if len(t.AgentNonce) != NonceSize || len(t.ServerNonce) != NonceSize {
		return fault.Field("nonce", "The nonce is not 32 bytes long.")
	}
	return nil
}

// ServerProof is made by the server's identity key.
func (t Transcript) ServerProof(key ed25519.PrivateKey) []byte {
	return ed25519.Sign(key, t.signed(roleServer, key.Public().(ed25519.PublicKey)))
}

// CheckServer reports whether the server with the pinned key made the proof.
func (t Transcript) CheckServer(pinned, key, proof []byte) error {
	if err := t.check(); err != nil {
		return err
	}
	if len(pinned) != ed25519.PublicKeySize || string(pinned) != string(key) {
		return fault.New(fault.WrongServer, "This is not the server that the machine was enrolled with: it shows another identity key.")
	}
	if !ed25519.Verify(ed25519.PublicKey(pinned), t.signed(roleServer, key), proof) {
		return fault.New(fault.WrongServer, "Something between this machine and the server opens the encrypted connection. Deskbell does not work through a proxy that inspects TLS: ask its administrator to leave the server's address out.")
	}
	return nil
}

// EndpointProof is made by the endpoint's key.
func (t Transcript) EndpointProof(key ed25519.PrivateKey, endpoint string) []byte {
	return ed25519.Sign(key, t.signed(roleEndpoint, []byte(endpoint)))
}

// CheckEndpoint reports whether the endpoint's key made the proof.
func (t Transcript) CheckEndpoint(key []byte, endpoint string, proof []byte) error {
	if err := t.check(); err != nil {
		return err
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(ed25519.PublicKey(key), t.signed(roleEndpoint, []byte(endpoint)), proof) {
		return fault.New(fault.Unauthenticated, "The machine could not prove that it is the endpoint it names.")
	}
	return nil
}

// EnrolProof is made by the endpoint's new key: it holds the key that it enrols.
func (t Transcript) EnrolProof(key ed25519.PrivateKey, token string) []byte {
	return ed25519.Sign(key, t.signed(roleEnrol, key.Public().(ed25519.PublicKey), []byte(token)))
}

// CheckEnrol reports whether the new key made the proof.
func (t Transcript) CheckEnrol(key []byte, token string, proof []byte) error {
	if err := t.check(); err != nil {
		return err
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(ed25519.PublicKey(key), t.signed(roleEnrol, key, []byte(token)), proof) {
		return fault.New(fault.Unauthenticated, "The machine could not prove that it holds the key it wants to enrol.")
	}
	return nil
}
