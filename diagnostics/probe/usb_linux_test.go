package probe

import (
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// usbDevice is a device as the kernel shows it in /sys. Path is where it hangs, from
// its root hub on; drivers are of its interfaces, in their order.
type usbDevice struct {
	path           string
	number         int
	id, class      string
	speed          string
	drivers        []string
	interfaceClass string
}

// aLaptopsUSB has a keyboard's receiver, a hub with a disk and something without a
// driver behind it, a camera of two interfaces, and a fast bus.
var aLaptopsUSB = []usbDevice{
	{"usb1", 1, "1d6b:0002", "09", "480", []string{"hub"}, "09"},
	{"usb1/1-2", 4, "046d:c52b", "00", "12", []string{"usbhid", "usbhid"}, "03"},
	{"usb1/1-3", 2, "0bda:5411", "09", "480", []string{"hub"}, "09"},
	{"usb1/1-3/1-3.1", 7, "0781:5581", "00", "480", []string{"usb-storage"}, "08"},
	{"usb1/1-3/1-3.4", 9, "1a86:7523", "ff", "1.5", []string{""}, "ff"},
	{"usb1/1-8", 3, "04f2:b6d0", "ef", "480", []string{"uvcvideo", "uvcvideo"}, "0e"},
	{"usb2", 1, "1d6b:0003", "09", "10000", []string{"hub"}, "09"},
	{"usb2/2-1", 2, "0bda:8153", "00", "5000", []string{"r8152"}, "ff"},
}

// plug puts devices into this process' own /sys and /dev.
func plug(t *testing.T, devices []usbDevice) {
	t.Helper()
	for _, dir := range []string{"/sys", "/dev"} {
		if err := syscall.Mount("none", dir, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, to string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	const all = "/sys/bus/usb/devices/"
	put("/dev/null", "")
	for _, d := range devices {
		dir, name := "/sys/devices/pci0000:00/0000:00:14.0/"+d.path, filepath.Base(d.path)
		bus := strings.TrimPrefix(strings.SplitN(d.path, "/", 2)[0], "usb")
		node := fmt.Sprintf("bus/usb/00%s/%03d", bus, d.number)
		vendor, product, _ := strings.Cut(d.id, ":")
		parts := len(d.drivers)
		for file, text := range map[string]string{
			"busnum": bus, "devnum": fmt.Sprint(d.number), "idVendor": vendor, "idProduct": product, "speed": d.speed, "bDeviceClass": d.class, "bDeviceSubClass": "00",
			"bDeviceProtocol": "00", "bMaxPacketSize0": "64", "bcdDevice": "0100", "bNumConfigurations": "1", "bNumInterfaces": fmt.Sprint(parts), "bmAttributes": "80",
			"bMaxPower": "100mA", "bConfigurationValue": "1", "configuration": "", "maxchild": "8", "rx_lanes": "1", "tx_lanes": "1", "product": "P" + product, "manufacturer": "V" + vendor,
		} {
			put(dir+"/"+file, text+"\n")
		}
		// The device's and its configuration's descriptors (USB 2.0, sections 9.6.1 and 9.6.3).
		var raw strings.Builder
		raw.WriteString("12010002" + d.class + "000040" + vendor[2:] + vendor[:2] + product[2:] + product[:2] + "000101020001" + "0902" + fmt.Sprintf("%02x", 9+9*parts) + "00" + fmt.Sprintf("%02x", parts) + "01008032")
		for i, driver := range d.drivers {
			fmt.Fprintf(&raw, "0904%02x0000%s010100", i, d.interfaceClass)
			part := fmt.Sprintf("%s:1.%d", name, i)
			if strings.HasPrefix(name, "usb") {
				part = fmt.Sprintf("%s-0:1.%d", bus, i)
			}
			for file, text := range map[string]string{"bInterfaceNumber": fmt.Sprintf("%02x", i), "bInterfaceClass": d.interfaceClass, "bInterfaceSubClass": "01", "bInterfaceProtocol": "01", "bAlternateSetting": "0", "bNumEndpoints": "00"} {
				put(dir+"/"+part+"/"+file, text+"\n")
			}
			put(dir+"/"+part+"/uevent", "DEVTYPE=usb_interface\n")
			link(dir+"/"+part+"/subsystem", "/sys/bus/usb")
			if driver != "" {
				put("/sys/bus/usb/drivers/"+driver+"/bind", "")
				link(dir+"/"+part+"/driver", "/sys/bus/usb/drivers/"+driver)
			}
			link(all+part, dir+"/"+part)
		}
		descriptors, err := hex.DecodeString(raw.String())
		if err != nil {
			t.Fatal(err)
		}
		put(dir+"/descriptors", string(descriptors))
		put(dir+"/uevent", fmt.Sprintf("MAJOR=189\nMINOR=%d\nDEVNAME=%s\nDEVTYPE=usb_device\nBUSNUM=00%s\nDEVNUM=%03d\n", d.number, node, bus, d.number))
		link(dir+"/subsystem", "/sys/bus/usb")
		link(all+name, dir)
		put("/dev/"+node, "")
	}
}

var (
	lsusbLine = regexp.MustCompile(`^Bus 0*(\d+) Device 0*(\d+): ID ([0-9a-f]{4}:[0-9a-f]{4})`)
	lsusbRoot = regexp.MustCompile(`^/: +Bus 0*(\d+)\.`)
	lsusbLeaf = regexp.MustCompile(`^( *)\|__ Port 0*(\d+): Dev 0*(\d+), If 0, .*Driver=([^,]*), ([\d.]+)M`)
)

// lsusb says what hangs where: port, id, speed and the driver of the first interface.
func lsusb(t *testing.T) (all []string) {
	t.Helper()
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "lsusb", args...)
		// Its library would refuse a /sys that is not the kernel's own.
		cmd.Env = append(os.Environ(), "SYSTEMD_DEVICE_VERIFY_SYSFS=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("lsusb: %v (the tests need the package usbutils)", err)
		}
		return string(out)
	}
	ids := map[string]string{}
	for line := range strings.Lines(run()) {
		if f := lsusbLine.FindStringSubmatch(line); f != nil {
			ids[f[1]+" "+f[2]] = f[3]
		}
	}
	bus, ports := "", []string(nil)
	for line := range strings.Lines(run("-t")) {
		if f := lsusbRoot.FindStringSubmatch(line); f != nil {
			bus, ports = f[1], nil
			continue
		}
		f := lsusbLeaf.FindStringSubmatch(line)
		if f == nil {
			continue
		}
		depth := len(f[1])/4 - 1
		ports = append(ports[:min(depth, len(ports))], f[2])
		driver := strings.Trim(f[4], "[]")
		if driver, _, _ = strings.Cut(driver, "/"); driver == "none" {
			driver = "" // a hub has its number of ports behind the stroke
		}
		all = append(all, fmt.Sprintf("%s-%s %s %s %s", bus, strings.Join(ports, "."), ids[bus+" "+f[3]], f[5], driver))
	}
	slices.Sort(all)
	return all
}

func ourUSB(i inventory.Inventory) (all []string) {
	for _, d := range i.USB.Data.Devices {
		all = append(all, fmt.Sprintf("%s %s %g %s", d.Port, d.ID, d.Mbps, d.Driver))
	}
	slices.Sort(all)
	return all
}

// The devices of a made bus, as lsusb says. The machines that tests run on rarely have
// one; where this one does, that is compared as well.
func TestUSBAsLsusbSays(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	if entries, err := os.ReadDir("/sys/bus/usb/devices"); err == nil && len(entries) > 0 {
		if d := cmp.Diff(lsusb(t), ourUSB(taken(t, inventory.NameUSB))); d != "" {
			t.Errorf("this machine's own: %s", d)
		}
	}
	plug(t, aLaptopsUSB)
	want, got := lsusb(t), ourUSB(taken(t, inventory.NameUSB))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(want) != 6 || want[3] != "1-3.4 1a86:7523 1.5 " {
		t.Errorf("lsusb itself does not see the made bus: %q", want)
	}
}
