package device

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
)

// seal keeps the secrets of devices: encrypted under a key that is derived from the
// server's own and is not in the database.
type seal struct{ aead cipher.AEAD }

func newSeal(key []byte) (seal, error) {
	k, err := hkdf.Key(sha256.New, key, nil, "deskbell devices v1", 32)
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

// close returns a device as it is stored. It is bound to the device and to where it
// stands: in another's row, or with another address in its own, it opens nothing.
func (s seal) close(d Device) (Device, error) {
	doc, err := json.Marshal(d.Access)
	if err != nil {
		return d, err
	}
	d.Sealed = s.aead.Seal(nil, nil, doc, bound(&d))
	d.Access = d.Access.public()
	return d, nil
}

// open makes it whole again.
func (s seal) open(d *Device) error {
	doc, err := s.aead.Open(nil, nil, d.Sealed, bound(d))
	if err != nil {
		return err
	}
	d.Sealed = nil
	return json.Unmarshal(doc, &d.Access)
}

func bound(d *Device) []byte { return []byte(d.ID + " " + d.at()) }
