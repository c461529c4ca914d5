package synthetic

import (
	"net/netip"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// cutOff reports whether it is rather this server's own line that fails: since the
// failures of a check began nothing has answered it, and its guards do not, or, without
// any, three different hosts. The caller holds mu.
func (k *Keeper) cutOff(l *look, since time.Time) bool {
	hosts := map[string]bool{l.c.Spec.Target(): true}
	guards, silent := 0, 0
	for _, o := range k.looks {
		p := o.lives[Server]
		if o.c.Paused || p == nil || near(o) {
			continue
		}
		if o.c.Guard {
			guards++
		}
		if o == l {
			if o.c.Guard {
				silent++
			}
			continue
		}
		if !p.Heard || p.LastAt.Before(since) {
			continue
		}
		switch p.Last.Outcome {
		case check.OK:
			return false
		case check.Failed:
			hosts[o.c.Spec.Target()] = true
			if o.c.Guard {
				silent++
			}
		}
	}
	if near(l) {
		return false
	}
	if guards > 0 {
		return silent == guards && len(hosts) > 1
	}
	return len(hosts) >= 3
}

// near reports whether a check is of this machine itself, which says nothing of its line.
func near(l *look) bool {
	t := l.c.Spec.Target()
	ip, err := netip.ParseAddr(t)
	return t == "localhost" || err == nil && ip.IsLoopback()
}

// ask has guards, and some other checks, done at once, so that one knows whether
// anything answers. The caller holds mu.
func (k *Keeper) ask(l *look, since, now time.Time) {
	left := 4
	for _, guard := range []bool{true, false} {
		for _, o := range k.looks {
			p := o.lives[Server]
			if o == l || o.c.Guard != guard || o.c.Paused || p == nil || near(o) || o.c.Spec.Target() == l.c.Spec.Target() {
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
