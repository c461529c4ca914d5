package probe

// printerState says in our words what the status of a queue says (winspool.h,
// PRINTER_STATUS_…): “” when it is idle.
func printerState(status uint32) string {
	const (
		paused, wrong, jam, paper, feed, problem, offline, noToner, door, intervention = 0x1, 0x2, 0x8, 0x10, 0x20, 0x40, 0x80, 0x40000, 0x400000, 0x100000
		printing, processing                                                           = 0x400, 0x4000
	)
	switch {
	case status&(paused) != 0:
		return "stopped"
	case status&offline != 0:
		return "offline"
	case status&(wrong|jam|paper|feed|problem|noToner|door|intervention) != 0:
		return "stopped"
	case status&(printing|processing) != 0:
		return "printing"
	}
	return "idle"
}
