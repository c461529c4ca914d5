package probe

import (
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readEncryption asks BitLocker's own interface for each volume. Only the
// administrator gets an answer. Cost: one question to WMI, which can wait for ever: so
// in the child. Deadline: 10 s. Keys and protectors are not asked for.
func readEncryption(context.Context, root) (*inventory.Encryption, string, error) {
	var all []struct { // Win32_EncryptableVolume
		DeviceID         string
		DriveLetter      string
		ProtectionStatus uint32
		ConversionStatus uint32
	}
	err := wmiQuery(`root\CIMV2\Security\MicrosoftVolumeEncryption`, "SELECT DeviceID, DriveLetter, ProtectionStatus, ConversionStatus FROM Win32_EncryptableVolume", &all)
	if err != nil {
		return nil, "", unsupported("BitLocker does not answer: this edition of Windows has none, or it is not the administrator who asks.")
	}
	e := &inventory.Encryption{Volumes: []inventory.Volume{}}
	for _, v := range all[:min(len(all), 100)] {
		mount := v.DriveLetter
		if mount == "" {
			mount = "without a letter"
		}
		e.Volumes = append(e.Volumes, volumeOf(mount, v.DeviceID, v.ProtectionStatus, v.ConversionStatus))
	}
	slices.SortFunc(e.Volumes, func(a, b inventory.Volume) int { return strings.Compare(a.Mount+a.Device, b.Mount+b.Device) })
	return e, "", nil
}
