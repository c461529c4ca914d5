package probe

import (
	"strings"
)

// parseUSBInstance reads how Windows names a device on the universal serial bus:
// USB\VID_046D&PID_C52B\5&1A2B3C4D&0&2. The parts of a device that has several
// (&MI_00) are told apart, and hubs of the machine itself have no maker's number.
func parseUSBInstance(id string) (usbID, port string, part, ok bool) {
	words := strings.Split(id, `\`)
	if len(words) != 3 || !strings.EqualFold(words[0], "USB") {
		return "", "", false, false
	}
	numbers := map[string]string{}
	for word := range strings.SplitSeq(strings.ToUpper(words[1]), "&") {
		key, value, _ := strings.Cut(word, "_")
		numbers[key] = value
	}
	if !hexDigits(numbers["VID"], 4) || !hexDigits(numbers["PID"], 4) {
		return "", "", false, false
	}
	_, part = numbers["MI"]
	return strings.ToLower(numbers["VID"] + ":" + numbers["PID"]), plainLine(words[2], 40), part, true
}

func hexDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// usbClassOf says in our words what Windows' name of a class says.
func usbClassOf(class string) string {
	return map[string]string{
		"AudioEndpoint": "sound", "MEDIA": "sound", "Modem": "modem", "Ports": "modem", "HIDClass": "keyboard or mouse", "Keyboard": "keyboard or mouse", "Mouse": "keyboard or mouse",
		"Image": "camera", "Camera": "camera", "Printer": "printer", "DiskDrive": "storage", "USBDevice": "special", "SmartCardReader": "smart card", "Bluetooth": "wireless", "Net": "wireless",
	}[class]
}

func usbClass(code string) string {
	return map[string]string{
		"01": "sound", "02": "modem", "03": "keyboard or mouse", "05": "physical", "06": "camera", "07": "printer", "08": "storage", "09": "hub",
		"0a": "data", "0b": "smart card", "0e": "video", "e0": "wireless", "fe": "special", "ff": "special",
	}[strings.ToLower(code)]
}
