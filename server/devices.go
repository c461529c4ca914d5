package server

import (
	"crypto/ed25519"
	"time"

	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/device/snmp"
	"github.com/deskbell/deskbell/server/watch"
)

// newDevices makes what looks at network devices. What it finds goes into the time
// series, and rules over it raise the alerts.
func (s *Server) newDevices(identity ed25519.PrivateKey) (*device.Keeper, error) {
	return device.New(device.Options{
		Store: s.db.Devices(), Key: identity.Seed(), Read: snmp.Reader{}.Read, Put: s.series.Put, Others: s.checks.Witnesses, Now: time.Now, Log: s.log,
	})
}

// deviceFacts adds the devices to what alerts can be about.
func (s *Server) deviceFacts(to map[string]watch.Facts) {
	s.devices.Each(func(id, name, site, says string) { to[id] = watch.Facts{Name: name, Site: site, Says: says} })
}
