package probe

import (
	"context"
	"encoding/binary"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSMART asks each drive for its opinion of itself: temperatures in °C, hours
// counted. Cost: some calls a drive, up to a second for one that turns; it can hang on
// a dying drive, so it runs in the child, and at most once an hour. Deadline: 20 s. A
// drive that sleeps is left asleep. Bridges of USB mostly do not pass the question on.
func readSMART(ctx context.Context, _ root) (*inventory.SMART, string, error) {
	found := &inventory.SMART{}
	for number := range maxDrives {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		d, err := openDrive(number)
		if err != nil {
			continue
		}
		found.Drives = append(found.Drives, d.health())
		windows.CloseHandle(d.handle)
	}
	if len(found.Drives) == 0 {
		return nil, "", unsupported("This machine has no drive that could tell of its health.")
	}
	return found, "", nil
}

func (d drive) health() inventory.Drive {
	what := d.describe(nil)
	out := inventory.Drive{Device: what.Name, Model: what.Model}
	if out.Asleep = d.asleep(); out.Asleep {
		return out
	}
	if what.Bus == "nvme" {
		b, err := d.nvmeLog()
		if err == nil {
			err = parseNVMeHealth(b, &out)
		}
		if err != nil {
			out.Problem = plainLine(err.Error(), 160)
		}
		return out
	}
	b, err := control(d.handle, ioctlPredictFailure, nil, 516) // STORAGE_PREDICT_FAILURE
	if err != nil || len(b) < 4 {
		out.Problem = "The drive does not tell."
		return out
	}
	passed := binary.LittleEndian.Uint32(b) == 0
	out.Passed = &passed
	_ = parseATAAttributes(b[4:], &out) // what is behind it is the maker's; without it the verdict stands
	return out
}

// nvmeLog asks for the log page “health” with STORAGE_PROTOCOL_SPECIFIC_DATA.
func (d drive) nvmeLog() ([]byte, error) {
	const protocolNVMe, logPage, health, head, page = 3, 2, 2, 40, 512
	var more []byte
	for _, v := range []uint32{protocolNVMe, logPage, health, 0, head, page, 0, 0, 0, 0} {
		more = binary.LittleEndian.AppendUint32(more, v)
	}
	b, err := d.property(propertyProtocol, append(more, make([]byte, page)...), 8+head+page)
	if err != nil {
		return nil, err
	}
	if len(b) < 8+head+page {
		return nil, windows.ERROR_INVALID_DATA
	}
	return b[8+head:], nil
}
