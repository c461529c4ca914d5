package availability

import (
	"encoding/binary"
	"errors"
	"time"
)

// Hour is what is known of one hour of something.
type Hour struct {
	Minutes  [60]State
	Quarters [4]Quarter // of a site: of its machines' minutes
}

// Quarter is what is known of the machines of a site in a quarter of an hour. Days begin
// at a quarter of an hour everywhere on earth.
type Quarter struct {
	Count  Count
	Scores Scores
}

// take writes a minute down. What is there already stays.
func (h *Hour) take(minute int, g *Glance) {
	if h.Minutes[minute] != Unknown {
		return
	}
	h.Minutes[minute] = g.State
	q := &h.Quarters[minute/15]
	q.Count = q.Count.Add(g.Count)
	q.Scores.Add(&g.Scores)
}

// spans appends the minutes to the spans of the hours before.
func (h *Hour) spans(to []Span, begin time.Time) []Span {
	for i, s := range h.Minutes {
		if s == Unknown {
			continue
		}
		at := begin.Add(time.Duration(i) * time.Minute)
		end := at.Add(time.Minute)
		if n := len(to); n > 0 && to[n-1].State == s && to[n-1].To.Equal(at) {
			to[n-1].To = end
		} else {
			to = append(to, Span{at, end, s})
		}
	}
	return to
}

// version is how an hour is written down.
const version = 1

// Encode writes an hour down: some ten bytes of a quiet one of a service, and a hundred
// of a site.
func (h *Hour) Encode() []byte {
	b := []byte{version}
	for i := 0; i < len(h.Minutes); { // how many minutes are so, and how they are
		n := 1
		for i+n < len(h.Minutes) && h.Minutes[i+n] == h.Minutes[i] {
			n++
		}
		b = append(b, byte(n), byte(h.Minutes[i]))
		i += n
	}
	put := func(n int64) { b = binary.AppendUvarint(b, uint64(n)) }
	for i := range h.Quarters {
		q := &h.Quarters[i]
		put(q.Count.Up)
		put(q.Count.Down)
		put(q.Count.Unknown)
		put(q.Count.Out)
		different := int64(0)
		for _, n := range q.Scores {
			if n > 0 {
				different++
			}
		}
		put(different)
		for score, n := range q.Scores {
			if n > 0 {
				b = append(b, byte(score))
				put(n)
			}
		}
	}
	return b
}

var errHour = errors.New("availability: these bytes are no hour, or one of another version")

// Decode reads what Encode wrote.
func Decode(b []byte) (h Hour, err error) {
	if len(b) == 0 || b[0] != version {
		return h, errHour
	}
	b = b[1:]
	for i := 0; i < len(h.Minutes); {
		if len(b) < 2 || b[0] == 0 || i+int(b[0]) > len(h.Minutes) || State(b[1]) > Idle {
			return h, errHour
		}
		for range b[0] {
			h.Minutes[i] = State(b[1])
			i++
		}
		b = b[2:]
	}
	get := func() int64 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > 1<<48 {
			err, b = errHour, nil
			return 0
		}
		b = b[size:]
		return int64(n)
	}
	for i := range h.Quarters {
		q := &h.Quarters[i]
		q.Count = Count{Up: get(), Down: get(), Unknown: get(), Out: get()}
		for range get() {
			if len(b) == 0 || b[0] > best {
				return h, errHour
			}
			score := b[0]
			b = b[1:]
			q.Scores[score] = get()
		}
	}
	if len(b) > 0 {
		err = errHour
	}
	return h, err
}
