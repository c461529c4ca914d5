package hub

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDoorGivesPlacesAwayFairly(t *testing.T) {
	now := time.Unix(0, 0)
	d := newDoor(4, 2*time.Second, func() time.Time { return now })
	var sent []string
	enter := func(address, name string) *visitor {
		v := d.enter(address)
		if v != nil {
			d.attach(v, func() { sent = append(sent, name) })
		}
		return v
	}
	for i := range 4 {
		if enter("flood", fmt.Sprint("flood", i)) == nil {
			t.Fatal("the door is full too soon")
		}
	}
	if enter("flood", "flood4") != nil {
		t.Error("the flood got a place of its own")
	}
	one := enter("other", "other")
	if one == nil {
		t.Fatal("somebody else found no place")
	}
	two := enter("third", "third")
	if two == nil || fmt.Sprint(sent) != "[flood0 flood1]" {
		t.Errorf("sent away: %v", sent)
	}
	// All hold as much as each other: nobody goes before their time.
	d.leave(one)
	d.leave(two)
	enter("fourth", "fourth")
	enter("fifth", "fifth") // flood 2, and one each of two others
	if got := enter("sixth", "sixth"); got == nil || sent[len(sent)-1] != "flood2" {
		t.Errorf("sent away: %v", sent)
	}
	if enter("seventh", "seventh") != nil {
		t.Error("somebody got a place of somebody with one")
	}
	now = now.Add(2*time.Second + 1)
	if enter("seventh", "seventh") == nil || sent[len(sent)-1] != "flood3" {
		t.Errorf("after the patience: %v", sent)
	}
}

func TestPlaceThatWasGivenAwayBeforeItsConnectionWasThere(t *testing.T) {
	d := newDoor(2, time.Second, time.Now)
	early := d.enter("flood")
	d.enter("flood")
	if d.enter("other") == nil {
		t.Fatal("no place")
	}
	if d.attach(early, func() { t.Error("it was ended, and its caller does that") }) {
		t.Error("it is told that it still has its place")
	}
	if d.leave(early) {
		t.Error("it is told that it had its place to the end")
	}
}

func TestClosedDoor(t *testing.T) {
	d := newDoor(2, time.Second, time.Now)
	v, ended := d.enter("a"), false
	d.attach(v, func() { ended = true })
	d.close()
	if !ended || d.enter("b") != nil || d.leave(v) {
		t.Error("a closed door lets somebody in, or keeps somebody")
	}
}

// TestDoorCounts lets people come and go at random and holds the door's books
// against a plain count.
func TestDoorCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		places := rapid.IntRange(1, 6).Draw(t, "places")
		d := newDoor(places, time.Second, func() time.Time { return now })
		inside := map[*visitor]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				full := len(inside) == places
				v := d.enter(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "from"))
				if v == nil {
					if !full {
						t.Fatal("refused with places left")
					}
					return
				}
				inside[v] = true
				if !d.attach(v, func() { delete(inside, v) }) {
					t.Fatal("a newcomer lost its place at once")
				}
			},
			"leave": func(t *rapid.T) {
				for v := range inside {
					if !d.leave(v) {
						t.Fatal("it had lost its place unheard")
					}
					delete(inside, v)
					break
				}
			},
			"wait": func(*rapid.T) { now = now.Add(700 * time.Millisecond) },
			"": func(t *rapid.T) {
				n := 0
				for _, l := range d.from {
					n += l.Len()
					if l.Len() == 0 {
						t.Fatal("an address without visitors is kept")
					}
				}
				if n != len(inside) || d.inside.Len() != n || n > places {
					t.Fatalf("%d by address, %d in the line, %d inside of %d", n, d.inside.Len(), len(inside), places)
				}
			},
		})
	})
}
