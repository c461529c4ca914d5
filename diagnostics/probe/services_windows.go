package probe

import (
	"context"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/deskbell/deskbell/diagnostics"
)

// neverStarted is the exit code of a service that was not started since boot.
const neverStarted = uint32(windows.ERROR_SERVICE_NEVER_STARTED)

// readServices asks the service control manager with the least rights. A service
// has failed when it is to start by itself, is stopped, and left an error: many
// healthy ones stop when their work is done, or start on a trigger.
func readServices(ctx context.Context, all bool) (diagnostics.Services, string, error) {
	h, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT|windows.SC_MANAGER_ENUMERATE_SERVICE)
	if err != nil {
		return diagnostics.Services{}, "", err
	}
	m := &mgr.Mgr{Handle: h}
	defer m.Disconnect()
	list, err := enumerate(h)
	if err != nil {
		return diagnostics.Services{}, "", err
	}
	s := diagnostics.Services{Manager: "windows", Total: len(list)}
	for _, e := range list {
		if ctx.Err() != nil {
			return s, "", ctx.Err()
		}
		one := diagnostics.Service{
			Name:        plainLine(windows.UTF16PtrToString(e.ServiceName), 120),
			Description: plainLine(windows.UTF16PtrToString(e.DisplayName), 160),
			State:       serviceState(e.ServiceStatusProcess.CurrentState),
		}
		code := e.ServiceStatusProcess.Win32ExitCode
		if code == uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR) {
			code = e.ServiceStatusProcess.ServiceSpecificExitCode
		}
		suspect := one.State == "stopped" && code != 0 && code != neverStarted
		if one.State == "running" {
			s.Running++
		}
		if all || suspect {
			one.Start = startType(h, e.ServiceName)
		}
		if suspect && one.Start == "automatic" {
			failed := one
			failed.State, failed.Detail = "failed", fmt.Sprintf("exit code %d", code)
			s.Failed = append(s.Failed, failed)
		}
		if all && len(s.All) < maxServices {
			s.All = append(s.All, one)
		}
	}
	return s, "", nil
}

func enumerate(h windows.Handle) ([]windows.ENUM_SERVICE_STATUS_PROCESS, error) {
	size := uint32(64 << 10)
	for {
		b := make([]byte, size)
		var needed, n uint32
		err := windows.EnumServicesStatusEx(h, windows.SC_ENUM_PROCESS_INFO, windows.SERVICE_WIN32, windows.SERVICE_STATE_ALL, &b[0], size, &needed, &n, nil, nil)
		if err == windows.ERROR_MORE_DATA && needed > 0 {
			size += needed
			continue
		}
		if err != nil || n == 0 {
			return nil, err
		}
		return unsafe.Slice((*windows.ENUM_SERVICE_STATUS_PROCESS)(unsafe.Pointer(&b[0])), n), nil
	}
}

func serviceState(s uint32) string {
	switch s {
	case windows.SERVICE_RUNNING:
		return "running"
	case windows.SERVICE_STOPPED:
		return "stopped"
	case windows.SERVICE_START_PENDING, windows.SERVICE_CONTINUE_PENDING:
		return "starting"
	case windows.SERVICE_STOP_PENDING, windows.SERVICE_PAUSE_PENDING:
		return "stopping"
	}
	return "paused"
}

func startType(h windows.Handle, name *uint16) string {
	sh, err := windows.OpenService(h, name, windows.SERVICE_QUERY_CONFIG)
	if err != nil {
		return ""
	}
	s := mgr.Service{Handle: sh}
	defer s.Close()
	c, err := s.Config()
	if err != nil {
		return ""
	}
	switch c.StartType {
	case mgr.StartAutomatic:
		return "automatic"
	case mgr.StartManual:
		return "manual"
	case mgr.StartDisabled:
		return "disabled"
	}
	return ""
}
