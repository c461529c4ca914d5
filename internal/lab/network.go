//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cable is what lies between the machine and its world. The zero value is a pair
// of the kernel's virtual Ethernet; anything else is two TAP devices and a relay
// between them in this program.
type cable struct {
	lose    bool          // two of five packets of each protocol, on the way to the machine
	delay   time.Duration // of packets on the way to the machine
	largest int           // larger ones vanish; 0: all pass
	twin    bool          // another device on it has the machine's address
}

func ip(line string) error {
	if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// lay lays the cable from this network to that of the machine's first process.
func (c cable) lay() error {
	if c == (cable{}) {
		if err := ip("link add far0 type veth peer name near0"); err != nil {
			return err
		}
	} else if err := c.relay(); err != nil {
		return err
	}
	for _, line := range []string{"link set near0 netns 1 name eth0", "link set far0 up"} {
		if err := ip(line); err != nil {
			return err
		}
	}
	return nil
}

func openTap(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	r, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// relay joins two TAP devices.
func (c cable) relay() error {
	far, err := openTap("far0")
	if err != nil {
		return err
	}
	near, err := openTap("near0")
	if err != nil {
		return err
	}
	toMachine := func(frame []byte) { near.Write(frame) }
	go func() { // from the world to the machine
		b := make([]byte, 64<<10)
		seen := map[byte]int{}
		for {
			n, err := far.Read(b)
			if errors.Is(err, unix.EIO) { // it is down yet
				time.Sleep(5 * time.Millisecond)
				continue
			}
			if err != nil {
				return
			}
			frame := append([]byte(nil), b[:n]...)
			if kind, is4 := protocol(frame); is4 && c.lose {
				seen[kind]++
				if seen[kind]%5 == 2 || seen[kind]%5 == 4 {
					continue
				}
			}
			switch {
			case c.largest > 0 && n > c.largest:
			case c.delay > 0:
				time.AfterFunc(c.delay, func() { toMachine(frame) })
			default:
				toMachine(frame)
			}
		}
	}()
	go func() { // from the machine to the world
		b := make([]byte, 64<<10)
		for {
			n, err := near.Read(b)
			if errors.Is(err, unix.EIO) {
				time.Sleep(5 * time.Millisecond)
				continue
			}
			if err != nil {
				return
			}
			frame := b[:n]
			if c.twin {
				if answer := asTwin(frame); answer != nil {
					toMachine(answer)
					continue
				}
			}
			if c.largest > 0 && len(frame) > c.largest {
				continue
			}
			far.Write(frame)
		}
	}()
	return nil
}

// protocol returns the protocol of an IPv4 frame.
func protocol(frame []byte) (kind byte, is4 bool) {
	if len(frame) < 34 || frame[12] != 8 || frame[13] != 0 {
		return 0, false
	}
	return frame[23], true
}

// asTwin answers an ARP request for the machine's own address as another device
// with that address would.
func asTwin(frame []byte) []byte {
	if len(frame) < 42 || frame[12] != 8 || frame[13] != 6 || frame[21] != 1 || [4]byte(frame[38:42]) != [4]byte{192, 0, 2, 10} {
		return nil
	}
	other := []byte{2, 0, 0, 0, 0, 0x99}
	answer := append([]byte(nil), frame[:42]...)
	copy(answer, frame[6:12])
	copy(answer[6:], other)
	answer[21] = 2
	copy(answer[22:], other)
	copy(answer[28:], frame[38:42])
	copy(answer[32:], frame[22:28])
	copy(answer[38:], frame[28:32])
	return answer
}
