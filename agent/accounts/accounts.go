// Package accounts knows the people of this machine by name. Who somebody is, the
// kernel has said already; here is only what they are called.
package accounts

import (
	"context"
	"os/user"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// keep is how long a name is believed before it is looked up again.
const keep = 10 * time.Minute

// Book looks names up and remembers them. It is safe for concurrent use.
type Book struct {
	mu    sync.Mutex
	known map[string]entry
}

type entry struct {
	account wire.Account
	until   time.Time
}

// New returns an empty book.
func New() *Book { return &Book{known: map[string]entry{}} }

// Account returns the person with the uid. One whom the system cannot name is
// called by the uid.
func (b *Book) Account(uid string) wire.Account {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.known[uid]; ok && time.Now().Before(e.until) {
		return e.account
	}
	a := lookUp(uid)
	if len(b.known) > 1000 {
		clear(b.known)
	}
	b.known[uid] = entry{a, time.Now().Add(keep)}
	return a
}

func lookUp(uid string) wire.Account {
	a := wire.Account{UID: uid, Name: uid}
	if u, err := user.LookupId(uid); err == nil {
		a.Name, a.Full = u.Username, u.Name
	} else if name, full, ok := askSystem(uid); ok {
		a.Name, a.Full = name, full
	}
	a.Name, a.Full = clean(a.Name), clean(a.Full)
	if a.Name == "" {
		a.Name = uid
	}
	return a
}

// lookUpTimeout is how long a directory may take. A dead one must not hold up a ring.
const lookUpTimeout = 2 * time.Second

// fromPasswd reads a line of the form of passwd(5), at those fields.
func fromPasswd(line string, fullField int) (name, full string, ok bool) {
	f := strings.Split(strings.TrimSpace(line), ":")
	if len(f) <= fullField || f[0] == "" {
		return "", "", false
	}
	full, _, _ = strings.Cut(f[fullField], ",")
	return f[0], full, true
}

func withTimeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), lookUpTimeout)
}

// clean keeps a directory's words fit for one line.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120])
	}
	return strings.TrimSpace(s)
}
