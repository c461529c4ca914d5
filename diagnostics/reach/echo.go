package reach

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	probing "github.com/prometheus-community/pro-bing"
)

// ErrNoRights is told when this process may send no echo at all.
var ErrNoRights = errors.New("no right to send an echo")

// Echo is one echo that was sent. RTT is 0 when it was not answered.
type Echo struct {
	Seq int
	RTT time.Duration
}

// Ping sends n echoes, one each gap, and tells of each as soon as it is answered
// or a second has passed, in order. It first tries a datagram socket, for which
// the system may ask no rights, then a raw one. The error says why nothing could
// be sent; silence is none.
func Ping(ctx context.Context, ip netip.Addr, n int, gap time.Duration, each func(Echo)) error {
	var sent time.Time
	for seq := range n {
		if seq > 0 {
			if err := wait(ctx, gap-time.Since(sent)); err != nil {
				return err
			}
		}
		sent = time.Now()
		one, cancel := context.WithTimeout(ctx, time.Second)
		rtt, err := SendEcho(one, ip)
		cancel()
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		each(Echo{Seq: seq, RTT: rtt})
	}
	return nil
}

// SendEcho sends one echo and waits for its answer until the context is done; 0
// without an error is silence.
func SendEcho(ctx context.Context, ip netip.Addr) (time.Duration, error) {
	var refused error
	for _, privileged := range []bool{false, true} {
		rtt, err := echoBy(ctx, ip, privileged)
		if err == nil {
			return rtt, nil
		}
		if refused = err; !noRight(err) {
			break
		}
	}
	if noRight(refused) {
		return 0, ErrNoRights
	}
	return 0, refused
}

func noRight(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, os.ErrPermission) ||
		errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

func echoBy(ctx context.Context, ip netip.Addr, privileged bool) (time.Duration, error) {
	p := probing.New("")
	p.SetIPAddr(&net.IPAddr{IP: ip.Unmap().AsSlice(), Zone: ip.Zone()})
	p.SetPrivileged(privileged)
	p.SetLogger(probing.NoopLogger{})
	p.Count, p.RecordRtts, p.RecordTTLs = 1, false, false
	p.Timeout = time.Hour // the context ends it
	var rtt time.Duration
	p.OnRecv = func(pkt *probing.Packet) { rtt = max(pkt.Rtt, time.Nanosecond) }
	var unsent error
	p.OnSendError = func(_ *probing.Packet, err error) { unsent = err }
	err := p.RunWithContext(ctx)
	switch {
	case rtt > 0:
		return rtt, nil
	case unsent != nil:
		return 0, unsent
	case err != nil && ctx.Err() == nil:
		return 0, err
	}
	return 0, nil
}

// wait lets time go by.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
