package probe

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// userInfo3 is what is read of USER_INFO_3 of lmaccess.h.
type userInfo3 struct {
	name             string
	privilege, flags uint32
	lastLogon        uint32 // seconds since 1970; 0 when never
	id               uint32
}

// accountOfUser makes an account of it; not of one that is switched off.
func accountOfUser(u userInfo3) (inventory.Account, bool) {
	const (
		disabled = 0x2 // UF_ACCOUNTDISABLE
		admin    = 2   // USER_PRIV_ADMIN
	)
	a := inventory.Account{Name: plainLine(u.name, 64), UID: strconv.FormatUint(uint64(u.id), 10), Admin: u.privilege == admin}
	if u.lastLogon > 0 {
		a.LastSignIn = time.Unix(int64(u.lastLogon), 0).UTC()
	}
	return a, a.Name != "" && u.flags&disabled == 0
}

// fileTime reads a time of Windows: 100 ns since 1601.
func fileTime(b []byte) time.Time {
	if len(b) < 8 {
		return time.Time{}
	}
	n := int64(binary.LittleEndian.Uint64(b))
	const until1970 = 116444736000000000
	if n <= until1970 {
		return time.Time{}
	}
	return time.Unix((n-until1970)/1e7, (n-until1970)%1e7*100).UTC()
}
