package remote

import (
	"crypto/rand"
	"io"
	"sync"
)

// random is what is sent: it cannot be made smaller on the way.
var random = sync.OnceValue(func() []byte {
	b := make([]byte, 8*speedBlock)
	rand.Read(b) // never fails
	return b
})

// noise is as many random bytes as are left.
type noise struct{ left int }

// Read implements io.Reader.
func (n *noise) Read(b []byte) (int, error) {
	if n.left <= 0 {
		return 0, io.EOF
	}
	got := copy(b[:min(len(b), n.left)], random())
	n.left -= got
	return got, nil
}
