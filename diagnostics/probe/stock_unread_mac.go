//go:build !linux && !windows

package probe

import (
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// What is not read on macOS and others; docs/platforms.md says so too.
var (
	readSMART     = notReadHere[inventory.SMART]("The health of drives is")
	readThermals  = notReadHere[inventory.Thermals]("Temperatures are")
	readDisks     = notReadHere[inventory.Disks]("Drives are")
	readWireless  = notReadHere[inventory.Wireless]("Wi-Fi links are")
	readDrivers   = notReadHere[inventory.Drivers]("Drivers are")
	readUpdates   = notReadHere[inventory.Updates]("Updates that wait are")
	readSockets   = notReadHere[inventory.Sockets]("Listening sockets are")
	readAntivirus = notReadHere[inventory.Antivirus]("Antivirus products are")
	readAccounts  = notReadHere[inventory.Accounts]("Local accounts are")
)

// OnBattery reports whether the machine runs on its battery now: here that is not known.
func OnBattery() bool { return false }
