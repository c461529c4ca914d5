// Package state says where the agent keeps what has to survive a restart, and who
// may read it.
package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

// Dir is the folder of one agent.
type Dir string

// Or returns the folder, or the installed agent's when it is empty.
func (d Dir) Or() Dir {
	if d == "" {
		return Dir(standard())
	}
	return d
}

// Identity is the file with the machine's identity: its private key is in it.
func (d Dir) Identity() string { return filepath.Join(string(d), "identity.json") }

// Ratchet is the file with the secret of the last session.
func (d Dir) Ratchet() string { return filepath.Join(string(d), "ratchet.json") }

// Outbox is the folder of what is to be sent.
func (d Dir) Outbox() string { return filepath.Join(string(d), "outbox") }

// People is the folder of what the server has said about each person's tickets.
func (d Dir) People() string { return filepath.Join(string(d), "people") }

// Looks is the file that tells who has looked at this machine. People may read it.
func (d Dir) Looks() string { return filepath.Join(string(d), "looks.jsonl") }

// Announcements is the file of what is told of known outages.
func (d Dir) Announcements() string { return filepath.Join(string(d), "announcements.json") }

// Fixes is the file that tells what was mended here.
func (d Dir) Fixes() string { return filepath.Join(string(d), "fixes.json") }

// Acts is the file of what was done here from afar.
func (d Dir) Acts() string { return filepath.Join(string(d), "acts.json") }

// Recorder is the folder of the flight recorder.
func (d Dir) Recorder() string { return filepath.Join(string(d), "recorder") }

// Backlog is the file of what was measured without a connection.
func (d Dir) Backlog() string { return filepath.Join(string(d), "backlog.json") }

// History is the folder of what this machine is made of and what has changed on it.
func (d Dir) History() string { return filepath.Join(string(d), "history") }

// Make makes the folder unless it is there. People may pass through it, to what
// they may read, and not list it.
func (d Dir) Make() error {
	err := os.MkdirAll(filepath.Dir(string(d)), 0o755)
	if err == nil {
		err = makePrivate(string(d))
	}
	return d.Fault(err)
}

// Lock keeps every other process from using the folder until unlock is called, or
// this process ends in whatever way. Conflict says that another one has it.
func (d Dir) Lock() (unlock func(), err error) {
	unlock, err = lock(filepath.Join(string(d), "lock"))
	return unlock, d.Fault(err)
}

// errTaken is what a second agent on one folder gets.
func errTaken() error {
	return fault.New(fault.Conflict, "Another Deskbell agent runs with this state folder. Stop it first, or choose another folder with --state.")
}

// Fault gives a failure to write into the folder its sentence.
func (d Dir) Fault(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fault.Wrap(err, fault.Forbidden, "The folder "+string(d)+" may be written by the administrator only. Run this as root, or name a folder of your own with --state.")
	}
	return durable.Fault(err)
}
