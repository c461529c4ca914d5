//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// machine is a scenario in its namespaces; its process is the first there.
type machine struct {
	*scenario
	worldPID int
	group    string // our control group of memory, as the host names it; empty: there is none
	actors   []*part
	undo     []func()
}

// part is a process of the machine that takes a line as its cue.
type part struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// looked is what a machine tells the laboratory.
type looked struct {
	Problem     string               `json:"problem,omitempty"` // the fault could not be made
	Quick, Full diagnostics.Snapshot `json:",omitzero"`
}

// stage builds a machine, says so, waits for the word, breaks it, looks at it, and
// takes it down. It runs as the first process of its namespaces.
func stage(args []string) error {
	s, err := scenarioNamed(args[0])
	if err != nil {
		return err
	}
	m := &machine{scenario: s}
	defer m.takeDown()
	answers := json.NewEncoder(os.Stdout)
	in := bufio.NewReader(os.Stdin)
	if err := m.build(); err != nil {
		return answers.Encode(looked{Problem: err.Error()})
	}
	fmt.Println("ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil // nobody waits any more
		}
		if strings.TrimSpace(line) != "go" {
			return fmt.Errorf("the word %q is not one", line)
		}
		l := m.show()
		if err := answers.Encode(l); err != nil || l.Problem != "" {
			return err
		}
	}
}

// show breaks the machine, the first time, and looks at it twice.
func (m *machine) show() (l looked) {
	if m.spoil != nil {
		if err := m.spoil(m); err != nil {
			return looked{Problem: err.Error()}
		}
		m.spoil = nil
	}
	var err error
	if l.Quick, err = m.look("quick"); err == nil {
		l.Full, err = m.look("full")
	}
	if err != nil {
		l.Problem = err.Error()
	}
	return l
}

func (m *machine) look(pace string) (s diagnostics.Snapshot, err error) {
	cmd := exec.Command(self(), "look", m.name, pace)
	cmd.Env = append(append(os.Environ(), "SSL_CERT_FILE="+authorityFile, "SSL_CERT_DIR=/nowhere"), m.env...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return s, fmt.Errorf("the check-up ended: %w", err)
	}
	return s, json.Unmarshal(b, &s)
}

// build makes what every machine has: a name, folders of its own, a log, a world.
func (m *machine) build() error {
	if err := syscall.Sethostname([]byte("lab")); err != nil {
		return err
	}
	if err := m.groups(); err != nil {
		return err
	}
	for _, line := range []string{
		"mount -t tmpfs none /run",
		"mkdir -p /run/lab /run/upper /run/work",
		"mount -t sysfs none /sys",
		"mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work /etc",
		"mount -t tmpfs none /var/log",
		"rm -f /etc/resolv.conf /etc/cron.d/none",
	} {
		if err := m.sh(line); err != nil {
			return err
		}
	}
	if err := m.showGroups(); err != nil {
		return err
	}
	var conf strings.Builder
	for _, address := range m.nameServers() {
		fmt.Fprintf(&conf, "nameserver %s\n", address)
	}
	if err := os.WriteFile("/etc/resolv.conf", []byte(conf.String()), 0o644); err != nil {
		return err
	}
	if err := m.log("systemd", "Started the daily tidying of temporary files.", "Finished it."); err != nil {
		return err
	}
	if err := m.followKernel(); err != nil {
		return err
	}
	if err := m.connect(); err != nil {
		return err
	}
	if m.prepare != nil {
		return m.prepare(m)
	}
	return nil
}

// connect starts the world and joins the machine to it.
func (m *machine) connect() error {
	w, err := m.start("unshare", "--net", self(), "world", m.name)
	if err != nil {
		return err
	}
	line, err := w.out.ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "up" {
		return fmt.Errorf("the world did not come up: %q %w", line, err)
	}
	m.worldPID = w.cmd.Process.Pid
	lines := []string{"ip link set lo up", "ip link set eth0 up", "ip addr add " + machineAt + "/24 dev eth0", "ip route add default via " + gatewayAt}
	if m.six {
		lines = []string{"ip link set lo up", "ip link set eth0 up", "ip addr add fd00::10/64 dev eth0 nodad", "ip -6 route add default via fd00::1"}
	}
	for _, line := range lines {
		if err := m.sh(line); err != nil {
			return err
		}
	}
	return nil
}

// sh runs a command of the system.
func (m *machine) sh(line string) error {
	if out, err := exec.Command("sh", "-ec", line).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// inWorld runs a command at the other end of the cable.
func (m *machine) inWorld(line string) error {
	return m.sh(fmt.Sprintf("nsenter --net=/proc/%d/ns/net %s", m.worldPID, line))
}

// start starts a part of the machine.
func (m *machine) start(name string, args ...string) (*part, error) {
	p := &part{cmd: exec.Command(name, args...)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	m.actors = append(m.actors, p)
	return p, nil
}

// act starts an actor, which says when it is ready.
func (m *machine) act(args ...string) (*part, error) {
	p, err := m.start(self(), append([]string{"actor"}, args...)...)
	if err != nil {
		return nil, err
	}
	return p, p.await()
}

// cue tells an actor to begin, and waits until it has.
func (p *part) cue() error {
	if _, err := io.WriteString(p.in, "go\n"); err != nil {
		return err
	}
	return p.await()
}

// await reads the actor's word that it is done with what it was told.
func (p *part) await() error {
	said := make(chan error, 1)
	go func() {
		line, err := p.out.ReadString('\n')
		if err == nil && strings.TrimSpace(line) != "done" {
			err = errors.New(strings.TrimSpace(line))
		}
		said <- err
	}()
	select {
	case err := <-said:
		return err
	case <-time.After(30 * time.Second):
		return errors.New("an actor did not answer in 30 s")
	}
}

// log writes lines into the machine's log as rsyslog does.
func (m *machine) log(from string, lines ...string) error {
	return m.logAt(time.Now(), from, lines...)
}

func (m *machine) logAt(at time.Time, from string, lines ...string) error {
	f, err := os.OpenFile("/var/log/syslog", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, line := range lines {
		if _, err := fmt.Fprintf(f, "%s lab %s: %s\n", at.Format("2006-01-02T15:04:05.000000-07:00"), from, line); err != nil {
			return err
		}
	}
	return nil
}

// groups makes the machine's control group while the host's are still to be seen.
func (m *machine) groups() error {
	const memory = "/sys/fs/cgroup/memory"
	if !isThere(memory + "/cgroup.procs")() {
		return nil // version 2 only: those machines that need a limit say so
	}
	m.group = filepath.Join(memory, fmt.Sprintf("deskbell-lab-%d", time.Now().UnixNano()))
	if err := os.Mkdir(m.group, 0o755); err != nil {
		return err
	}
	// Our process is in it, and so is everything that it starts.
	return os.WriteFile(m.group+"/cgroup.procs", []byte("0"), 0o644)
}

// showGroups shows the machine its own control groups only, as a system of its
// own has them.
func (m *machine) showGroups() error {
	if m.group == "" {
		return nil
	}
	return m.sh("mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/memory; mount -t cgroup -o memory none /run/lab; mount --bind /run/lab/" +
		filepath.Base(m.group) + " /sys/fs/cgroup/memory; umount -l /run/lab")
}

// takeDown ends everything that the machine started. Its mounts and networks go
// with its last process.
func (m *machine) takeDown() {
	for _, p := range m.actors {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	}
	for i := len(m.undo) - 1; i >= 0; i-- {
		m.undo[i]()
	}
}
