// Package device looks after switches, routers and whatever else of the network answers
// to SNMP: whether it can be reached, and how its interfaces do.
package device

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
)

// Device is a network device that is looked at.
type Device struct {
	ID        string        `json:"id"`
	Version   int           `json:"version"` // of the settings; a change names the one it has seen
	Name      string        `json:"name"`
	Note      string        `json:"note,omitempty"` // what to do when it is silent
	Site      string        `json:"site,omitempty"`
	Host      string        `json:"host"`
	Port      int           `json:"port"`
	Access    Access        `json:"access"`
	Every     time.Duration `json:"every"`
	Failures  int           `json:"failures"`  // in a row, until it is silent
	Successes int           `json:"successes"` // in a row, until it is there again
	Expected  Expected      `json:"expected"`
	Guard     bool          `json:"guard,omitempty"` // it shows whether this server's own line works
	Paused    bool          `json:"paused,omitempty"`
	Sealed    []byte        `json:"sealed,omitempty"` // the secrets of Access, as they are stored
}

// Expected is of which interfaces one expects that they stay up.
type Expected string

// Which interfaces are expected to stay up.
const (
	WereUp    Expected = "up"        // those that were up once
	Described Expected = "described" // of these, those that somebody has described at the device
	Nothing   Expected = "none"
)

// Expectations are all of them.
func Expectations() []Expected { return []Expected{WereUp, Described, Nothing} }

// Usual returns a device as it begins.
func Usual() Device {
	return Device{Port: 161, Access: Access{Version: V2c}, Every: time.Minute, Failures: 3, Successes: 2, Expected: WereUp}
}

const (
	shortest = 30 * time.Second
	// longest keeps the series without gaps: what is older than five minutes is no answer
	// to what is now.
	longest = 3 * time.Minute
	// retry is how soon at the latest what is in doubt is looked at again.
	retry = time.Minute
)

// check brings a device into its form, or says what is wrong with it.
func (d *Device) check() error {
	d.Name, d.Note, d.Site = strings.TrimSpace(d.Name), strings.TrimSpace(d.Note), strings.TrimSpace(d.Site)
	line := func(s string, most int) bool {
		return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
	}
	switch {
	case d.Name == "" || !line(d.Name, 200):
		return fault.Field("name", "A device needs a name of at most 200 characters.")
	case !line(d.Site, 100):
		return fault.Field("site", "A site has at most 100 characters.")
	case utf8.RuneCountInString(d.Note) > 2000:
		return fault.Field("note", "A note has at most 2000 characters.")
	case d.Port < 1 || d.Port > 65535:
		return fault.Field("port", "A port is a number from 1 to 65535; that of SNMP is usually 161.")
	case d.Every < shortest || d.Every > longest:
		return fault.Field("every", "A device is looked at every 30 seconds to every 3 minutes: 1m, for example.")
	case d.Failures < 1 || d.Failures > 10:
		return fault.Field("failures", "It is silent after 1 to 10 failures in a row.")
	case d.Successes < 1 || d.Successes > 10:
		return fault.Field("successes", "It is there again after 1 to 10 answers in a row.")
	case !slices.Contains(Expectations(), d.Expected):
		return fault.Field("expected", "Expected to stay up are the interfaces that were up, those that are described, or none.")
	}
	// A host is checked as that of any other service.
	host := check.Spec{Kind: check.TCP, Host: d.Host, Port: d.Port}
	if err := host.Check(); err != nil {
		return err
	}
	d.Host = strings.ToLower(host.Host)
	return d.Access.check()
}
