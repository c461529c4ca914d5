package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// What is not read on Windows; docs/platforms.md says so too.
var (
	readThermals   = notReadHere[inventory.Thermals]("Temperatures are")
	readGPUs       = notReadHere[inventory.GPUs]("Graphics processors are")
	readMonitors   = notReadHere[inventory.Monitors]("Screens are")
	readUSB        = notReadHere[inventory.USB]("USB devices are")
	readDisks      = notReadHere[inventory.Disks]("Drives are")
	readEncryption = notReadHere[inventory.Encryption]("Disk encryption is")
	readAntivirus  = notReadHere[inventory.Antivirus]("Antivirus products are")
	readAccounts   = notReadHere[inventory.Accounts]("Local accounts are")
	readCrashes    = notReadHere[inventory.Crashes]("Crashes are")
)

func searchDomains() []string { return nil }

func smartDevices(context.Context, root) []string { return nil }
