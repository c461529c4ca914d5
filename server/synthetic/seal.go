package synthetic

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// seal keeps what is sent along with a check's requests, which can be a secret:
// encrypted under a key that is derived from the server's own and is not in the database.
type seal struct{ aead cipher.AEAD }

func newSeal(key []byte) (seal, error) {
	k, err := hkdf.Key(sha256.New, key, nil, "deskbell checks v1", 32)
	if err != nil {
		return seal{}, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return seal{aead}, err
}

// along is what is sealed.
type along struct {
	Headers []check.Header `json:"headers,omitempty"`
	Body    string         `json:"body,omitempty"`
	URL     string         `json:"url,omitempty"` // what follows its question mark can be a secret
}

// close returns a check as it is stored. It is bound to the check: in another's row it
// opens nothing.
func (s seal) close(c Check) (Check, error) {
	c.Sealed = nil
	if c.Spec.Kind != check.HTTP {
		return c, nil
	}
	doc, err := json.Marshal(along{c.Spec.Headers, c.Spec.Body, c.Spec.URL})
	if err != nil {
		return c, err
	}
	c.Sealed = s.aead.Seal(nil, nil, doc, []byte(c.ID))
	c.Spec.URL, c.Spec.Headers, c.Spec.Body = c.Spec.At(), nil, ""
	return c, nil
}

// open makes it whole again.
func (s seal) open(c *Check) error {
	if len(c.Sealed) == 0 {
		return nil
	}
	doc, err := s.aead.Open(nil, nil, c.Sealed, []byte(c.ID))
	if err != nil {
		return err
	}
	var a along
	if err := json.Unmarshal(doc, &a); err != nil {
		return err
	}
	c.Spec.Headers, c.Spec.Body, c.Spec.URL, c.Sealed = a.Headers, a.Body, a.URL, nil
	return nil
}
