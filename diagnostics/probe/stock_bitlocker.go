package probe

import "github.com/deskbell/deskbell/diagnostics/inventory"

// volumeOf reads a volume as BitLocker tells of it: protection 1 is on; it is off while
// the key lies beside the data, even when all is encrypted. A conversion that is under
// way (2, 3) or stopped (4, 5) has not reached all of it.
func volumeOf(letter, device string, protection, conversion uint32) inventory.Volume {
	v := inventory.Volume{Mount: plainLine(letter, 80), Device: plainLine(device, 120), Kind: "plain"}
	switch {
	case protection == 1 && conversion <= 1:
		v.Encrypted, v.Kind = true, "BitLocker"
	case protection == 1:
		v.Kind = "BitLocker, not all of it"
	case protection == 2:
		v.Encrypted, v.Kind = true, "BitLocker, locked"
	case conversion == 1:
		v.Kind = "BitLocker, suspended"
	}
	return v
}
