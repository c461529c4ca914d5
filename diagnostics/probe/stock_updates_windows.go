package probe

import (
	"context"
	"fmt"
	"runtime"

	"github.com/go-ole/go-ole"
	"github.com/go-ole/go-ole/oleutil"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readUpdates asks the Windows Update Agent which updates wait, out of what it knows
// already: nothing is fetched (Online is off). Cost: seconds of processor time, mostly
// in a service of the system's, and sometimes minutes: so in the child. Deadline: 90 s.
// The marks that a restart is needed are read from the registry.
func readUpdates(ctx context.Context, _ root) (*inventory.Updates, string, error) {
	u := &inventory.Updates{Source: "Windows Update", Pending: []inventory.Update{}, RebootPending: rebootPending()}
	all, err := searchUpdates(ctx)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return u, "Which updates wait could not be read: " + plainLine(err.Error(), 160) + ".", nil
	}
	u.Pending = append(u.Pending, all...)
	return u, "", nil
}

// searchUpdates talks to the interface IUpdateSearcher (wuapi.h).
func searchUpdates(ctx context.Context) ([]inventory.Update, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := ole.CoInitializeEx(0, ole.COINIT_MULTITHREADED); err != nil {
		return nil, err
	}
	defer ole.CoUninitialize()
	unknown, err := oleutil.CreateObject("Microsoft.Update.Session")
	if err != nil {
		return nil, fmt.Errorf("Windows Update does not answer: %w", err)
	}
	defer unknown.Release()
	session, err := unknown.QueryInterface(ole.IID_IDispatch)
	if err != nil {
		return nil, err
	}
	defer session.Release()
	searcher, err := object(oleutil.CallMethod(session, "CreateUpdateSearcher"))
	if err != nil {
		return nil, err
	}
	defer searcher.Release()
	if _, err := oleutil.PutProperty(searcher, "Online", false); err != nil {
		return nil, err
	}
	result, err := object(oleutil.CallMethod(searcher, "Search", "IsInstalled=0 and IsHidden=0"))
	if err != nil {
		return nil, err
	}
	defer result.Release()
	list, err := object(oleutil.GetProperty(result, "Updates"))
	if err != nil {
		return nil, err
	}
	defer list.Release()
	count, err := oleutil.GetProperty(list, "Count")
	if err != nil {
		return nil, err
	}
	n, _ := count.Value().(int32)
	var all []inventory.Update
	for i := range min(int(n), maxUpdates) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		one, err := object(oleutil.GetProperty(list, "Item", i))
		if err != nil {
			continue
		}
		all = append(all, updateOf(property(one, "Title"), property(one, "MsrcSeverity")))
		one.Release()
	}
	return all, nil
}

func object(v *ole.VARIANT, err error) (*ole.IDispatch, error) {
	if err != nil {
		return nil, err
	}
	if d := v.ToIDispatch(); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("Windows Update answers with nothing")
}

// property reads a text; "" when there is none.
func property(d *ole.IDispatch, name string) string {
	v, err := oleutil.GetProperty(d, name)
	if err != nil {
		return ""
	}
	defer v.Clear()
	s, _ := v.Value().(string)
	return s
}
