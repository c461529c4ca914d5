package power

import (
	"context"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// PowerRegisterSuspendResumeNotification calls back without a window, which a
// service has not.
// https://learn.microsoft.com/windows/win32/api/powerbase/nf-powerbase-powerregistersuspendresumenotification
var (
	powrprof   = windows.NewLazySystemDLL("powrprof.dll")
	register   = powrprof.NewProc("PowerRegisterSuspendResumeNotification")
	unregister = powrprof.NewProc("PowerUnregisterSuspendResumeNotification")
)

const (
	deviceNotifyCallback = 2
	apmSuspend           = 0x4
	apmResumeAutomatic   = 0x12 // comes after every sleep
)

// subscription is a DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS.
type subscription struct {
	callback uintptr
	context  uintptr
}

// A callback is never freed, so there is one for the whole program.
var (
	current  sync.Mutex
	watching *Watcher
	callback = sync.OnceValue(func() uintptr {
		return windows.NewCallback(func(_, kind, _ uintptr) uintptr {
			current.Lock()
			defer current.Unlock()
			switch {
			case watching == nil:
			case kind == apmSuspend:
				watching.On(Sleep)
			case kind == apmResumeAutomatic:
				watching.On(Wake)
			}
			return 0
		})
	})
)

// Run hears of sleep and waking until ctx ends. That Windows is shut down the service
// manager tells.
func (w *Watcher) Run(ctx context.Context) {
	if err := register.Find(); err != nil {
		w.Log.Info("this Windows tells nobody when it sleeps", "err", err)
		return
	}
	current.Lock()
	watching = w
	current.Unlock()
	s := subscription{callback: callback()}
	var handle uintptr
	if code, _, _ := register.Call(deviceNotifyCallback, uintptr(unsafe.Pointer(&s)), uintptr(unsafe.Pointer(&handle))); code != 0 {
		w.Log.Info("Windows does not tell when it sleeps", "code", code)
		return
	}
	<-ctx.Done()
	unregister.Call(handle) // the program ends
	current.Lock()
	watching = nil
	current.Unlock()
}
