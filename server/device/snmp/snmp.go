// Package snmp reads network devices by SNMP v2c and v3.
package snmp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/device"
)

const (
	patience = 2 * time.Second // for one answer
	again    = 2               // what is not answered is asked so often more
	deadline = 25 * time.Second
)

// Reader reads devices. One that is empty has two seconds for an answer, and asks three
// times.
type Reader struct {
	Patience time.Duration // for one answer; 0: as usual
	Once     bool          // what is not answered is not asked again
}

// refusedError is why nothing is sent to an address.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// guard holds what is sent from addresses at which nobody looks, also where a name leads
// to one.
func guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if why := check.Refused(at.Addr()); why != "" {
		return refusedError(why)
	}
	return nil
}

// Read looks at a device once, in 25 seconds at most. What it cannot know of what it reads
// is left out; what it says is cleaned.
func (x Reader) Read(ctx context.Context, t device.Target) (r device.Reading) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	defer func() {
		// What a device sends is taken apart by code that others wrote.
		if p := recover(); p != nil {
			r.Interfaces, r.Whole = nil, false
			r.Result = check.Result{Outcome: check.Failed, Says: "It answered what cannot be understood."}
		}
		r.Result = r.Result.Clean()
	}()
	g, err := client(ctx, t)
	if err == nil {
		g.Timeout = cmp.Or(x.Patience, patience)
		if x.Once {
			g.Retries = 0
		}
		err = g.Connect()
	}
	if err != nil {
		return failed(err, t)
	}
	defer g.Conn.Close()
	began := time.Now()
	if err := system(g, &r); err != nil {
		return failed(doubt(ctx, t, err), t)
	}
	r.At = time.Now()
	took := r.At.Sub(began)
	r.Result = check.Result{Outcome: check.OK, Took: took, Says: fmt.Sprintf("It answered in %d ms.", took.Milliseconds())}
	if a, err := netip.ParseAddrPort(g.Conn.RemoteAddr().String()); err == nil {
		r.Result.Address = a.Addr().Unmap().String()
	}
	if err := interfaces(g, &r); err != nil {
		r.Interfaces, r.Trouble = nil, "Its interfaces could not be read: "+why(err)
	}
	return r
}

func failed(err error, t device.Target) device.Reading {
	if refused, ok := errors.AsType[refusedError](err); ok {
		return device.Reading{Result: check.Result{Outcome: check.Unable, Says: string(refused)}}
	}
	return device.Reading{Result: check.Result{Outcome: check.Failed, Says: sentence(err, t)}}
}

// client is a connection that is not made yet.
func client(ctx context.Context, t device.Target) (*gosnmp.GoSNMP, error) {
	if t.Port < 1 || t.Port > 65535 {
		return nil, errors.New("no such port")
	}
	g := &gosnmp.GoSNMP{
		Context: ctx, Target: t.Host, Port: uint16(t.Port), Transport: "udp", Timeout: patience, Retries: again, MaxOids: gosnmp.MaxOids, Control: guard,
		Version: gosnmp.Version2c, Community: t.Access.Community,
	}
	if t.Access.Version != device.V3 {
		return g, nil
	}
	g.Version, g.Community, g.ContextName, g.SecurityModel = gosnmp.Version3, "", t.Access.Context, gosnmp.UserSecurityModel
	user := &gosnmp.UsmSecurityParameters{UserName: t.Access.User, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv}
	g.MsgFlags, g.SecurityParameters = gosnmp.NoAuthNoPriv, user
	if t.Access.Auth != "" {
		g.MsgFlags = gosnmp.AuthNoPriv
		user.AuthenticationProtocol, user.AuthenticationPassphrase = auths[t.Access.Auth], t.Access.AuthPassword
	}
	if t.Access.Priv != "" {
		g.MsgFlags = gosnmp.AuthPriv
		user.PrivacyProtocol, user.PrivacyPassphrase = privs[t.Access.Priv], t.Access.PrivPassword
	}
	return g, nil
}

var (
	auths = map[device.Auth]gosnmp.SnmpV3AuthProtocol{
		"MD5": gosnmp.MD5, "SHA": gosnmp.SHA, "SHA224": gosnmp.SHA224, "SHA256": gosnmp.SHA256, "SHA384": gosnmp.SHA384, "SHA512": gosnmp.SHA512,
	}
	privs = map[device.Priv]gosnmp.SnmpV3PrivProtocol{
		"DES": gosnmp.DES, "AES": gosnmp.AES, "AES192": gosnmp.AES192, "AES256": gosnmp.AES256, "AES192C": gosnmp.AES192C, "AES256C": gosnmp.AES256C,
	}
)
