package device

import "time"

// State is how an interface does.
type State string

// The states of an interface.
const (
	PortUp     State = "up"
	PortOff    State = "off"    // somebody has switched it off at the device
	PortUnused State = "unused" // it is down, and nobody expects otherwise
	PortDown   State = "down"   // it is down, and was up
)

// number is a state in the time series.
func (s State) number() float64 {
	return map[State]float64{PortUp: 1, PortOff: 2, PortUnused: 3, PortDown: 4}[s]
}

// Port is what is remembered of an interface by its name, over a restart too.
type Port struct {
	Was   bool      `json:"was,omitempty"` // it was up once
	State State     `json:"state"`
	Since time.Time `json:"since,omitzero"` // it is so; zero: since before anybody looked
}

// take brings what is remembered forward by what was read.
func (p Port) take(i *Interface, e Expected, at time.Time) Port {
	s := PortDown
	switch {
	case i.Admin != IfUp:
		s = PortOff
		p.Was = false // who switches it on again begins anew
	case i.Oper == IfUp || i.Oper == IfDormant && p.State == PortUp:
		s, p.Was = PortUp, true
	case !p.Was || e == Nothing || e == Described && i.Alias == "":
		s = PortUnused
	}
	switch {
	case p.State == "":
		p.State = s
	case p.State != s:
		p.State, p.Since = s, at
	}
	return p
}
