package device

import (
	"time"

	"github.com/deskbell/deskbell/server/synthetic"
)

// witness keeps what others are told of the last look at a device. The caller holds mu.
func (k *Keeper) witness(l *look) {
	k.seen.Lock()
	defer k.seen.Unlock()
	if l.d.Paused || l.gone {
		delete(k.says, l.d.ID)
		return
	}
	w := synthetic.Witness{Host: l.d.Host, Guard: l.d.Guard, Outcome: l.m.Life.Last.Outcome}
	if l.m.Life.Heard {
		w.At = l.m.Life.LastAt
	}
	k.says[l.d.ID] = w
}

// Witnesses are what the devices say of this server's own line. It waits for nothing.
func (k *Keeper) Witnesses() []synthetic.Witness { return k.witnesses("") }

func (k *Keeper) witnesses(but string) []synthetic.Witness {
	k.seen.Lock()
	defer k.seen.Unlock()
	var out []synthetic.Witness
	for id, w := range k.says {
		if id != but {
			out = append(out, w)
		}
	}
	return out
}

// cutOff reports whether it is rather this server's own line that fails. The caller
// holds mu.
func (k *Keeper) cutOff(l *look, since time.Time) bool {
	others := k.witnesses(l.d.ID)
	if k.o.Others != nil {
		others = append(others, k.o.Others()...)
	}
	return synthetic.CutOff(synthetic.Witness{Host: l.d.Host, Guard: l.d.Guard}, since, others)
}

// see forgets what failed while this server was cut off. The caller holds mu.
func (k *Keeper) see() {
	k.blind = false
	for _, l := range k.looks {
		if life := &l.m.Life; !life.Down {
			life.Fails, life.First = 0, time.Time{}
		}
		if soon := k.o.Now().Add(chance(spread)); l.m.Life.Blind && soon.Before(l.next) {
			l.next = soon
		}
	}
}
