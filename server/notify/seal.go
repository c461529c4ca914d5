package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"

	"github.com/deskbell/deskbell/internal/fault"
)

// seal keeps the channels' secrets. Others of ours are kept as hashes; these have to be
// shown to somebody else, so they are encrypted under a key that is derived from the
// server's own and is not in the database.
type seal struct{ aead cipher.AEAD }

func newSeal(key []byte) (seal, error) {
	k, err := hkdf.Key(sha256.New, key, nil, "deskbell channels v1", 32)
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

// close encrypts a channel's secret. It is bound to the channel: in another's row it
// opens nothing.
func (s seal) close(channel, secret string) []byte {
	if secret == "" {
		return nil
	}
	return s.aead.Seal(nil, nil, []byte(secret), []byte(channel))
}

// open decrypts it.
func (s seal) open(c *Channel) (string, error) {
	if len(c.Sealed) == 0 {
		return "", nil
	}
	b, err := s.aead.Open(nil, nil, c.Sealed, []byte(c.ID))
	if err != nil {
		return "", fault.Wrap(err, fault.Conflict, "The channel's secret cannot be read with this server's key. Enter it again.")
	}
	return string(b), nil
}

// newKey is a signing key for webhooks.
func newKey() string { return "deskbell_hook_" + rand.Text() + rand.Text() }
