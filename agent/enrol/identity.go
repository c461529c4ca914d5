// Package enrol holds a machine's identity: the key that it made itself, the
// server that it belongs to, and how it came by both.
package enrol

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

// Identity is who this machine is, and to whom. Its JSON form is the file that is
// written once, at enrolment, and that only the agent may read.
type Identity struct {
	Endpoint     string             `json:"endpoint"`
	Key          ed25519.PrivateKey `json:"key"` // made here; it never leaves this machine
	URL          string             `json:"url"`
	ServerKey    []byte             `json:"server_key"`    // the server's identity, pinned
	Pin          []byte             `json:"pin,omitempty"` // its certificate's public key, pinned
	Site         string             `json:"site,omitempty"`
	Organisation string             `json:"organisation,omitempty"`
	EnrolledAt   time.Time          `json:"enrolled_at"`
}

// Load reads the identity. Without one the error is NotFound; a damaged file is an
// error too, since writing over it would lose a key that may yet be rescued.
func Load(dir state.Dir) (*Identity, error) {
	b, err := os.ReadFile(dir.Identity())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "This computer is not enrolled. Ask your administrator for an enrolment string, then run “deskbell-agent enrol STRING”.")
	}
	if err != nil {
		return nil, dir.Fault(err)
	}
	var id Identity
	if err := json.Unmarshal(b, &id); err != nil || id.Endpoint == "" || len(id.Key) != ed25519.PrivateKeySize {
		return nil, fault.Wrap(err, fault.Internal, "The file "+dir.Identity()+" is damaged, so this computer does not know who it is. Enrol it again with “deskbell-agent enrol --force STRING”.")
	}
	return &id, nil
}

// Options are how to reach the identity's server. agent is what hello says.
func (id *Identity) Options(agent string) uplink.Options {
	return uplink.Options{URL: id.URL, ServerKey: id.ServerKey, Pin: id.Pin, Agent: agent}
}

// Ratchet keeps the secret of the last session, by which the server tells this
// machine from a copy of its disk. It is safe for concurrent use.
type Ratchet struct {
	dir      state.Dir
	endpoint string

	mu     sync.Mutex
	secret []byte
}

type ratchetFile struct {
	Endpoint string `json:"endpoint"`
	Secret   []byte `json:"secret"`
}

// OpenRatchet reads the endpoint's secret. One of an earlier identity is none.
func OpenRatchet(dir state.Dir, endpoint string) (*Ratchet, error) {
	r := &Ratchet{dir: dir, endpoint: endpoint}
	b, err := os.ReadFile(dir.Ratchet())
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	var f ratchetFile
	if json.Unmarshal(b, &f) == nil && f.Endpoint == endpoint {
		r.secret = f.Secret
	}
	return r, nil
}

// Secret returns the secret of the last session that was stored, or nil.
func (r *Ratchet) Secret() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.secret
}

// Store keeps the secret. When it returns nil the secret is on the disk.
func (r *Ratchet) Store(secret []byte) error {
	b, err := json.Marshal(ratchetFile{r.endpoint, secret})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err = durable.Write(r.dir.Ratchet(), b, 0o600)
	if _, unsure := errors.AsType[*durable.UnsureError](err); err != nil && !unsure {
		return err
	}
	r.secret = secret // in place, even if a power cut may yet undo it: the server accepts both until we confirm
	return err
}
