package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// maxTimeSources is how many time servers are asked.
const maxTimeSources = 3

// timeWait is how long a time server has.
const timeWait = 1200 * time.Millisecond

// ntpEpoch is the second from which NTP counts, 1900, in Unix time.
const ntpEpoch = -2208988800

// askTime asks one time server with one packet (RFC 4330).
func askTime(ctx context.Context, t *diagnostics.TimeSource) {
	skew, rtt, err := askNTP(ctx, t.Address)
	if err != nil {
		t.Problem = DialProblem(err)
		return
	}
	t.Answers, t.SkewMS, t.RTTms = true, skew.Milliseconds(), max(0.01, round2(rtt.Seconds()*1000))
}

// askNTP returns how far this machine's clock is ahead of the server's.
func askNTP(ctx context.Context, server string) (skew, rtt time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeWait)
	defer cancel()
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(server, "123")
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "udp", server)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	var question [48]byte
	question[0] = 4<<3 | 3 // version 4, client
	// What we send as our time comes back: a number that nobody else can know.
	sent := time.Now()
	binary.BigEndian.PutUint64(question[40:], uint64(sent.UnixNano()))
	if _, err := c.Write(question[:]); err != nil {
		return 0, 0, err
	}
	var b [512]byte
	for {
		n, err := c.Read(b[:])
		if err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return 0, 0, err
		}
		got := time.Now()
		if n < 48 || [8]byte(b[24:32]) != [8]byte(question[40:48]) {
			continue // not the answer to this question
		}
		if b[0]&7 != 4 || b[1] == 0 || b[1] > 15 || b[0]>>6 == 3 {
			return 0, 0, errors.New("it says itself that it does not know the time")
		}
		received, transmitted := ntpTime(b[32:40]), ntpTime(b[40:48])
		rtt = got.Sub(sent) - transmitted.Sub(received)
		// The middle of our two moments is the middle of its two.
		ours := sent.Round(0).Add(got.Sub(sent) / 2)
		return ours.Sub(received.Add(transmitted.Sub(received) / 2)), max(rtt, time.Microsecond), nil
	}
}

// ntpTime reads 32 bits of seconds and 32 of their fraction. The seconds start
// anew in 2036: what lies before 1968 means the second round.
func ntpTime(b []byte) time.Time {
	seconds, fraction := int64(binary.BigEndian.Uint32(b)), float64(binary.BigEndian.Uint32(b[4:]))
	if seconds < 1<<31 {
		seconds += 1 << 32
	}
	return time.Unix(seconds+ntpEpoch, int64(fraction/math.Exp2(32)*1e9))
}

// AskTime asks a time server how far this machine's clock is ahead of its.
func AskTime(ctx context.Context, server string) (time.Duration, error) {
	skew, _, err := askNTP(ctx, server)
	return skew, err
}
