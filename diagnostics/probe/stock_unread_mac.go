//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// What is not read on macOS and others; docs/platforms.md says so too.
var (
	readBattery    = notReadHere[inventory.Battery]("The battery is")
	readThermals   = notReadHere[inventory.Thermals]("Temperatures are")
	readGPUs       = notReadHere[inventory.GPUs]("Graphics processors are")
	readMonitors   = notReadHere[inventory.Monitors]("Screens are")
	readUSB        = notReadHere[inventory.USB]("USB devices are")
	readDisks      = notReadHere[inventory.Disks]("Drives are")
	readDrivers    = notReadHere[inventory.Drivers]("Drivers are")
	readUpdates    = notReadHere[inventory.Updates]("Updates that wait are")
	readSockets    = notReadHere[inventory.Sockets]("Listening sockets are")
	readEncryption = notReadHere[inventory.Encryption]("Disk encryption is")
	readFirewall   = notReadHere[inventory.Firewall]("The firewall is")
	readAntivirus  = notReadHere[inventory.Antivirus]("Antivirus products are")
	readAccounts   = notReadHere[inventory.Accounts]("Local accounts are")
	readBoot       = notReadHere[inventory.Boot]("The time that a start takes is")
	readCrashes    = notReadHere[inventory.Crashes]("Crashes are")
)

func smartDevices(context.Context, root) []string { return nil }

// OnBattery reports whether the machine runs on its battery now: here that is not known.
func OnBattery() bool { return false }
