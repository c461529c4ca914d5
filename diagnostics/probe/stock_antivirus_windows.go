package probe

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readAntivirus asks the Security Center which products there are. Windows for servers
// has none: there it is Microsoft's own, from the registry. Cost: one question to WMI,
// which can wait for ever: so in the child. Deadline: 10 s.
func readAntivirus(context.Context, root) (*inventory.Antivirus, string, error) {
	var all []struct { // AntiVirusProduct
		DisplayName  string
		ProductState uint32
		Timestamp    string
	}
	a := &inventory.Antivirus{Products: []inventory.Product{}}
	if err := wmiQuery(`root\SecurityCenter2`, "SELECT displayName, productState, timestamp FROM AntiVirusProduct", &all); err == nil {
		for _, p := range all[:min(len(all), 20)] {
			if one := productOf(p.DisplayName, p.ProductState, p.Timestamp); one.Name != "" {
				a.Products = append(a.Products, one)
			}
		}
	} else if one, ok := defender(); ok {
		a.Products = append(a.Products, one)
	} else {
		return nil, "", unsupported("The Security Center, which knows the products, does not answer here.")
	}
	slices.SortFunc(a.Products, func(x, y inventory.Product) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), y.Signatures.Compare(x.Signatures))
	})
	return a, "", nil
}

// defender is Microsoft's own product, as the registry and the service manager know it.
func defender() (inventory.Product, bool) {
	p := inventory.Product{Name: "Microsoft Defender Antivirus"}
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows Defender\Signature Updates`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return p, false
	}
	defer k.Close()
	if b, _, err := k.GetBinaryValue("AVSignatureApplied"); err == nil {
		p.Signatures = fileTime(b)
	}
	p.Running = serviceRuns("WinDefend")
	return p, true
}

// serviceRuns asks for one service, without any right but to look.
func serviceRuns(name string) bool {
	h, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return false
	}
	m := &mgr.Mgr{Handle: h}
	defer m.Disconnect()
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return false
	}
	sh, err := windows.OpenService(h, text, windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return false
	}
	s := &mgr.Service{Name: name, Handle: sh}
	defer s.Close()
	status, err := s.Query()
	return err == nil && status.State == svc.Running
}
