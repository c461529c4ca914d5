package probe

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// source reads the kernel's counters through files that stay open: opening them
// and handing them to gopsutil costs six times as much.
type source struct {
	stat, loadavg, meminfo, diskstats, netdev file
	proc                                      file
	sensors                                   []file
	looked                                    bool            // for sensors
	disk                                      map[string]bool // whether a name is a disk that is hardware
	net                                       map[string]bool // whether a name is an interface that is hardware
	buffer                                    []byte
}

// file is one that is read again and again from its beginning.
type file struct {
	path string
	fd   int // 0 when it is not open: our own standard input never is one of these
}

func newSource() source {
	return source{
		stat: file{path: "/proc/stat"}, loadavg: file{path: "/proc/loadavg"}, meminfo: file{path: "/proc/meminfo"},
		diskstats: file{path: "/proc/diskstats"}, netdev: file{path: "/proc/net/dev"}, proc: file{path: "/proc"},
		disk: map[string]bool{}, net: map[string]bool{}, buffer: make([]byte, 16<<10),
	}
}

func (f *file) open() bool {
	if f.fd != 0 {
		return true
	}
	fd, err := unix.Open(f.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	f.fd = fd
	return true
}

func (f *file) close() {
	if f.fd != 0 {
		unix.Close(f.fd)
		f.fd = 0
	}
}

// read returns the file's whole text in a buffer that grows when it must; nil
// when it cannot be read. The text is good until the next read.
func (f *file) read(buffer *[]byte) []byte {
	if !f.open() {
		return nil
	}
	have := 0
	for {
		n, err := unix.Pread(f.fd, (*buffer)[have:], int64(have))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			f.close() // a sensor that went away with its driver; next time it is opened anew
			return nil
		case n == 0:
			return (*buffer)[:have]
		}
		if have += n; have == len(*buffer) {
			if have >= 4<<20 {
				return (*buffer)[:have]
			}
			*buffer = append(*buffer, make([]byte, have)...)
		}
	}
}

func (s *source) close() error {
	for _, f := range []*file{&s.stat, &s.loadavg, &s.meminfo, &s.diskstats, &s.netdev, &s.proc} {
		f.close()
	}
	for i := range s.sensors {
		s.sensors[i].close()
	}
	return nil
}

func (s *source) read() reading {
	r := reading{cores: runtime.NumCPU()}
	s.readCPU(&r)
	s.readLoad(&r)
	s.readMemory(&r)
	s.readDisks(&r)
	s.readNet(&r)
	s.readSensors(&r)
	r.processes = s.countProcesses()
	return r
}

// fieldAfter returns the next word of b and what follows it.
func fieldAfter(b []byte) (word, rest []byte) {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	j := i
	for j < len(b) && b[j] != ' ' && b[j] != '\t' && b[j] != '\n' {
		j++
	}
	return b[i:j], b[j:]
}

// numberAfter returns the next word of b as a number, 0 when it is none.
func numberAfter(b []byte) (n uint64, rest []byte) {
	word, rest := fieldAfter(b)
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, rest
		}
		n = n*10 + uint64(c-'0')
	}
	return n, rest
}

// readCPU reads the first line: user nice system idle iowait irq softirq steal,
// then guests, which are in user and nice already.
func (s *source) readCPU(r *reading) {
	b, ok := bytes.CutPrefix(s.stat.read(&s.buffer), []byte("cpu "))
	if !ok {
		return
	}
	for i := range 8 {
		var n uint64
		n, b = numberAfter(b)
		r.cpuAll += float64(n)
		if i != 3 && i != 4 && i != 7 { // idle and waiting for a disk; stolen time is not ours
			r.cpuBusy += float64(n)
		}
	}
}

func (s *source) readLoad(r *reading) {
	word, _ := fieldAfter(s.loadavg.read(&s.buffer))
	var err error
	r.load1, err = strconv.ParseFloat(string(word), 64)
	r.hasLoad = err == nil
}

func (s *source) readMemory(r *reading) {
	for line := range bytes.Lines(s.meminfo.read(&s.buffer)) {
		name, rest := fieldAfter(line)
		kib, _ := numberAfter(rest)
		switch string(name) {
		case "MemTotal:":
			r.memory = kib << 10
		case "MemAvailable:":
			r.available = kib << 10
		case "SwapTotal:":
			r.swap = kib << 10
		case "SwapFree:":
			r.swapFree = kib << 10
			return
		}
	}
}

func (s *source) readDisks(r *reading) {
	b := s.diskstats.read(&s.buffer)
	if b == nil {
		return
	}
	r.disks = map[string]uint64{}
	for line := range bytes.Lines(b) {
		_, rest := numberAfter(line)
		_, rest = numberAfter(rest)
		name, rest := fieldAfter(rest)
		hardware, known := s.disk[string(name)]
		if !known {
			hardware = wholeDisk(string(name)) && exists("/sys/block/"+string(name))
			s.disk[string(name)] = hardware
		}
		if !hardware {
			continue
		}
		var busy uint64
		for range 10 {
			busy, rest = numberAfter(rest)
		}
		r.disks[string(name)] = busy
	}
}

// readNet counts interfaces that are hardware: what goes through a bridge or a
// tunnel goes through one of them as well. A container has only others.
func (s *source) readNet(r *reading) {
	b := s.netdev.read(&s.buffer)
	if b == nil {
		return
	}
	r.nets = map[string]netCounters{}
	virtual := map[string]netCounters{}
	for line := range bytes.Lines(b) {
		colon := bytes.LastIndexByte(line, ':')
		if colon < 0 {
			continue
		}
		name := string(bytes.TrimSpace(line[:colon]))
		if name == "lo" {
			continue
		}
		hardware, known := s.net[name]
		if !known {
			hardware = exists("/sys/class/net/" + name + "/device")
			s.net[name] = hardware
		}
		var f [12]uint64 // bytes packets errs drop fifo frame compressed multicast, then of what is sent
		rest := line[colon+1:]
		for i := range f {
			f[i], rest = numberAfter(rest)
		}
		c := netCounters{received: f[0], sent: f[8], errors: f[2] + f[3] + f[10] + f[11]}
		if hardware {
			r.nets[name] = c
		} else {
			virtual[name] = c
		}
	}
	if len(r.nets) == 0 {
		r.nets = virtual
	}
}

func (s *source) readSensors(r *reading) {
	if !s.looked {
		s.looked = true
		all := processorSensors()
		for _, one := range all[:min(len(all), 4)] { // the package's comes first; a core's follows it closely
			s.sensors = append(s.sensors, file{path: one.input})
		}
	}
	for i := range s.sensors {
		n, err := strconv.ParseFloat(string(bytes.TrimSpace(s.sensors[i].read(&s.buffer))), 64)
		if t := n / 1000; err == nil && t <= 150 {
			r.temperature = max(r.temperature, t)
		}
	}
}

// countProcesses counts the folders of /proc that are numbers.
func (s *source) countProcesses() int {
	if !s.proc.open() {
		return 0
	}
	if _, err := unix.Seek(s.proc.fd, 0, unix.SEEK_SET); err != nil {
		s.proc.close()
		return 0
	}
	count := 0
	for {
		n, err := unix.Getdents(s.proc.fd, s.buffer)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return count
		}
		for b := s.buffer[:n]; len(b) > 19; { // struct linux_dirent64: the length at 16, the name at 19
			size := int(binary.NativeEndian.Uint16(b[16:]))
			if size < 20 || size > len(b) {
				break
			}
			if b[19] >= '1' && b[19] <= '9' {
				count++
			}
			b = b[size:]
		}
	}
}

// readSlow asks the local file systems and the battery.
func readSlow() slowReading {
	var r slowReading
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return r
	}
	for _, m := range parseMountinfo(b) {
		if m.FS.Network || !m.FS.Fillable() || removable(m.FS.Device) {
			continue
		}
		if fs, ok := askMount(m.FS); ok && fs.Total > 0 {
			r.diskUsed, r.hasDiskUsed = max(r.diskUsed, fs.UsedPct), true
		}
	}
	r.battery, r.hasBattery = battery()
	return r
}

// battery is the charge of the machine's own batteries, the emptiest of several.
// A mouse has one too, and says so.
func battery() (percent float64, ok bool) {
	dirs, _ := filepath.Glob("/sys/class/power_supply/*") // the pattern is well-formed
	for _, dir := range dirs {
		if readLine(dir+"/type") != "Battery" || readLine(dir+"/scope") == "Device" {
			continue
		}
		n, err := strconv.ParseFloat(readLine(dir+"/capacity"), 64)
		if err != nil || n < 0 || n > 100 || ok && n > percent {
			continue
		}
		percent, ok = n, true
	}
	return percent, ok
}
