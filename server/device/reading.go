package device

import (
	"net"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// at is where a device stands, as one line that a person reads.
func (d *Device) at() string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }

// Target is what a reader has to know of a device.
type Target struct {
	Host   string
	Port   int
	Access Access
}

// MaxInterfaces is how many interfaces of a device are looked at: the first ones, by the
// device's own numbers.
const MaxInterfaces = 512

// Reading is what a look at a device came to. Its texts are cleaned.
type Reading struct {
	Result check.Result // whether it answered
	At     time.Time    // it did
	System System
	// Uptime is how long the part that answers runs, which for most devices is the device;
	// it counts in 32 bits of hundredths of a second where nothing better is told.
	Uptime time.Duration
	Ticks  bool // it does
	Timed  bool // there is one

	Interfaces []Interface
	Whole      bool   // all interfaces were read
	More       bool   // there are more than those
	Trouble    string // why they were not all read, as a sentence; empty: they were
}

// System is what a device says of itself.
type System struct {
	Name     string `json:"name,omitempty"`
	Descr    string `json:"descr,omitempty"`
	Location string `json:"location,omitempty"`
}

// Interface is one as it is read.
type Interface struct {
	Index   int
	Name    string // unlike that of all others of the device
	Alias   string // what somebody has written of it at the device
	Admin   Oper   // as it should be
	Oper    Oper   // as it is
	Speed   uint64 // in bits a second; 0: unknown
	In, Out Counter
	// Errors and discards in both directions are 32 bits wide on all devices.
	InErrors, OutErrors, InDiscards, OutDiscards Counter
	Discontinuity                                uint64 // changes when the counters began anew otherwise than with the device
}

// Oper is how an interface is, by the numbers of RFC 2863.
type Oper int

// The states of an interface.
const (
	IfUp      Oper = 1
	IfDown    Oper = 2
	IfDormant Oper = 5 // it waits for somebody to call
)

// Counter is one of a device.
type Counter struct {
	Value uint64
	Wide  bool // of 64 bits
	OK    bool // there is one
}
