package kit

import "github.com/deskbell/deskbell/internal/wire"

// PortalWords says what stands between a machine and the rest.
func PortalWords(p wire.PortalPart) (known, good bool, words string) {
	switch p.State {
	case wire.PortalNone:
		return true, true, "Nothing stands between: no sign-in is asked for, and nobody answers in the server's place."
	case wire.PortalCaptive:
		if p.Leads != "" {
			return true, false, "The network wants a sign-in first, at " + p.Leads + "."
		}
		return true, false, "The network wants a sign-in first."
	case wire.PortalIntercepted:
		if p.Issuer != "" && p.Verdict != "holds" {
			return true, false, "Somebody answers in the server's place, with a certificate by " + p.Issuer + "."
		}
		return true, false, "Somebody answers with a page of their own where none should be."
	}
	return false, false, "Nothing answers, so nobody can say."
}
