//go:build !linux && !darwin && !windows

package probe

import (
	"errors"
	"net/netip"

	"github.com/deskbell/deskbell/diagnostics"
)

func describe(*diagnostics.Interface) {}

func wirelessSignals() map[string]int { return nil }

func defaultRoutes() ([]diagnostics.Gateway, error) {
	return nil, errors.New("not read on this system")
}

type neighbour int

const (
	neighbourUnknown neighbour = iota
	neighbourReachable
	neighbourFailed
)

func neighbourState(netip.Addr, string) neighbour { return neighbourUnknown }
