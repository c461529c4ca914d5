package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/deskbell/deskbell/internal/fault"
)

// Prefixes of secrets. They keep one kind from being tried as another, and let a
// scanner for leaked secrets know ours.
const (
	TokenPrefix   = "deskbell_token_"
	sessionPrefix = "deskbell_session_"
	portalPrefix  = "deskbell_portal_"
	linkPrefix    = "deskbell_link_"
	screenPrefix  = "deskbell_screen_"
)

// newSecret returns 256 random bits in text with a prefix, and the hash that is
// stored in its place.
func newSecret(prefix string) (secret string, hash []byte) {
	b := make([]byte, 32)
	rand.Read(b)
	secret = prefix + base64.RawURLEncoding.EncodeToString(b)
	return secret, hashSecret(secret)
}

// hashSecret is a plain SHA-256: the secrets have 256 bits, so there is nothing
// to guess and nothing to slow down.
func hashSecret(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// Argon2id with the second recommended option of RFC 9106, section 4.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	argonKey     = 32
	argonSalt    = 16
)

// MinPassword is the shortest password, in characters (NIST SP 800-63B).
const MinPassword = 12

// HashPassword returns a password's Argon2id hash as a PHC string.
func HashPassword(password string) (string, error) {
	if n := len([]rune(password)); n < MinPassword {
		return "", fault.Field("password", "The password is shorter than 12 characters. A sentence that only you would say makes a good one.")
	}
	if len(password) > 1024 {
		return "", fault.Field("password", "The password is longer than 1024 bytes.")
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

var errHash = errors.New("auth: not an argon2id hash")

// checkPassword reports whether the password has the hash.
func checkPassword(password, phc string) (bool, error) {
	var version int
	var memory, time uint32
	var threads uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
