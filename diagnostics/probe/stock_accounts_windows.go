package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

var netUserEnum = windows.NewLazySystemDLL("netapi32.dll").NewProc("NetUserEnum")

// rawUserInfo3 is USER_INFO_3 of lmaccess.h.
type rawUserInfo3 struct {
	Name, Password                           *uint16
	PasswordAge, Privilege                   uint32
	HomeDir, Comment                         *uint16
	Flags                                    uint32
	ScriptPath                               *uint16
	AuthFlags                                uint32
	FullName, UserComment, Parms, Stations   *uint16
	LastLogon, LastLogoff, Expires, MaxSpace uint32
	UnitsPerWeek                             uint32
	LogonHours                               *byte
	BadPasswords, Logons                     uint32
	LogonServer                              *uint16
	CountryCode, CodePage, UserID, Group     uint32
	Profile, HomeDirDrive                    *uint16
	PasswordExpired                          uint32
}

// readAccounts reads the accounts of this machine, whether they may administer, and
// when they signed in last. Cost: one call. Deadline: 5 s. A domain controller has the
// whole domain for its own accounts: there nothing is asked, for to list it is a burden
// to the directory. Accounts of the domain are nowhere asked for.
func readAccounts(context.Context, root) (*inventory.Accounts, string, error) {
	if registryText(`SYSTEM\CurrentControlSet\Control\ProductOptions`, "ProductType") == "LanmanNT" {
		return nil, "", unsupported("This is a domain controller, which has no local accounts.")
	}
	if err := netUserEnum.Find(); err != nil {
		return nil, "", err
	}
	const level, normal, most = 3, 2, 256 << 10 // FILTER_NORMAL_ACCOUNT
	var list *byte
	var n, total, resume uint32
	status, _, _ := netUserEnum.Call(0, level, normal, uintptr(unsafe.Pointer(&list)), most, uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(&total)), uintptr(unsafe.Pointer(&resume)))
	if list != nil {
		defer windows.NetApiBufferFree(list)
	}
	if status != 0 && status != uintptr(windows.ERROR_MORE_DATA) || list == nil {
		return nil, "", fmt.Errorf("the accounts could not be listed (error %d)", status)
	}
	a := &inventory.Accounts{}
	for _, u := range unsafe.Slice((*rawUserInfo3)(unsafe.Pointer(list)), min(int(n), 200)) {
		one, ok := accountOfUser(userInfo3{windows.UTF16PtrToString(u.Name), u.Privilege, u.Flags, u.LastLogon, u.UserID})
		if ok {
			a.Accounts = append(a.Accounts, one)
		}
	}
	slices.SortFunc(a.Accounts, func(x, y inventory.Account) int { return strings.Compare(x.Name, y.Name) })
	if total > n {
		return a, "There are more accounts than are listed here.", nil
	}
	return a, "", nil
}
