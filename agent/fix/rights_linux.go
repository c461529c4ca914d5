package fix

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// command is the process of hands with the rights that a step needs.
//
// The installed agent has root's eyes and nobody's hands: it asks the service
// manager to start a process with the rights of the step. An agent that runs as
// root without those bounds starts it itself; one that runs as a person can mend
// what is that person's.
func (c Child) command(r Rights, uid string, most time.Duration) (*exec.Cmd, error) {
	if len(c.Command) == 0 {
		return nil, fault.Say(fault.Unavailable, "error.fixes_off")
	}
	me := strconv.Itoa(os.Geteuid())
	as := uid
	if r == Machine {
		as = "0"
	}
	switch {
	case me == as && (me != "0" || !confined()):
		return c.plainly(), nil
	case me != "0":
		return nil, fault.Say(fault.Forbidden, "error.fix_rights")
	case !confined():
		cmd := c.plainly()
		var err error
		cmd.SysProcAttr.Credential, err = credential(as)
		return cmd, err
	case exists("/run/systemd/system") && find("systemd-run") != "":
		argv := c.managed(r, as, most)
		cmd := Child{argv}.plainly()
		return cmd, nil
	}
	return nil, fault.Say(fault.Unsupported, "error.fix_no_right")
}

// Session is a process for a person to work in, with their rights and no more; or
// with all of an administrator's. It ends with everything that it has started.
func (c Child) Session(uid string, administrator bool, most time.Duration) (*exec.Cmd, error) {
	if !administrator {
		return c.command(Person, uid, most)
	}
	switch {
	case len(c.Command) == 0:
		return nil, fault.New(fault.Unavailable, "Terminals are not set up on this computer.")
	case os.Geteuid() != 0:
		return nil, fault.New(fault.Forbidden, "Deskbell runs without an administrator's rights on this computer, so it cannot give any.")
	case !confined():
		return c.plainly(), nil
	case exists("/run/systemd/system") && find("systemd-run") != "":
		argv := []string{find("systemd-run"), "--quiet", "--collect", "--wait", "--pipe", "--service-type=exec", "--description=Deskbell terminal",
			fmt.Sprintf("--property=RuntimeMaxSec=%d", int(most.Seconds())+1), "--"}
		return Child{append(argv, c.Command...)}.plainly(), nil
	}
	return nil, fault.New(fault.Unsupported, "Deskbell has no right to open a terminal on this computer, and no systemd to ask for it.")
}

// managed is the command line by which systemd starts hands: as the person for
// what is theirs, else as root with the two rights that steps need.
func (c Child) managed(r Rights, uid string, most time.Duration) []string {
	argv := []string{
		find("systemd-run"), "--quiet", "--collect", "--wait", "--pipe", "--service-type=exec",
		"--description=Deskbell fix", "--property=NoNewPrivileges=yes", "--property=ProtectKernelModules=yes", "--property=RestrictSUIDSGID=yes",
		fmt.Sprintf("--property=RuntimeMaxSec=%d", int(most.Seconds())+1),
	}
	if r == Machine {
		argv = append(argv, "--property=CapabilityBoundingSet=CAP_NET_ADMIN CAP_SYS_TIME", "--property=ProtectHome=yes")
	} else {
		argv = append(argv, "--uid="+uid, "--property=CapabilityBoundingSet=")
	}
	return append(append(argv, "--"), c.Command...)
}

// confined reports whether this process lacks the right to become somebody else,
// as the installed agent does.
func confined() bool {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return true
	}
	for l := range strings.Lines(string(b)) {
		if set, ok := strings.CutPrefix(l, "CapEff:"); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			const setUID = 1 << 7
			return err != nil || n&setUID == 0
		}
	}
	return true
}

// credential is a person without any group but their own.
func credential(uid string) (*syscall.Credential, error) {
	n, err := strconv.ParseUint(uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid := n
	if u, err := user.LookupId(uid); err == nil {
		if g, err := strconv.ParseUint(u.Gid, 10, 32); err == nil {
			gid = g
		}
	}
	return &syscall.Credential{Uid: uint32(n), Gid: uint32(gid)}, nil
}
