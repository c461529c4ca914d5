package wire

import "time"

// TLSParams looks at a server's certificate.
type TLSParams struct {
	Host string `json:"host"`
	Port int    `json:"port,omitempty"` // 0 means 443
	Name string `json:"name,omitempty"` // server name; empty means Host
}

// TLSPart is the handshake's result; the chain is shown even when it is not trusted.
type TLSPart struct {
	Version  string        `json:"version,omitempty"`
	Cipher   string        `json:"cipher,omitempty"`
	Protocol string        `json:"protocol,omitempty"` // that both agreed on: h2, http/1.1
	Trusted  bool          `json:"trusted"`
	Problem  string        `json:"problem,omitempty"`
	Connect  time.Duration `json:"connect_ns,omitempty"`
	TLS      time.Duration `json:"tls_ns,omitempty"`
	Chain    []Certificate `json:"chain,omitempty"` // as the server sent it
	// Built is the chain by which the machine trusts it, from the server's certificate
	// to the authority's; only when it does.
	Built []Certificate `json:"built,omitempty"`
	// Missing is the authority whose certificate the server should have sent: the chain
	// ends before one that this machine knows.
	Missing string `json:"missing,omitempty"`
	Signer  Signer `json:"signer,omitempty"`
	Product string `json:"product,omitempty"` // of an inspecting proxy, by its own name

	Stapled      Stapled   `json:"stapled,omitempty"`
	StapledUntil time.Time `json:"stapled_until,omitzero"`
}

// Signer is the sort of authority behind a certificate, as far as that can be told.
type Signer string

// The sorts.
const (
	SignerPublic    Signer = "public"    // trusted, and entered in the public logs of certificates
	SignerPrivate   Signer = "private"   // trusted here, and in no public log: a company's, or a proxy's that looks inside
	SignerInspector Signer = "inspector" // names itself as a product that looks inside connections
	SignerSelf      Signer = "self"      // signed by itself
)

// Stapled is what the server brings along of its certificate's authority (OCSP).
type Stapled string

// What can be stapled.
const (
	StapledNone    Stapled = "none"
	StapledGood    Stapled = "good"
	StapledRevoked Stapled = "revoked"
	StapledUnknown Stapled = "unknown" // the authority does not know the certificate
	StapledBroken  Stapled = "broken"  // it cannot be read, is out of date, or is not the authority's
)

// Certificate is one link of a chain.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names,omitempty"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Key       string    `json:"key,omitempty"`       // its sort and size: RSA 2048, ECDSA P-256
	Signature string    `json:"signature,omitempty"` // how it was signed: SHA256-RSA
	Weak      string    `json:"weak,omitempty"`      // why its key or signature is no longer enough
	Authority bool      `json:"authority,omitempty"` // it may sign others
	SHA256    string    `json:"sha256"`
}
