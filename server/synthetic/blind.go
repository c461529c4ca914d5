package synthetic

import (
	"net/netip"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// Witness is what the last look at something says of this server's own line.
type Witness struct {
	Host    string // that was asked; lower case
	Guard   bool   // it is there to show whether the line works
	Outcome check.Outcome
	At      time.Time // of that look; zero: there was none since the start
}

// CutOff reports whether it is rather this server's own line that fails: since the
// failures of one thing began nothing has answered it, and its guards do not, or,
// without any, three different hosts.
func CutOff(w Witness, since time.Time, others []Witness) bool {
	if Near(w.Host) {
		return false
	}
	hosts := map[string]bool{w.Host: true}
	guards, silent := 0, 0
	if w.Guard {
		guards, silent = 1, 1
	}
	for _, o := range others {
		if Near(o.Host) {
			continue
		}
		if o.Guard {
			guards++
		}
		if o.At.IsZero() || o.At.Before(since) {
			continue
		}
		switch o.Outcome {
		case check.OK:
			return false
		case check.Failed:
			hosts[o.Host] = true
			if o.Guard {
				silent++
			}
		}
	}
	if guards > 0 {
		return silent == guards && len(hosts) > 1
	}
	return len(hosts) >= 3
}

// witness is what a check says of the line; no: it is paused, or not looked at from here.
func (l *look) witness() (Witness, bool) {
	p := l.lives[Server]
	if l.c.Paused || p == nil {
		return Witness{}, false
	}
	w := Witness{Host: l.c.Spec.Target(), Guard: l.c.Guard, Outcome: p.Last.Outcome}
	if p.Heard {
		w.At = p.LastAt
	}
	return w, true
}

// witnesses are those of all checks but one. The caller holds mu.
func (k *Keeper) witnesses(but *look) []Witness {
	var out []Witness
	for _, l := range k.looks {
		if w, ok := l.witness(); ok && l != but {
			out = append(out, w)
		}
	}
	return out
}

// Witnesses are what the checks say of this server's own line.
func (k *Keeper) Witnesses() []Witness {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.witnesses(nil)
}

// cutOff reports whether it is rather this server's own line that fails. The caller
// holds mu.
func (k *Keeper) cutOff(l *look, since time.Time) bool {
	others := k.witnesses(l)
	if k.o.Others != nil {
		others = append(others, k.o.Others()...)
	}
	return CutOff(Witness{Host: l.c.Spec.Target(), Guard: l.c.Guard}, since, others)
}

// Near reports whether a host is this machine itself, which says nothing of its line.
func Near(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ask has guards, and some other checks, done at once, so that one knows whether
// anything answers. The caller holds mu.
func (k *Keeper) ask(l *look, since, now time.Time) {
	left := 4
	for _, guard := range []bool{true, false} {
		for _, o := range k.looks {
			p := o.lives[Server]
			if o == l || o.c.Guard != guard || o.c.Paused || p == nil || Near(o.c.Spec.Target()) || o.c.Spec.Target() == l.c.Spec.Target() {
				continue
			}
			if p.Heard && !p.LastAt.Before(since) {
				left--
				continue
			}
			if left > 0 && p.next.After(now) {
				p.next = now
				left--
			}
		}
	}
}

// see forgets what failed while this server was cut off. The caller holds mu.
func (k *Keeper) see() {
	k.blind = false
	for _, l := range k.looks {
		for _, p := range l.lives {
			if !p.Down {
				p.Fails, p.First = 0, time.Time{}
			}
			if soon := k.o.Now().Add(chance(spread)); p.Blind && soon.Before(p.next) {
				p.next = soon
			}
		}
	}
}
