package probe

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Pulse reads Vitals once a second, for as long as the agent lives: files of the
// kernel's that stay open, and buffers that are used again. It belongs to one
// goroutine.
type Pulse struct {
	source   source // only its files and what it knows of hardware
	pressure [3]file
	before   time.Time
	cpu      cpuTicks
	stalled  [3]uint64 // microseconds
	disks    map[string]*diskTimes
	nets     map[string]*netBytes
	round    uint32 // counts readings; tells what is there still from what is gone

	tasks   taskScan
	watched []watchedTask
	list    []Task
	top     []Task
}

// cpuTicks are the counters of all cores together.
type cpuTicks struct{ all, busy, wait uint64 }

type diskTimes struct {
	hardware        bool
	accesses, spent uint64 // how many, and how many milliseconds they took
	busy            uint64 // milliseconds
	round           uint32
}

type netBytes struct {
	hardware       bool
	received, sent uint64
	round          uint32
}

// NewPulse returns a Pulse. Close frees what it holds open.
func NewPulse() *Pulse {
	p := &Pulse{source: newSource(), disks: map[string]*diskTimes{}, nets: map[string]*netBytes{}}
	p.pressure = [3]file{{path: "/proc/pressure/cpu"}, {path: "/proc/pressure/memory"}, {path: "/proc/pressure/io"}}
	p.tasks.known = map[int32]taskTicks{}
	return p
}

// Close frees what is held open.
func (p *Pulse) Close() error {
	for i := range p.pressure {
		p.pressure[i].close()
	}
	for i := range p.watched {
		p.watched[i].stat.close()
	}
	return p.source.close()
}

// Read reads the vitals: rates and shares are since the reading before.
func (p *Pulse) Read(now time.Time) Vitals {
	v := noVitals()
	seconds := 0.0
	if !p.before.IsZero() {
		seconds = now.Sub(p.before).Seconds() // by the clock that nobody sets
	}
	p.before = now
	p.round++
	cores := p.readCPU(&v, seconds)
	p.readMemory(&v)
	p.readPressure(&v, seconds)
	p.readDisks(&v, seconds)
	p.readNets(&v, seconds)
	p.readTasks(&v, now, seconds, cores)
	return v
}

// first reads a file that the kernel writes in one piece, as far as the buffer goes.
func (f *file) first(buffer []byte) []byte {
	if !f.open() {
		return nil
	}
	for {
		n, err := unix.Pread(f.fd, buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			f.close()
			return nil
		}
		return buffer[:n]
	}
}

// readCPU returns how many cores were busy.
func (p *Pulse) readCPU(v *Vitals, seconds float64) float64 {
	b, ok := bytes.CutPrefix(p.source.stat.first(p.source.buffer), []byte("cpu "))
	if !ok {
		return 0
	}
	var now cpuTicks
	for i := range 8 { // user nice system idle iowait irq softirq steal
		var n uint64
		n, b = numberAfter(b)
		now.all += n
		switch i {
		case 3, 7: // stolen time is not ours
		case 4:
			now.wait = n
		default:
			now.busy += n
		}
	}
	was := p.cpu
	p.cpu = now
	if seconds <= 0 || now.all <= was.all {
		return 0
	}
	all := float64(now.all - was.all)
	busy, ok := perSecond(was.busy, now.busy, all)
	if ok {
		v.CPU = min(100, busy*100)
	}
	if wait, ok := perSecond(was.wait, now.wait, all); ok { // the kernel takes it back now and then
		v.IOWait = min(100, wait*100)
	}
	return busy * all / userHz / seconds
}

func (p *Pulse) readMemory(v *Vitals) {
	var total, free uint64
	for line := range bytes.Lines(p.source.meminfo.first(p.source.buffer)) {
		name, rest := fieldAfter(line)
		kib, _ := numberAfter(rest)
		switch string(name) {
		case "MemAvailable:":
			v.Available = float64(kib) / 1024
		case "SwapTotal:":
			total = kib
		case "SwapFree:":
			free = kib
			v.SwapUsed = float64(total-min(free, total)) / 1024
			return
		}
	}
}

// readPressure reads what the kernel counts itself, which is finer than its averages.
func (p *Pulse) readPressure(v *Vitals, seconds float64) {
	for i, to := range []*float64{&v.StallCPU, &v.StallMemory, &v.StallIO} {
		if p.round > 1 && p.pressure[i].fd == 0 {
			continue // this kernel does not measure it
		}
		line, _, _ := bytes.Cut(p.pressure[i].first(p.source.buffer), []byte("\n"))
		_, text, ok := bytes.Cut(line, []byte("total="))
		if !ok || !bytes.HasPrefix(line, []byte("some ")) {
			p.pressure[i].close()
			continue
		}
		total, _ := numberAfter(text)
		was := p.stalled[i]
		p.stalled[i] = total
		if rate, ok := perSecond(was, total, max(seconds, 1e-3)*1e6); ok && seconds > 0 {
			*to = min(100, rate*100)
		}
	}
}

// readDisks tells of the disks that are hardware: what is stacked on them shows
// the same work once more.
func (p *Pulse) readDisks(v *Vitals, seconds float64) {
	for line := range bytes.Lines(p.source.diskstats.read(&p.source.buffer)) {
		_, rest := numberAfter(line)
		_, rest = numberAfter(rest)
		name, rest := fieldAfter(rest)
		d := p.disks[string(name)]
		known := d != nil
		if !known {
			d = &diskTimes{hardware: wholeDisk(string(name)) && exists("/sys/block/"+string(name))}
			p.disks[string(name)] = d
		}
		d.round = p.round
		if !d.hardware {
			continue
		}
		var n [10]uint64 // reads merged sectors ms, writes merged sectors ms, in flight, ms busy
		for i := range n {
			n[i], rest = numberAfter(rest)
		}
		was := *d
		d.accesses, d.spent, d.busy = n[0]+n[4], n[3]+n[7], n[9]
		if !known || seconds <= 0 || d.accesses < was.accesses || d.spent < was.spent {
			continue
		}
		if busy, ok := perSecond(was.busy, d.busy, seconds*10); ok { // ms in s×1000, as per cent
			v.DiskBusy = larger(v.DiskBusy, min(100, busy))
		}
		if accesses := d.accesses - was.accesses; accesses > 0 {
			v.DiskLatency = larger(v.DiskLatency, float64(d.spent-was.spent)/float64(accesses))
		}
	}
	for name, d := range p.disks {
		if d.round != p.round {
			delete(p.disks, name)
		}
	}
}

// larger is max that prefers any number to none.
func larger(a, b float64) float64 {
	if a >= b {
		return a
	}
	return b
}

// readNets counts interfaces that are hardware; where there are none, in a
// container, all but loopback.
func (p *Pulse) readNets(v *Vitals, seconds float64) {
	var received, sent [2]float64 // of hardware, and of the others
	var seen [2]bool
	for line := range bytes.Lines(p.source.netdev.read(&p.source.buffer)) {
		colon := bytes.LastIndexByte(line, ':')
		if colon < 0 {
			continue
		}
		name := bytes.TrimSpace(line[:colon])
		if string(name) == "lo" {
			continue
		}
		n := p.nets[string(name)]
		known := n != nil
		if !known {
			n = &netBytes{hardware: exists("/sys/class/net/" + string(name) + "/device")}
			p.nets[string(name)] = n
		}
		was := *n
		rest := line[colon+1:]
		n.round = p.round
		n.received, rest = numberAfter(rest)
		for range 8 {
			n.sent, rest = numberAfter(rest)
		}
		if !known || seconds <= 0 || n.received < was.received || n.sent < was.sent {
			continue
		}
		i := 1
		if n.hardware {
			i = 0
		}
		seen[i] = true
		received[i] += float64(n.received-was.received) / 1024 / seconds
		sent[i] += float64(n.sent-was.sent) / 1024 / seconds
	}
	for name, n := range p.nets {
		if n.round != p.round {
			delete(p.nets, name)
		}
	}
	for i := range seen {
		if seen[i] {
			v.Received, v.Sent = received[i], sent[i]
			return
		}
	}
}

// watchedTask is a process that is read each second. The open file is that very
// process's: it cannot become another one's with the same number.
type watchedTask struct {
	Task
	stat  file
	said  string // the name as the kernel has it
	ticks uint64
	first bool // nothing to compare with yet
	keep  bool
}

// call takes over the name, which changes when a process becomes another program.
func (w *watchedTask) call(name []byte) {
	if string(name) != w.said || w.Name == "" {
		w.said = string(name)
		w.Name = plainLine(w.said, 64)
	}
}

// readTasks reads the few processes that matter each second, and all of them now
// and then to learn which those are.
func (p *Pulse) readTasks(v *Vitals, now time.Time, seconds, cores float64) {
	explained := 0.0
	alive := p.watched[:0]
	for _, w := range p.watched {
		if p.readWatched(&w, seconds) {
			explained += w.CPUPct / 100
			alive = append(alive, w)
		}
	}
	clear(p.watched[len(alive):])
	p.watched = alive
	if p.tasks.at.IsZero() || scanDue(now.Sub(p.tasks.at), p.tasks.cost, cores-explained > 0.25) {
		p.chooseWatched(p.tasks.scan(&p.source, now))
	}
	p.list = p.list[:0]
	for _, w := range p.watched {
		p.list = append(p.list, w.Task)
	}
	p.top = heaviest(p.top, p.list)
	v.Top = p.top
}

// readWatched reports whether the process is there still.
func (p *Pulse) readWatched(w *watchedTask, seconds float64) bool {
	t, ok := parseTask(w.stat.first(p.source.buffer))
	if !ok {
		w.stat.close()
		return false
	}
	w.CPUPct = 0
	if rate, ok := perSecond(w.ticks, t.ticks, max(seconds, 1e-3)*userHz); ok && !w.first && seconds > 0 {
		w.CPUPct = rate * 100
	}
	w.ticks, w.RSS, w.first = t.ticks, t.rss, false
	w.call(t.name)
	return true
}

// chooseWatched watches these processes from now on, and those of the old ones
// among them without a break.
func (p *Pulse) chooseWatched(pids []int32) {
	for i := range p.watched {
		p.watched[i].keep = slices.Contains(pids, p.watched[i].PID)
		if !p.watched[i].keep {
			p.watched[i].stat.close()
		}
	}
	p.watched = slices.DeleteFunc(p.watched, func(w watchedTask) bool { return !w.keep })
	for _, pid := range pids {
		if slices.ContainsFunc(p.watched, func(w watchedTask) bool { return w.PID == pid }) {
			continue
		}
		w := watchedTask{Task: Task{PID: pid}, stat: file{path: "/proc/" + strconv.Itoa(int(pid)) + "/stat"}, first: true}
		t, ok := parseTask(w.stat.first(p.source.buffer))
		if !ok {
			w.stat.close()
			continue
		}
		w.ticks, w.RSS, w.first = t.ticks, t.rss, false
		w.call(t.name)
		p.watched = append(p.watched, w)
	}
}

// taskLine is what is read of a process. Its name is good until the buffer is used again.
type taskLine struct {
	name           []byte
	state          byte
	parent         int32
	ticks, started uint64
	rss            uint64
}

var pageSize = uint64(unix.Getpagesize())

// parseTask is parseStat without a copy of anything.
func parseTask(b []byte) (taskLine, bool) {
	open, shut := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || shut < open {
		return taskLine{}, false
	}
	t := taskLine{name: b[open+1 : shut]}
	state, rest := fieldAfter(b[shut+1:])
	if len(state) == 1 {
		t.state = state[0]
	}
	var n uint64
	fields := 0
	for i := 4; i <= 24 && len(rest) > 1; i++ { // counted as in proc_pid_stat(5)
		n, rest = numberAfter(rest)
		fields++
		switch i {
		case 4:
			t.parent = int32(min(n, math.MaxInt32))
		case 14, 15:
			t.ticks += n
		case 22:
			t.started = n
		case 24:
			t.rss = n * pageSize
		}
	}
	return t, fields == 21
}

// taskScan looks at all processes.
type taskScan struct {
	known map[int32]taskTicks
	at    time.Time
	cost  time.Duration // of the last scan, in processor time: a starved machine makes it no dearer
	round uint32
	names []byte
	stat  []byte
	heavy []candidate
	pids  []int32
}

type taskTicks struct {
	started, ticks uint64
	round          uint32
}

type candidate struct {
	pid        int32
	ticks, rss uint64 // ticks since the last scan
}

// watch is how many processes are watched by processor time, and by memory: some
// more than are shown, because the order changes from one scan to the next.
const watch = 2 * topTasks

// scan returns the processes to watch.
func (s *taskScan) scan(src *source, now time.Time) []int32 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	if s.names == nil {
		s.names, s.stat = make([]byte, 32<<10), make([]byte, 1<<10)
	}
	s.round++
	s.heavy = s.heavy[:0]
	s.all(src)
	for pid, k := range s.known {
		if k.round != s.round {
			delete(s.known, pid)
		}
	}
	s.pids = s.pids[:0]
	for _, less := range []func(a, b candidate) int{
		func(a, b candidate) int { return compareDown(a.ticks, b.ticks) },
		func(a, b candidate) int { return compareDown(a.rss, b.rss) },
	} {
		slices.SortFunc(s.heavy, less)
		for _, c := range s.heavy[:min(watch, len(s.heavy))] {
			if !slices.Contains(s.pids, c.pid) {
				s.pids = append(s.pids, c.pid)
			}
		}
	}
	s.at, s.cost = now, threadTime()-start
	return s.pids
}

func compareDown(a, b uint64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// all goes through all processes.
func (s *taskScan) all(src *source) {
	eachPID(&src.proc, s.names, func(fd int, pid int32, name []byte) bool {
		s.one(fd, pid, name)
		return true
	})
}

// eachPID goes through the folders of /proc that are numbers, until f returns false.
// fd is /proc itself, and name is good until f returns.
func eachPID(proc *file, buffer []byte, f func(fd int, pid int32, name []byte) bool) error {
	if !proc.open() {
		return unix.ENOENT
	}
	if _, err := unix.Seek(proc.fd, 0, unix.SEEK_SET); err != nil {
		proc.close()
		return err
	}
	for {
		n, err := unix.Getdents(proc.fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return err
		}
		for b := buffer[:n]; len(b) > 19; { // struct linux_dirent64: the length at 16, the name at 19
			size := int(binary.NativeEndian.Uint16(b[16:]))
			if size < 20 || size > len(b) {
				break
			}
			name, _, _ := bytes.Cut(b[19:size], []byte{0})
			if pid, ok := pidOf(name); ok && !f(proc.fd, pid, name) {
				return nil
			}
			b = b[size:]
		}
	}
}

func pidOf(name []byte) (int32, bool) {
	n := int64(0)
	for _, c := range name {
		if c < '0' || c > '9' || n > 1<<30 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return int32(n), n > 0 && n < 1<<31
}

// one reads a process; one that has ended meanwhile is left out.
func (s *taskScan) one(proc int, pid int32, name []byte) {
	fd, err := unix.Openat(proc, string(name)+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	n, err := unix.Read(fd, s.stat)
	unix.Close(fd)
	if err != nil || n <= 0 {
		return
	}
	t, ok := parseTask(s.stat[:n])
	if !ok {
		return
	}
	was, known := s.known[pid]
	s.known[pid] = taskTicks{started: t.started, ticks: t.ticks, round: s.round}
	c := candidate{pid: pid, ticks: t.ticks, rss: t.rss}
	switch {
	case known && was.started == t.started:
		c.ticks -= min(was.ticks, t.ticks)
	case s.round == 1:
		c.ticks = 0 // what it used before the agent came is of no interest
	}
	if c.ticks > 0 || c.rss > 0 { // a kernel's thread that sleeps is neither
		s.heavy = append(s.heavy, c)
	}
}

// threadTime is the processor time of this thread.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
