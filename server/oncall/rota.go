// Package oncall says who is on call: rotas of layers by the clocks of a place, and who
// stands in for whom. What a rota comes to is pure; the Keeper keeps rotas.
package oncall

import (
	"slices"
	"time"
)

// Person is somebody of the staff.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Rota is who is on call when. A later layer covers the ones before it while somebody
// of it is on.
type Rota struct {
	ID      string  `json:"id"`
	Version int     `json:"version"`
	Name    string  `json:"name"`
	Zone    string  `json:"zone"` // as in “Europe/Berlin”
	Layers  []Layer `json:"layers"`
}

// Layer is people who follow each other, each for so many days.
type Layer struct {
	Name   string   `json:"name"`
	People []Person `json:"people"` // in order
	First  string   `json:"first"`  // the day on which the first begins, as 2026-11-23
	Minute int      `json:"minute"` // of the day, at which one hands over to the next
	Days   int      `json:"days"`   // from one hand-over to the next; 7 is a week
	Hours  *Hours   `json:"hours,omitempty"`
}

// Hours are those of the week in which a layer is on; nobody of it is at other times.
type Hours struct {
	Days []time.Weekday `json:"days"` // on which they begin
	From int            `json:"from"` // minute of the day
	To   int            `json:"to"`   // minute; not after From: of the next day
}

// Override has one person stand in for a time.
type Override struct {
	ID      string    `json:"id"`
	Rota    string    `json:"rota"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Person  Person    `json:"person"`
	Instead Person    `json:"instead,omitzero"` // only while they would be on; nobody: whoever would
	Why     string    `json:"why,omitempty"`
	By      Person    `json:"by"`
	MadeAt  time.Time `json:"made_at"`
}

// Shift is a time in which the same person is on call; with no person it is a gap.
type Shift struct {
	From, To time.Time
	Person   Person
	Layer    string // its name; of an override that of the layer beneath
	Override string // its id, if somebody stands in
}

// Gap reports whether nobody is on call.
func (s *Shift) Gap() bool { return s.Person.ID == "" }

const day = 24 * time.Hour

// date is a day of the calendar as a number, so that days can be counted whatever the
// clocks do on them.
func date(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(day/time.Second))
}

// moment is when clocks of a place show a minute of a day. One that is left out when
// they are put forward is the moment of that; of one that comes twice the first counts.
func moment(days, minute int, zone *time.Location) time.Time {
	wall := int64(days)*int64(day/time.Second) + int64(minute)*60
	_, before := time.Unix(wall, 0).Add(-day).In(zone).Zone()
	_, after := time.Unix(wall, 0).Add(day).In(zone).Zone()
	for _, offset := range []int{before, after} {
		t := time.Unix(wall-int64(offset), 0).In(zone)
		if _, is := t.Zone(); is == offset {
			return t
		}
	}
	start, _ := time.Unix(wall-int64(before), 0).In(zone).ZoneBounds()
	return start
}

// begins is the number of the day on which the first of a layer begins.
func (l *Layer) begins() int {
	t, _ := time.Parse(time.DateOnly, l.First) // it was checked when it was written
	return date(t)
}

// turn is the number of the shift that goes on at a moment, and when it began; below 0
// the layer has not begun.
func (l *Layer) turn(at time.Time, zone *time.Location) int {
	first := l.begins()
	n := date(at.In(zone)) - first
	turn := n / l.Days
	if n < 0 {
		return -1
	}
	if at.Before(moment(first+turn*l.Days, l.Minute, zone)) {
		turn--
	}
	return turn
}

// at is who of a layer is on.
func (l *Layer) at(at time.Time, zone *time.Location) (Person, bool) {
	turn := l.turn(at, zone)
	if turn < 0 || len(l.People) == 0 || l.Hours != nil && !l.Hours.has(at, zone) {
		return Person{}, false
	}
	return l.People[turn%len(l.People)], true
}

// on is when the hours that begin on a day do, and end.
func (h *Hours) on(days int, zone *time.Location) (from, to time.Time) {
	end := days
	if h.To <= h.From {
		end++
	}
	return moment(days, h.From, zone), moment(end, h.To, zone)
}

func (h *Hours) begin(days int) bool {
	return slices.Contains(h.Days, time.Unix(int64(days)*int64(day/time.Second), 0).UTC().Weekday())
}

func (h *Hours) has(at time.Time, zone *time.Location) bool {
	today := date(at.In(zone))
	for _, d := range []int{today, today - 1} {
		if from, to := h.on(d, zone); h.begin(d) && !at.Before(from) && at.Before(to) {
			return true
		}
	}
	return false
}

func (r *Rota) zone() *time.Location {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return time.UTC // it was checked when it was written
	}
	return zone
}

// At is who is on call at a moment, without when it ends. Overrides count in the order
// in which they were made.
func (r *Rota) At(at time.Time, overrides []Override) Shift {
	zone := r.zone()
	s := Shift{From: at}
	for n := len(r.Layers) - 1; n >= 0; n-- {
		if p, on := r.Layers[n].at(at, zone); on {
			s.Person, s.Layer = p, r.Layers[n].Name
			break
		}
	}
	for _, o := range overrides {
		if o.Rota == r.ID && !at.Before(o.From) && at.Before(o.To) && (o.Instead.ID == "" || o.Instead.ID == s.Person.ID) {
			s.Person, s.Override = o.Person, o.ID
		}
	}
	return s
}

// Shifts are who is on call from one moment to another, gaps among them.
func (r *Rota) Shifts(from, to time.Time, overrides []Override) []Shift {
	var out []Shift
	for _, at := range r.edges(from, to, overrides) {
		s := r.At(at, overrides)
		if n := len(out); n > 0 {
			last := &out[n-1]
			last.To = at
			if last.Person.ID == s.Person.ID && last.Override == s.Override && last.Layer == s.Layer {
				continue
			}
		}
		out = append(out, s)
	}
	if n := len(out); n > 0 {
		out[n-1].To = to
	}
	return out
}

// edges are the moments at which who is on call can change.
func (r *Rota) edges(from, to time.Time, overrides []Override) []time.Time {
	zone := r.zone()
	out := []time.Time{from}
	add := func(t time.Time) {
		if t.After(from) && t.Before(to) {
			out = append(out, t)
		}
	}
	for n := range r.Layers {
		l := &r.Layers[n]
		first := l.begins()
		for d := date(from.In(zone)) - 1; d <= date(to.In(zone)); d++ {
			if d >= first && (d-first)%l.Days == 0 {
				add(moment(d, l.Minute, zone))
			}
			if l.Hours != nil && l.Hours.begin(d) {
				begin, end := l.Hours.on(d, zone)
				add(begin)
				add(end)
			}
		}
	}
	for _, o := range overrides {
		if o.Rota == r.ID {
			add(o.From)
			add(o.To)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}
