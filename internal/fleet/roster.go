package fleet

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

// Identity is one simulated endpoint's, as it is kept between runs.
type Identity struct {
	Number   int    `json:"n"`
	Endpoint string `json:"endpoint,omitempty"`
	Seed     []byte `json:"seed,omitempty"` // of the Ed25519 key
	URL      string `json:"url,omitempty"`
	Key      []byte `json:"server_key,omitempty"`
	Pin      []byte `json:"pin,omitempty"`
	Site     string `json:"site,omitempty"`
	Ratchet  []byte `json:"ratchet,omitempty"`
}

func (i *Identity) key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(i.Seed) }

// roster keeps the identities: a file to which each change is appended before it
// is acted upon, since a fleet that came back with older ratchets than it had
// confirmed would be taken for a copy of itself. What is appended survives our
// death, not a power cut: for a simulator that is enough.
type roster struct {
	mu   sync.Mutex
	file *os.File // nil: kept in memory only
	lock *os.File
}

const rosterName = "endpoints.jsonl"

// openRoster reads the identities of an earlier run. dir may be empty.
func openRoster(dir string) (*roster, []*Identity, error) {
	if dir == "" {
		return &roster{}, nil, nil
	}
	problem := func(err error) error {
		return fault.Wrap(err, fault.Unavailable, "The folder "+dir+" cannot be used to keep the endpoints' identities: "+err.Error()+".")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, problem(err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, problem(err)
	}
	if err := lockFile(lock); err != nil {
		lock.Close()
		return nil, nil, err
	}
	f, list, err := rewrite(dir)
	if err != nil {
		lock.Close()
		return nil, nil, problem(err)
	}
	return &roster{file: f, lock: lock}, list, nil
}

// rewrite brings the file to one line an endpoint and opens it to append.
func rewrite(dir string) (*os.File, []*Identity, error) {
	name := filepath.Join(dir, rosterName)
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	list := replay(old)
	var b bytes.Buffer
	for _, i := range list {
		line, err := json.Marshal(i)
		if err != nil {
			return nil, nil, err
		}
		b.Write(append(line, '\n'))
	}
	if err := durable.Write(name, b.Bytes(), 0o600); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0o600)
	return f, list, err
}

// replay folds the lines. A last line that was cut off is left out.
func replay(b []byte) []*Identity {
	var list []*Identity
	by := map[int]*Identity{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		var i Identity
		if json.Unmarshal(lines.Bytes(), &i) != nil {
			continue
		}
		known := by[i.Number]
		switch {
		case known == nil && i.Endpoint != "" && len(i.Seed) == ed25519.SeedSize:
			by[i.Number] = &i
			list = append(list, &i)
		case known != nil && i.Endpoint == "":
			known.Ratchet = i.Ratchet
		}
	}
	return list
}

// add keeps a new identity.
func (r *roster) add(i *Identity) error { return r.append(i) }

// ratchet keeps an endpoint's secret.
func (r *roster) ratchet(number int, secret []byte) error {
	return r.append(&Identity{Number: number, Ratchet: secret})
}

func (r *roster) append(i *Identity) error {
	if r.file == nil {
		return nil
	}
	line, err := json.Marshal(i)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = r.file.Write(append(line, '\n'))
	return err
}

func (r *roster) close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.file.Close(), r.lock.Close())
}
