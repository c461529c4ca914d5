package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kardianos/service"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/packaging"
)

// serviceName is the service manager's name of an agent; each private one has its own.
func serviceName(stateDir string) string {
	name := "deskbell-agent"
	if runtime.GOOS == "darwin" {
		name = "com.deskbell.agent"
	}
	if stateDir == "" {
		return name
	}
	sum := sha256.Sum256([]byte(stateDir))
	return name + "-" + hex.EncodeToString(sum[:4])
}

// managed returns the service as the system's manager knows it. The unit and the
// launchd file are ours: the library's run everything with every right.
func managed(stateDir string, i service.Interface) (service.Service, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	name, arguments := serviceName(stateDir), []string{"run"}
	if stateDir != "" {
		arguments = append(arguments, "--state", stateDir)
	}
	s, err := service.New(i, &service.Config{
		Name: name, DisplayName: "Deskbell agent", Description: "Connects this computer to its help desk.",
		Executable: self, Arguments: arguments,
		Option: service.KeyValue{
			"SystemdScript": packaging.AgentUnit(self, stateDir), "LaunchdConfig": packaging.AgentPlist(name, self, stateDir),
			"OnFailure": "restart", "OnFailureDelayDuration": "5s", "OnFailureResetPeriod": 300, "DelayedAutoStart": true,
		},
	})
	if errors.Is(err, service.ErrNoServiceSystemDetected) {
		return nil, fault.Wrap(err, fault.Unsupported, "This system has no service manager that Deskbell knows. Start “deskbell-agent run” by other means.")
	}
	return s, err
}

// program is the service under the Windows service manager.
type program struct {
	ctx    context.Context
	run    func(context.Context) error
	cancel context.CancelCauseFunc
	done   chan error
}

// Start begins to serve. The manager waits for it, so it does not wait itself.
func (p *program) Start(service.Service) error {
	ctx, cancel := context.WithCancelCause(p.ctx)
	p.cancel, p.done = cancel, make(chan error, 1)
	go func() { p.done <- p.run(ctx) }()
	return nil
}

// Stop ends serving and waits for it.
func (p *program) Stop(service.Service) error {
	p.cancel(nil)
	return <-p.done
}

// Shutdown is Stop where the whole computer is switched off.
func (p *program) Shutdown(service.Service) error {
	p.cancel(agent.ErrShutdown)
	return <-p.done
}

// underManager serves as the Windows service manager wants it.
func underManager(ctx context.Context, stateDir string, run func(context.Context) error) error {
	s, err := managed(stateDir, &program{ctx: ctx, run: run})
	if err != nil {
		return err
	}
	return s.Run()
}

// control has the service manager do something.
func control(stateDir string, what string, do func(service.Service) error) error {
	s, err := managed(stateDir, &program{})
	if err != nil {
		return err
	}
	err = do(s)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, service.ErrNotInstalled):
		return fault.Wrap(err, fault.NotFound, "The service is not installed. Run “deskbell-agent install” first.")
	case errors.Is(err, fs.ErrPermission) || os.Geteuid() > 0:
		return fault.Wrap(err, fault.Forbidden, "Only an administrator may do that. Run it as root.")
	}
	return fault.Wrap(err, fault.Unavailable, "The service manager did not "+what+" the service")
}

type installCmd struct {
	stateFlag
}

// Help is an example.
func (installCmd) Help() string {
	return "Example: sudo deskbell-agent install && sudo deskbell-agent start"
}

// Run installs the service.
func (c *installCmd) Run(s settings.Streams) error {
	if runtime.GOOS == "darwin" {
		if err := os.MkdirAll("/Library/Logs/Deskbell", 0o755); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	if c.State != "" { // the unit may write there only if it is there
		if err := c.dir().Make(); err != nil {
			return err
		}
	}
	err := control(c.State, "install", func(s service.Service) error { return s.Install() })
	if err != nil && strings.Contains(err.Error(), "already exists") {
		return fault.Wrap(err, fault.Conflict, "The service is installed already. To install it anew, run “deskbell-agent uninstall” first.")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "The service %s is installed. “%s start” starts it.\n", serviceName(c.State), self())
	return nil
}

type removeCmd struct {
	stateFlag
}

// Help is an example.
func (removeCmd) Help() string { return "Example: sudo deskbell-agent uninstall" }

// Run stops and removes the service.
func (c *removeCmd) Run(s settings.Streams) error {
	err := control(c.State, "remove", func(s service.Service) error {
		if st, err := s.Status(); err == nil && st == service.StatusRunning {
			if err := s.Stop(); err != nil {
				return err
			}
		}
		err := s.Uninstall()
		if errors.Is(err, fs.ErrNotExist) {
			return service.ErrNotInstalled
		}
		return errors.Join(err, removeLinks(serviceName(c.State)))
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "The service %s is removed. What it kept is still in %s.\n", serviceName(c.State), c.dir().Or())
	return nil
}

// removeLinks removes what the library leaves of a System V service: the links to
// its script.
func removeLinks(name string) error {
	links, err := filepath.Glob("/etc/rc?.d/[SK][0-9][0-9]" + name)
	for _, l := range links {
		if to, e := os.Readlink(l); e == nil && to == "/etc/init.d/"+name {
			err = errors.Join(err, os.Remove(l))
		}
	}
	return err
}

type startCmd struct {
	stateFlag
}

// Help is an example.
func (startCmd) Help() string { return "Example: sudo deskbell-agent start" }

// Run starts the service.
func (c *startCmd) Run(s settings.Streams) error {
	if err := control(c.State, "start", func(s service.Service) error { return s.Start() }); err != nil {
		return err
	}
	fmt.Fprintln(s.Out, "The service is started.")
	return nil
}

type stopCmd struct {
	stateFlag
}

// Help is an example.
func (stopCmd) Help() string { return "Example: sudo deskbell-agent stop" }

// Run stops the service.
func (c *stopCmd) Run(s settings.Streams) error {
	if err := control(c.State, "stop", func(s service.Service) error { return s.Stop() }); err != nil {
		return err
	}
	fmt.Fprintln(s.Out, "The service is stopped.")
	return nil
}

// self is how this program was called.
func self() string { return filepath.Base(os.Args[0]) }
