//go:build linux

package main

import (
	"fmt"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
)

// scenario is one machine: healthy, or with one fault.
type scenario struct {
	name string
	want diagnostics.Code // the true cause; empty: healthy
	how  string           // how the fault is made, or what is special about a healthy machine
	// played says what is not the real thing, in a few words; empty when all is.
	played string

	with []diagnostics.Code // what must be found as well, as following from the cause

	far       far   // the world at the other end of the cable
	cable     cable // what lies between
	resolvers []string
	env       []string
	six       bool   // IPv6 only
	address   string // of the help desk's server; empty: by its name
	connected bool   // the agent has a session
	upDays    int    // since the start; 0: three days
	aged      bool   // its programs must be older than two minutes when it is looked at
	busy      bool   // it keeps the processor busy itself

	prepare func(*machine) error // before: programs that must have run for a while
	spoil   func(*machine) error // makes the fault, or the special thing
}

const (
	serverName = "bell.example.test"
	serverAt   = "203.0.113.10"
	proxyAt    = "203.0.113.8"
	timeAt     = "203.0.113.123"
	firstName  = "198.51.100.53"
	secondName = "198.51.100.54"
	gatewayAt  = "192.0.2.1"
	machineAt  = "192.0.2.10"
)

// server is the help desk's server as the agent on this machine would name it.
func (s *scenario) server() *probe.Server {
	address := s.address
	if address == "" {
		address = serverName
	}
	return &probe.Server{Address: address + ":443", Connected: s.connected}
}

func (s *scenario) nameServers() []string {
	switch {
	case s.resolvers != nil:
		return s.resolvers
	case s.six:
		return []string{"fd00:53::53"}
	}
	return []string{firstName, secondName}
}

// scenarios lists every machine, the broken ones first.
func scenarios() []scenario {
	var all []scenario
	for _, some := range [][]scenario{networkFaults(), nameFaults(), serverFaults(), diskFaults(), programFaults(), systemFaults(), healthyMachines()} {
		all = append(all, some...)
	}
	return all
}

func scenarioNamed(name string) (*scenario, error) {
	for _, s := range scenarios() {
		if s.name == name {
			return &s, nil
		}
	}
	return nil, fmt.Errorf("there is no machine %q", name)
}
