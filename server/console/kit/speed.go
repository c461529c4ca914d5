package kit

import (
	"fmt"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// LineRate writes bits per second: "94 Mbit/s". What a machine says may be anything.
func LineRate(bits float64) string {
	if bits <= 0 || bits > 1e14 {
		return "–"
	}
	units := []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}
	i := 0
	for bits >= 999.5 && i < len(units)-1 {
		bits, i = bits/1000, i+1
	}
	digits := 0
	if bits < 9.95 && i > 0 {
		digits = 1
	}
	return strconv.FormatFloat(bits, 'f', digits, 64) + " " + units[i]
}

// bloated is by how much longer answers take on a busy line before it is told as a
// fault: from here on people hear it when they talk.
const bloated = 200 * time.Millisecond

// SpeedWords says what a measurement comes to, as far as it has come.
func SpeedWords(p wire.SpeedPart) (known, good bool, words string) {
	switch p.Phase {
	case wire.SpeedWaiting:
		return false, false, "Two other machines are being measured. This one is next."
	case wire.SpeedIdle:
		return false, false, "Measures how long answers take on an idle line."
	}
	way := func(w *wire.SpeedWay, name string) string {
		if w == nil || w.BitsPerSecond <= 0 {
			return ""
		}
		return LineRate(w.BitsPerSecond) + " " + name
	}
	words = way(p.Down, "down")
	if up := way(p.Up, "up"); up != "" && words != "" {
		words += ", " + up
	} else if up != "" {
		words = up
	}
	if words == "" {
		return false, false, "Nothing came through, so nobody can say how fast the line is."
	}
	busy := p.Busy()
	if p.Idle.Samples > 0 {
		words += "; answers take " + Millis(p.Idle.P50)
		if busy > 0 {
			words += ", " + Millis(busy) + " while it is busy"
		}
	}
	if p.Phase != wire.SpeedDone {
		return false, false, words + "…"
	}
	if good = busy-p.Idle.P50 < bloated; !good {
		words += ". Whatever else is sent meanwhile waits for as long: calls break up"
	}
	return true, good, words + "."
}

func speedWay(w *wire.SpeedWay) string {
	if w == nil || w.Bytes <= 0 {
		return ""
	}
	ended := ""
	switch w.Limit {
	case wire.SpeedByTime:
		ended = ", until the time was over"
	case wire.SpeedByBytes:
		ended = ", until the server's bound of 64 MiB"
	}
	return fmt.Sprintf("%s: %s in %s%s", LineRate(w.BitsPerSecond), Bytes(w.Bytes), Millis(w.Took), ended)
}

func speedDelay(d wire.SpeedDelay) string {
	if d.Samples <= 0 {
		return ""
	}
	return fmt.Sprintf("half within %s, 95 of 100 within %s, of %s", Millis(d.P50), Millis(d.P95), Plural(d.Samples, "1 answer", "%d answers"))
}
