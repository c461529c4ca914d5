package device

import (
	"slices"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/internal/fault"
)

// Access is how a device is spoken to.
type Access struct {
	Version   Version `json:"version"`
	Community string  `json:"community,omitempty"` // secret, of v2c

	User         string `json:"user,omitempty"` // of v3, and all below
	Auth         Auth   `json:"auth,omitempty"`
	AuthPassword string `json:"auth_password,omitempty"` // secret
	Priv         Priv   `json:"priv,omitempty"`
	PrivPassword string `json:"priv_password,omitempty"` // secret
	Context      string `json:"context,omitempty"`
}

// Version is one of SNMP.
type Version string

// The versions.
const (
	V2c Version = "2c"
	V3  Version = "3"
)

// Auth is how v3 makes sure who speaks; empty: not at all.
type Auth string

// Priv is how v3 keeps what is said from others; empty: not at all.
type Priv string

// Auths are all ways, the best last.
func Auths() []Auth { return []Auth{"MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"} }

// Privs are all ways, the best last. Those with a C derive their key as Cisco does.
func Privs() []Priv { return []Priv{"DES", "AES", "AES192", "AES256", "AES192C", "AES256C"} }

// Level is the security level, in SNMP's own word.
func (a *Access) Level() string {
	switch {
	case a.Auth == "":
		return "noAuthNoPriv"
	case a.Priv == "":
		return "authNoPriv"
	}
	return "authPriv"
}

const (
	leastPassword = 8 // by RFC 3414
	mostSecret    = 255
)

// check brings an access into its form, or says what is wrong with it.
func (a *Access) check() error {
	plain := func(s string, most int) bool { return len(s) <= most && !strings.ContainsFunc(s, unicode.IsControl) }
	switch a.Version {
	case V2c:
		if a.Community == "" || !plain(a.Community, mostSecret) {
			return fault.Field("community", "SNMP v2c needs the community that the device lets read, of at most 255 characters.")
		}
		*a = Access{Version: V2c, Community: a.Community}
		return nil
	case V3:
	default:
		return fault.Field("snmp", "SNMP is spoken in version 2c or 3.")
	}
	a.User, a.Context, a.Community = strings.TrimSpace(a.User), strings.TrimSpace(a.Context), ""
	password := func(s string) bool { return len(s) >= leastPassword && plain(s, mostSecret) }
	switch {
	case a.User == "" || !plain(a.User, 32):
		return fault.Field("user", "SNMP v3 needs the name of a user, of at most 32 characters.")
	case !plain(a.Context, 32):
		return fault.Field("context", "A context has at most 32 characters. Most devices have none.")
	case a.Auth != "" && !slices.Contains(Auths(), a.Auth):
		return fault.Field("auth", "SNMP v3 makes sure who speaks by MD5, SHA, SHA224, SHA256, SHA384 or SHA512.")
	case a.Priv != "" && !slices.Contains(Privs(), a.Priv):
		return fault.Field("priv", "SNMP v3 encrypts by DES, AES, AES192, AES256, AES192C or AES256C.")
	case a.Priv != "" && a.Auth == "":
		return fault.Field("auth", "SNMP v3 encrypts only for a user whose password is checked. Choose how.")
	case a.Auth != "" && !password(a.AuthPassword):
		return fault.Field("auth_password", "The password that is checked has at least 8 characters.")
	case a.Priv != "" && !password(a.PrivPassword):
		return fault.Field("priv_password", "The password for encryption has at least 8 characters.")
	}
	if a.Auth == "" {
		a.AuthPassword = ""
	}
	if a.Priv == "" {
		a.PrivPassword = ""
	}
	return nil
}

// secrets are what is never shown again, with the names of their fields.
func (a *Access) secrets() map[string]*string {
	return map[string]*string{"community": &a.Community, "auth_password": &a.AuthPassword, "priv_password": &a.PrivPassword}
}

// public is an access as everybody of the staff may see it.
func (a Access) public() Access {
	for _, s := range a.secrets() {
		*s = ""
	}
	return a
}

// keep takes what was not written anew from the device as it was: as long as it stands at
// the same place, so that nobody has a secret sent elsewhere who does not know it.
func (d *Device) keep(old *Device) {
	if d.Host != old.Host || d.Port != old.Port || d.Access.Version != old.Access.Version || d.Access.User != old.Access.User {
		return
	}
	was := old.Access.secrets()
	for name, s := range d.Access.secrets() {
		if *s == "" {
			*s = *was[name]
		}
	}
}
