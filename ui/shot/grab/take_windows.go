package grab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/ui/shot/edit"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")
	gdi32  = windows.NewLazySystemDLL("gdi32.dll")

	getSystemMetrics    = user32.NewProc("GetSystemMetrics")
	getDC               = user32.NewProc("GetDC")
	releaseDC           = user32.NewProc("ReleaseDC")
	enumDisplayMonitors = user32.NewProc("EnumDisplayMonitors")

	createCompatibleDC = gdi32.NewProc("CreateCompatibleDC")
	createDIBSection   = gdi32.NewProc("CreateDIBSection")
	selectObject       = gdi32.NewProc("SelectObject")
	deleteObject       = gdi32.NewProc("DeleteObject")
	deleteDC           = gdi32.NewProc("DeleteDC")
	bitBlt             = gdi32.NewProc("BitBlt")
	gdiFlush           = gdi32.NewProc("GdiFlush")
)

// From winuser.h and wingdi.h.
const (
	smXVirtualScreen  = 76
	smYVirtualScreen  = 77
	smCXVirtualScreen = 78
	smCYVirtualScreen = 79

	srcCopy    = 0x00CC0020
	captureBlt = 0x40000000 // with windows that are see-through
)

// bitmapInfo is a BITMAPINFOHEADER.
type bitmapInfo struct {
	size                         uint32
	width, height                int32
	planes, bits                 uint16
	compression, bytes           uint32
	xPerMetre, yPerMetre         int32
	colours, coloursThatMatter   uint32
	paletteThatBitsOf32DoNotHave [1]uint32
}

// take copies the desktop, row by row of all screens, from the session's own
// display.
func take(ctx context.Context) (Shot, error) {
	done := make(chan struct{})
	var s Shot
	var err error
	go func() {
		defer close(done)
		runtime.LockOSThread() // a device context is its thread's
		defer runtime.UnlockOSThread()
		s, err = copyDesktop()
	}()
	select {
	case <-done:
		return s, err
	case <-ctx.Done():
		return Shot{}, ctx.Err()
	}
}

func metric(n uintptr) int {
	v, _, _ := getSystemMetrics.Call(n)
	return int(int32(v))
}

func copyDesktop() (Shot, error) {
	at := image.Pt(metric(smXVirtualScreen), metric(smYVirtualScreen))
	whole := image.Rectangle{Min: at, Max: at.Add(image.Pt(metric(smCXVirtualScreen), metric(smCYVirtualScreen)))}
	width, height := whole.Dx(), whole.Dy()
	if err := edit.CheckSize(width, height); err != nil {
		return Shot{}, err
	}
	screen, _, err := getDC.Call(0)
	if screen == 0 {
		return Shot{}, fmt.Errorf("GetDC: %w", err)
	}
	defer releaseDC.Call(0, screen)
	memory, _, err := createCompatibleDC.Call(screen)
	if memory == 0 {
		return Shot{}, fmt.Errorf("CreateCompatibleDC: %w", err)
	}
	defer deleteDC.Call(memory)
	// A height below 0 has the first row on top.
	info := bitmapInfo{size: 40, width: int32(width), height: -int32(height), planes: 1, bits: 32}
	var pixels unsafe.Pointer
	bitmap, _, err := createDIBSection.Call(screen, uintptr(unsafe.Pointer(&info)), 0, uintptr(unsafe.Pointer(&pixels)), 0, 0)
	if bitmap == 0 || pixels == nil {
		return Shot{}, fmt.Errorf("CreateDIBSection: %w", err)
	}
	defer deleteObject.Call(bitmap)
	before, _, _ := selectObject.Call(memory, bitmap)
	if before == 0 {
		return Shot{}, errors.New("SelectObject took no bitmap")
	}
	defer selectObject.Call(memory, before)
	if ok, _, err := bitBlt.Call(memory, 0, 0, uintptr(width), uintptr(height), screen, uintptr(whole.Min.X), uintptr(whole.Min.Y), srcCopy|captureBlt); ok == 0 {
		return Shot{}, fmt.Errorf("BitBlt: %w", err) // a locked session has no desktop to copy
	}
	gdiFlush.Call()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	copy(m.Pix, unsafe.Slice((*byte)(pixels), len(m.Pix)))
	for i := 0; i < len(m.Pix); i += 4 { // blue, green, red, and a byte that nobody sets
		m.Pix[i], m.Pix[i+2], m.Pix[i+3] = m.Pix[i+2], m.Pix[i], 255
	}
	return Shot{Picture: m, Screens: screensIn(whole, monitors())}, nil
}

// found are the screens that eachMonitor was told. The system has room for few
// functions that it calls back, and never forgets one, so there is one.
var (
	finding     sync.Mutex
	found       []image.Rectangle
	eachMonitor = sync.OnceValue(func() uintptr {
		return windows.NewCallback(func(_, _ uintptr, r *windows.Rect, _ uintptr) uintptr {
			found = append(found, image.Rect(int(r.Left), int(r.Top), int(r.Right), int(r.Bottom)))
			return 1
		})
	})
)

// monitors are the screens, in the desktop's places.
func monitors() []image.Rectangle {
	finding.Lock()
	defer finding.Unlock()
	found = nil
	enumDisplayMonitors.Call(0, 0, eachMonitor(), 0)
	return found
}
