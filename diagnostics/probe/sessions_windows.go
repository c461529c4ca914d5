package probe

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics"
)

// What WTSQuerySessionInformation is asked for (wtsapi32.h, WTS_INFO_CLASS).
const (
	wtsUserName   = 5
	wtsStation    = 6
	wtsClientName = 10
)

func wtsSessions() []diagnostics.Session {
	var list *windows.WTS_SESSION_INFO
	var n uint32
	if err := windows.WTSEnumerateSessions(0, 0, 1, &list, &n); err != nil {
		return nil
	}
	defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(list)))
	query := windows.NewLazySystemDLL("wtsapi32.dll").NewProc("WTSQuerySessionInformationW")
	var all []diagnostics.Session
	for _, s := range unsafe.Slice(list, n) {
		user := wtsText(query, s.SessionID, wtsUserName)
		if user == "" || len(all) == 50 {
			continue
		}
		all = append(all, diagnostics.Session{
			User: user, Where: wtsText(query, s.SessionID, wtsStation), Remote: wtsText(query, s.SessionID, wtsClientName), Desktop: true,
		})
	}
	return all
}

func wtsText(query *windows.LazyProc, session uint32, what uintptr) string {
	var text *uint16
	var size uint32
	if ok, _, _ := query.Call(0, uintptr(session), what, uintptr(unsafe.Pointer(&text)), uintptr(unsafe.Pointer(&size))); ok == 0 {
		return ""
	}
	defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(text)))
	return plainLine(windows.UTF16PtrToString(text), 80)
}
