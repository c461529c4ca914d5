package enrol

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"sync"
)

// ratchet finds copies of a disk that are never online at the same time. Each
// welcome gives the endpoint a step to store, one higher than any before; each
// session shows the step that is stored. Whoever shows a lower step than was
// stored once has an old copy.
//
// A step is signed by the server and the number is in it, so that nothing has to
// be on the server's disk before the endpoint stores it.
type ratchet struct {
	key []byte

	mu    sync.Mutex
	steps map[string]*steps
	dirty map[string]bool
}

type steps struct {
	held   uint64 // the endpoint has this one
	issued uint64 // and was given this one
}

func newRatchet(secret []byte) *ratchet {
	key := sha256.Sum256(append([]byte("deskbell ratchet v1\x00"), secret...))
	return &ratchet{key: key[:], steps: map[string]*steps{}, dirty: map[string]bool{}}
}

const ratchetMAC = 16

func (r *ratchet) sign(endpoint string, step uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, step)
	h := hmac.New(sha256.New, r.key)
	h.Write(b)
	h.Write([]byte(endpoint))
	return append(b, h.Sum(nil)[:ratchetMAC]...)
}

// read returns the step that is shown, and whether we signed it for this endpoint.
func (r *ratchet) read(endpoint string, shown []byte) (uint64, bool) {
	if len(shown) != 8+ratchetMAC {
		return 0, false
	}
	step := binary.BigEndian.Uint64(shown)
	return step, hmac.Equal(shown, r.sign(endpoint, step))
}

// known returns the step that the endpoint holds, as far as memory and disk know.
func (r *ratchet) known(endpoint string, onDisk uint64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(onDisk, r.of(endpoint).held)
}

func (r *ratchet) of(endpoint string) *steps {
	s := r.steps[endpoint]
	if s == nil {
		s = &steps{}
		r.steps[endpoint] = s
	}
	return s
}

// next takes note of the step that was shown and returns the one to store.
func (r *ratchet) next(endpoint string, shown uint64) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.of(endpoint)
	if shown > s.held {
		s.held = shown
		r.dirty[endpoint] = true
	}
	s.issued = max(s.issued, shown) + 1
	return r.sign(endpoint, s.issued)
}

// stored takes note of a step that the endpoint has on disk now. It may come late,
// when a further step has been issued already that the endpoint never got.
func (r *ratchet) stored(endpoint string, step uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.of(endpoint); step > s.held && step <= s.issued {
		s.held = step
		r.dirty[endpoint] = true
	}
}

func (r *ratchet) forget(endpoint string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.steps, endpoint)
	delete(r.dirty, endpoint)
}

// risen returns the steps that the disk does not have yet.
func (r *ratchet) risen() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]uint64, len(r.dirty))
	for endpoint := range r.dirty {
		out[endpoint] = r.steps[endpoint].held
	}
	clear(r.dirty)
	return out
}

// again puts steps back that could not be written.
func (r *ratchet) again(steps map[string]uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for endpoint := range maps.Keys(steps) {
		if r.steps[endpoint] != nil {
			r.dirty[endpoint] = true
		}
	}
}
