package fix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// How long a program has to end by itself, and the kernel to end it.
const (
	politely = 5 * time.Second
	firmly   = 5 * time.Second
)

// spared are the programs that carry a person's whole session: who ends one is
// signed out, with everything that is open.
var spared = []string{
	"systemd", "dbus-daemon", "dbus-broker", "Xorg", "Xwayland", "gnome-shell", "gnome-session-b", "kwin_wayland", "kwin_x11", "plasmashell",
	"ksmserver", "startplasma-way", "xfce4-session", "xfwm4", "cinnamon", "cinnamon-sessio", "mate-session", "sway", "Hyprland", "lxqt-session", "sshd", "login",
}

func errProgramEnded() error { return fault.Say(fault.Stale, "error.fix_program_ended") }

// proc is a process as the kernel names it.
type proc struct {
	name    string
	state   byte
	parent  int
	started uint64 // in ticks since boot: with the number it names a process for good
	owners  []string
}

func readProc(pid int32) (proc, error) {
	dir := fmt.Sprintf("/proc/%d", pid)
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return proc{}, err
	}
	// The name in parentheses is the process's own choice, and may hold any of this.
	text := string(b)
	first, last := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if first < 0 || last < first {
		return proc{}, errors.New("not as in proc_pid_stat(5)")
	}
	f := strings.Fields(text[last+1:])
	if len(f) < 20 || len(f[0]) != 1 {
		return proc{}, errors.New("not as in proc_pid_stat(5)")
	}
	p := proc{name: line(text[first+1:last], 64), state: f[0][0]}
	if p.parent, err = strconv.Atoi(f[1]); err != nil {
		return proc{}, err
	}
	if p.started, err = strconv.ParseUint(f[19], 10, 64); err != nil {
		return proc{}, err
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return proc{}, err
	}
	for l := range strings.Lines(string(status)) {
		if ids, ok := strings.CutPrefix(l, "Uid:"); ok {
			p.owners = strings.Fields(ids)
		}
	}
	return p, nil
}

// ticks is the unit of times in /proc, which the kernel promises to programs.
const ticks = 100

// startedAt is when the process started, by the clock.
func (p proc) startedAt() (time.Time, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}, err
	}
	for l := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(l, "btime "); ok {
			boot, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
			return time.Unix(boot, 0).Add(time.Duration(p.started) * (time.Second / ticks)), err
		}
	}
	return time.Time{}, errors.New("no boot time in /proc/stat")
}

// look returns the process if it is the one that the check-up saw, and one that
// may be ended.
func (e EndProcess) look() (proc, error) {
	p, err := readProc(e.PID)
	if err != nil || p.state == 'Z' || p.state == 'X' {
		return p, errProgramEnded()
	}
	at, err := p.startedAt()
	if err != nil {
		return p, err
	}
	const slack = 3 * time.Second // both count in whole seconds, and the kernel's boot time moves with the clock
	same := sameName(p.name, e.Name) && !at.After(e.Seen.Add(slack))
	if !e.Started.IsZero() {
		same = same && at.Sub(e.Started).Abs() <= slack
	}
	if !same {
		return p, errProgramEnded()
	}
	return p, e.allowed(p)
}

// sameName compares the kernel's name of a process, which ends after 15 bytes, with
// one that a list has completed from the command line.
func sameName(kernels, listed string) bool {
	const whole = 15
	return kernels == listed || len(kernels) == whole && strings.HasPrefix(listed, kernels)
}

// OwnerOf returns whose process it is: hands that are to end it have to be theirs.
func OwnerOf(pid int32) (uid string, err error) {
	p, err := readProc(pid)
	if err != nil || len(p.owners) == 0 {
		return "", errProgramEnded()
	}
	return p.owners[0], nil
}

func (e EndProcess) allowed(p proc) error {
	me := strconv.Itoa(os.Getuid())
	switch {
	case e.PID <= 1, e.PID == 2, p.parent == 2, int(e.PID) == os.Getpid(), int(e.PID) == os.Getppid(), slices.Contains(spared, p.name):
		return fault.Say(fault.Forbidden, "error.fix_program_keeps", tongue.Name("program", p.name))
	case len(p.owners) < 3, slices.ContainsFunc(p.owners[:min(3, len(p.owners))], func(id string) bool { return id != me }):
		return fault.Say(fault.Forbidden, "error.fix_program_other", tongue.Name("program", p.name))
	}
	return nil
}

// Plan looks whether the process is still the one that was meant.
func (e EndProcess) Plan(context.Context) (Plan, error) {
	p, err := e.look()
	if err != nil {
		return Plan{}, err
	}
	return plans("fix.process_plan", tongue.Name("program", p.name), tongue.Name("pid", strconv.Itoa(int(e.PID))), tongue.Duration("length", politely)).
		of(1, strconv.FormatUint(p.started, 10)), nil
}

// Do ends the process. The handle is taken first and looked at then: what the
// handle holds cannot become another process.
func (e EndProcess) Do(ctx context.Context, plan Plan) (Done, error) {
	fd, err := unix.PidfdOpen(int(e.PID), 0)
	if err != nil {
		return Done{}, errProgramEnded()
	}
	defer unix.Close(fd)
	p, err := e.look()
	if err != nil {
		return Done{}, err
	}
	if strconv.FormatUint(p.started, 10) != plan.Mark {
		return Done{}, errProgramEnded()
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGTERM, nil, 0); err != nil {
		return Done{}, cannot(err, "error.fix_program_no_close", tongue.Name("program", p.name))
	}
	if ended(ctx, fd, politely) {
		return did("fix.process_closed", tongue.Name("program", p.name)).of(1, ""), nil
	}
	if ctx.Err() != nil {
		return Done{}, ctx.Err()
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return Done{}, cannot(err, "error.fix_program_no_end", tongue.Name("program", p.name))
	}
	if !ended(ctx, fd, firmly) {
		return Done{}, fault.Say(fault.Unavailable, "error.fix_program_stuck", tongue.Name("program", p.name))
	}
	return did("fix.process_ended", tongue.Name("program", p.name)).of(1, ""), nil
}

// ended waits until the process behind the handle has.
func ended(ctx context.Context, fd int, most time.Duration) bool {
	for end := time.Now().Add(most); ctx.Err() == nil && time.Now().Before(end); {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 100)
		if n > 0 {
			return true
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
	}
	return false
}
