package probe

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// serveTime answers as a time server does, after the answer was changed.
func serveTime(t *testing.T, ahead time.Duration, change func(answer []byte) [][]byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if n < 48 {
				continue
			}
			a := make([]byte, 48)
			a[0], a[1] = 4<<3|4, 2
			copy(a[24:32], b[40:48])
			now := time.Now().Add(ahead)
			for _, at := range []int{32, 40} {
				binary.BigEndian.PutUint32(a[at:], uint32(now.Unix()-ntpEpoch))
				binary.BigEndian.PutUint32(a[at+4:], uint32(uint64(now.Nanosecond())<<32/1e9))
			}
			for _, one := range change(a) {
				conn.WriteTo(one, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

func TestTimeServers(t *testing.T) {
	asItIs := func(a []byte) [][]byte { return [][]byte{a} }
	for name, c := range map[string]struct {
		ahead  time.Duration
		change func([]byte) [][]byte
		skew   time.Duration
		fails  bool
	}{
		"right":                       {0, asItIs, 0, false},
		"ours is slow":                {40 * time.Minute, asItIs, -40 * time.Minute, false},
		"ours is fast":                {-26 * time.Hour, asItIs, 26 * time.Hour, false},
		"it does not know":            {0, func(a []byte) [][]byte { a[1] = 0; return [][]byte{a} }, 0, true},
		"it has not been told either": {0, func(a []byte) [][]byte { a[0] |= 3 << 6; return [][]byte{a} }, 0, true},
		"somebody guesses first": {time.Hour, func(a []byte) [][]byte {
			forged := append([]byte(nil), a...)
			forged[30]++ // another's question
			copy(forged[32:], make([]byte, 16))
			return [][]byte{forged, forged[:20], a}
		}, -time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			source := diagnostics.TimeSource{Address: serveTime(t, c.ahead, c.change)}
			askTime(t.Context(), &source)
			off := time.Duration(source.SkewMS)*time.Millisecond - c.skew
			if source.Answers == c.fails || !c.fails && off.Abs() > time.Second || c.fails && source.Problem == "" {
				t.Errorf("%+v", source)
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		source := diagnostics.TimeSource{Address: serveTime(t, 0, func([]byte) [][]byte { return nil })}
		start := time.Now()
		askTime(t.Context(), &source)
		if source.Answers || source.Problem != "no answer" || time.Since(start) > timeWait+500*time.Millisecond {
			t.Errorf("%+v after %v", source, time.Since(start))
		}
	})
}

// The seconds of NTP start anew in 2036.
func TestTimeAfter2036(t *testing.T) {
	for want, b := range map[time.Time][]byte{
		time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC): {0xee, 0xac, 0xaf, 0x00, 0, 0, 0, 0},
		time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC): {0, 0, 0, 0, 0, 0, 0, 0},
		time.Date(2036, 2, 7, 6, 28, 17, 0, time.UTC): {0, 0, 0, 1, 0, 0, 0, 0},
	} {
		if got := ntpTime(b); !got.Equal(want) {
			t.Errorf("%x is %v, want %v", b, got.UTC(), want)
		}
	}
}
