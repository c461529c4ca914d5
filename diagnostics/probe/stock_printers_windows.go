package probe

import (
	"context"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

var enumPrinters = windows.NewLazySystemDLL("winspool.drv").NewProc("EnumPrintersW")

// printerInfo2 is PRINTER_INFO_2W of winspool.h.
type printerInfo2 struct {
	Server, Name, Share, Port, Driver, Comment, Location *uint16
	DevMode                                              uintptr
	SepFile, Processor, DataType, Parameters             *uint16
	Security                                             uintptr
	Attributes, Priority, DefaultPriority                uint32
	StartTime, UntilTime, Status, Jobs, AveragePPM       uint32
}

// readQueues asks the spooler for the queues of this machine, where they lead and how
// many jobs wait. Cost: one call. It waits for the spooler, which may hang: so in the
// child. Deadline: 3 s. Queues of other machines, to which an account is connected,
// would have to be asked there.
func readQueues(context.Context, root) (*inventory.Printers, string, error) {
	if err := enumPrinters.Find(); err != nil {
		return nil, "", unsupported("This system has no spooler.")
	}
	const local, level = 2, 2 // PRINTER_ENUM_LOCAL, PRINTER_INFO_2
	var size, n uint32
	b := make([]byte, 64<<10)
	for {
		ok, _, err := enumPrinters.Call(local, 0, level, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&n)))
		if ok != 0 {
			break
		}
		if int(size) <= len(b) || size > 16<<20 {
			return nil, "", err
		}
		b = make([]byte, size)
	}
	found := &inventory.Printers{Printers: []inventory.Printer{}}
	for _, p := range unsafe.Slice((*printerInfo2)(unsafe.Pointer(&b[0])), min(int(n), maxPrinters)) {
		found.Printers = append(found.Printers, inventory.Printer{
			Name: plainLine(windows.UTF16PtrToString(p.Name), 120), Model: plainLine(windows.UTF16PtrToString(p.Driver), 120),
			Device: plainLine(windows.UTF16PtrToString(p.Port), 200), State: printerState(p.Status), Jobs: int(p.Jobs),
		})
	}
	return found, "", nil
}
