package notify

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/ui/assets"
)

// Notifier shows notifications by the shell's own API. Each needs an icon in the
// notification area while it is shown; it is ours alone, and goes with the note.
type Notifier struct {
	open  func(key, choice string)
	class func() (*uint16, error) // makes the window class, once

	mu   sync.Mutex
	quit context.CancelFunc // takes away what is shown
	key  string
}

// New returns a notifier for a program. open is called with the key of a note
// that was clicked, on a goroutine of its own, and never with a choice.
func New(_, _ string, open func(key, choice string)) *Notifier {
	return &Notifier{open: open, class: sync.OnceValues(register)}
}

// Close takes away what is shown.
func (n *Notifier) Close() { n.Withdraw(context.Background(), n.current()) }

func (n *Notifier) current() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.key
}

// Show shows a note in the place of the one before: the system shows one at a time.
func (n *Notifier) Show(_ context.Context, note Note) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.quit != nil {
		n.quit()
	}
	class, err := n.class()
	if err != nil {
		return err
	}
	ctx, quit := context.WithCancel(context.Background())
	n.quit, n.key = quit, note.Key
	shown := make(chan error, 1)
	go func() {
		defer quit()
		// A window and its messages belong to one thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if balloon(ctx, class, note, shown) {
			n.open(note.Key, "") // balloons have no buttons
		}
	}()
	return <-shown
}

// Withdraw takes the note away when it is the one that is shown.
func (n *Notifier) Withdraw(_ context.Context, key string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.quit != nil && n.key == key {
		n.quit()
		n.quit = nil
	}
	return nil
}

var (
	user32  = windows.NewLazySystemDLL("user32.dll")
	shell32 = windows.NewLazySystemDLL("shell32.dll")

	registerClass = user32.NewProc("RegisterClassExW")
	defaultProc   = user32.NewProc("DefWindowProcW")
	createWindow  = user32.NewProc("CreateWindowExW")
	destroyWindow = user32.NewProc("DestroyWindow")
	getMessage    = user32.NewProc("GetMessageW")
	postMessage   = user32.NewProc("PostMessageW")
	createIcon    = user32.NewProc("CreateIconFromResourceEx")
	destroyIcon   = user32.NewProc("DestroyIcon")
	notifyIcon    = shell32.NewProc("Shell_NotifyIconW")
)

// Constants of shellapi.h and winuser.h.
const (
	nimAdd            = 0
	nimDelete         = 2
	nifMessage        = 1
	nifIcon           = 2
	nifInfo           = 16
	niifUser          = 4
	niifNoSound       = 16
	ninBalloonHide    = 0x403
	ninBalloonTimeout = 0x404
	ninBalloonClick   = 0x405
	wmApp             = 0x8000
	wmNotify          = wmApp + 1
	wmQuitNow         = wmApp + 2
	wmQueued          = wmApp + 3
	messageOnly       = ^uintptr(2) // HWND_MESSAGE is -3
)

// notifyIconData is NOTIFYICONDATAW in its form since Windows Vista.
type notifyIconData struct {
	size        uint32
	window      uintptr
	id          uint32
	flags       uint32
	callback    uint32
	icon        uintptr
	tip         [128]uint16
	state       uint32
	stateMask   uint32
	info        [256]uint16
	version     uint32
	infoTitle   [64]uint16
	infoFlags   uint32
	guid        windows.GUID
	balloonIcon uintptr
}

type message struct {
	window  uintptr
	message uint32
	wParam  uintptr
	lParam  uintptr
	time    uint32
	x, y    int32
	private uint32
}

// windowClass is WNDCLASSEXW.
type windowClass struct {
	size, style             uint32
	proc                    uintptr
	classExtra, windowExtra int32
	instance, icon, cursor  uintptr
	background              uintptr
	menu, name              *uint16
	smallIcon               uintptr
}

// register makes the class of our message windows. The shell may send the icon's
// messages past the queue; the window procedure puts them into it.
func register() (*uint16, error) {
	name, err := windows.UTF16PtrFromString("DeskbellNotification")
	if err != nil {
		return nil, err
	}
	c := windowClass{name: name, proc: windows.NewCallback(func(hwnd, msg, wParam, lParam uintptr) uintptr {
		if msg == wmNotify {
			postMessage.Call(hwnd, wmQueued, wParam, lParam)
			return 0
		}
		r, _, _ := defaultProc.Call(hwnd, msg, wParam, lParam)
		return r
	})}
	c.size = uint32(unsafe.Sizeof(c))
	if ok, _, err := registerClass.Call(uintptr(unsafe.Pointer(&c))); ok == 0 {
		return nil, err
	}
	return name, nil
}

// balloon shows a note until it is clicked, goes away, or ctx ends, and reports
// whether it was clicked.
func balloon(ctx context.Context, class *uint16, note Note, shown chan<- error) (clicked bool) {
	hwnd, _, err := createWindow.Call(0, uintptr(unsafe.Pointer(class)), 0, 0, 0, 0, 0, 0, messageOnly, 0, 0, 0)
	if hwnd == 0 {
		shown <- err
		return false
	}
	defer destroyWindow.Call(hwnd)
	icon, err := bell()
	if icon == 0 {
		shown <- err
		return false
	}
	defer destroyIcon.Call(icon)
	d := notifyIconData{window: hwnd, id: 1, flags: nifMessage | nifIcon | nifInfo, callback: wmNotify, icon: icon, balloonIcon: icon, infoFlags: niifUser | niifNoSound}
	d.size = uint32(unsafe.Sizeof(d))
	put(d.infoTitle[:], note.Title)
	put(d.info[:], note.Body)
	if ok, _, err := notifyIcon.Call(nimAdd, uintptr(unsafe.Pointer(&d))); ok == 0 {
		shown <- err
		return false
	}
	defer notifyIcon.Call(nimDelete, uintptr(unsafe.Pointer(&d)))
	stop := context.AfterFunc(ctx, func() { postMessage.Call(hwnd, wmQuitNow, 0, 0) })
	defer stop()
	shown <- nil
	for {
		var m message
		if got, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), hwnd, 0, 0); int32(got) <= 0 || m.message == wmQuitNow {
			return false
		}
		if m.message != wmNotify && m.message != wmQueued {
			continue
		}
		switch m.lParam & 0xffff {
		case ninBalloonClick:
			return true
		case ninBalloonHide, ninBalloonTimeout:
			return false
		}
	}
}

// put copies a text that is cut to fit, with its final zero.
func put(dst []uint16, s string) {
	u, err := windows.UTF16FromString(s)
	if err != nil { // a zero within
		u, _ = windows.UTF16FromString("Deskbell")
	}
	if len(u) > len(dst) {
		u = append(u[:len(dst)-1], 0)
	}
	copy(dst, u)
}

// bell makes an icon from the largest bitmap in our own icon file.
func bell() (uintptr, error) {
	ico := assets.BellICO("bell-dot")
	if len(ico) < 6 {
		return 0, errors.New("the icon is empty")
	}
	entry := ico[6+16*(int(binary.LittleEndian.Uint16(ico[4:]))-1):]
	size, offset := binary.LittleEndian.Uint32(entry[8:]), binary.LittleEndian.Uint32(entry[12:])
	data := ico[offset : offset+size]
	h, _, err := createIcon.Call(uintptr(unsafe.Pointer(&data[0])), uintptr(size), 1, 0x00030000, 48, 48, 0)
	return h, err
}
