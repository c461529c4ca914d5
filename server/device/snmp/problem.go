package snmp

import (
	"context"
	"errors"
	"strings"

	"github.com/gosnmp/gosnmp"

	"github.com/deskbell/deskbell/diagnostics/reach"
	"github.com/deskbell/deskbell/server/device"
)

// errLevel is that the device knows who asks, and shows nothing.
var errLevel = errors.New("it shows nothing")

// doubt finds out what a device did not say clearly of a user of v3. A wrong password, and
// a user that there is not, are both told by an answer that nobody has signed, which is
// discarded; what it cannot decrypt a device may not answer at all. So it is asked once
// more, for less. Only the words of what has failed come from that.
func doubt(ctx context.Context, t device.Target, err error) error {
	less := t
	switch {
	case t.Access.Version != device.V3 || t.Access.Auth == "":
		return err
	case strings.Contains(err.Error(), "not authentic"):
		less.Access.Auth, less.Access.Priv = "", ""
	case unheard(err) && t.Access.Priv != "":
		less.Access.Priv = ""
	default:
		return err
	}
	g, failed := client(ctx, less)
	if failed != nil {
		return err
	}
	g.Retries = 0
	if failed := g.Connect(); failed != nil {
		return err
	}
	defer g.Conn.Close()
	failed = system(g, &device.Reading{})
	switch {
	case less.Access.Auth == "" && errors.Is(failed, gosnmp.ErrUnknownUsername):
		return failed
	case less.Access.Auth == "":
		return gosnmp.ErrWrongDigest
	case failed == nil || errors.Is(failed, errLevel) || errors.Is(failed, gosnmp.ErrUnknownSecurityLevel):
		return gosnmp.ErrDecryption
	}
	return err
}

// unheard reports whether no answer came to any of the requests.
func unheard(err error) bool {
	return errors.Is(err, gosnmp.ErrMaxRetriesExceeded) || errors.Is(err, context.DeadlineExceeded) || reach.DialProblem(err) == "no answer"
}

// sentence says what is wrong, and what to look at. It never has a secret.
func sentence(err error, t device.Target) string {
	v3 := t.Access.Version == device.V3
	switch {
	case errors.Is(err, gosnmp.ErrUnknownUsername):
		return "It does not know the user " + t.Access.User + ". Look up the name at the device, and its context."
	case errors.Is(err, gosnmp.ErrWrongDigest):
		return "The password of " + t.Access.User + " is wrong, or the device checks it by another way than " + string(t.Access.Auth) + "."
	case errors.Is(err, gosnmp.ErrDecryption):
		return "What was encrypted cannot be read: the password for encryption is wrong, or the device encrypts by another way than " + string(t.Access.Priv) + "."
	case errors.Is(err, errLevel) && !v3:
		return "It answers, and lets this community see nothing. Look at the views of the community at the device."
	case errors.Is(err, gosnmp.ErrUnknownSecurityLevel), errors.Is(err, errLevel):
		return "The device does not let " + t.Access.User + " in at the level " + t.Access.Level() + ". It asks for more, or for less."
	case errors.Is(err, gosnmp.ErrNotInTimeWindow):
		return "The device's clock of SNMP and what it said of it before differ. Restart its SNMP agent."
	case unheard(err) && v3:
		return "Nothing answers. The device is away, a firewall is between, or it does not let this server speak SNMP v3."
	case unheard(err):
		return "Nothing answers. The device is away, a firewall is between, or the community is wrong: a device does not answer to a wrong one, nor to a server that is not on its list."
	}
	if p := reach.DialProblem(err); p == "connection refused" {
		return "Nothing listens for SNMP at this port. Switch SNMP on at the device, or correct the port."
	}
	return "It cannot be asked: " + why(err)
}

// why is a cause in a few words, as the end of a sentence.
func why(err error) string {
	if unheard(err) {
		return "no answer."
	}
	return reach.DialProblem(err) + "."
}
