package stock

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// When facts are told. After a server was restored all machines tell anew, and not
// all at once.
const (
	spread = 5 * time.Minute
	pause  = 15 * time.Minute
	day    = 24 * time.Hour
	aDay   = 30 << 10 // bytes, beside the first telling
	failed = 10 * time.Minute
	// maxTold is how many bytes of changes one message tells.
	maxTold = 12 << 10
)

// Line is a session with the server. *uplink.Link is one.
type Line interface {
	Call(ctx context.Context, t wire.Type, id string, body any) (wire.Envelope, error)
}

// Attend tells the server over one session what there is to tell, until ctx ends.
// want says that the server has other facts, or none.
func (k *Keeper) Attend(ctx context.Context, endpoint string, l Line, want bool) {
	if k.o.Off {
		return
	}
	whole := want
	wait := rand.N(spread)
	for sleep(ctx, wait) {
		changed := k.change.Changed()
		m, ok := k.message(endpoint, whole)
		if !ok {
			select {
			case <-changed:
				wait = rand.N(spread)
			case <-ctx.Done():
			}
			continue
		}
		b, err := json.Marshal(m)
		if err != nil {
			return // texts and times: they always marshal
		}
		if wait = k.after(endpoint, len(b), whole); wait > 0 {
			wait += rand.N(spread)
			continue
		}
		_, err = l.Call(ctx, wire.TypeStock, "", json.RawMessage(b))
		switch {
		case err == nil:
			k.told(endpoint, m, len(b))
			whole = false
		case ctx.Err() != nil, fault.Is(err, fault.Unsupported):
			return // an older server
		case fault.Is(err, fault.Conflict) && !whole:
			whole = true
		default:
			k.o.Log.Debug("the server was not told what has changed on this machine", "error", err)
			wait = failed + rand.N(failed)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Subnet returns the network of one of this machine's addresses, as 192.0.2.0/24;
// empty when it is none of its own, or stands for one machine alone.
func Subnet(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil || at.IsLoopback() {
		return ""
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	for _, a := range list {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Unmap() == at.Unmap() && p.Bits() < p.Addr().BitLen() {
			return p.Masked().String()
		}
	}
	return ""
}
