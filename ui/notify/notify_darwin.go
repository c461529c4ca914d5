package notify

import (
	"context"
	"os/exec"
)

// Notifier shows notifications by the system's script runner. They cannot be
// clicked to any effect of ours, nor taken away.
type Notifier struct{}

// New returns a notifier. app, icon and open have no use here.
func New(_, _ string, _ func(key, choice string)) *Notifier { return &Notifier{} }

// Close does nothing.
func (n *Notifier) Close() {}

// script is fixed: the texts are its arguments, never a part of it.
const script = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"

// Show shows a note.
func (n *Notifier) Show(ctx context.Context, note Note) error {
	return exec.CommandContext(ctx, "/usr/bin/osascript", "-e", script, "--", note.Title, note.Body).Run()
}

// Withdraw does nothing.
func (n *Notifier) Withdraw(context.Context, string) error { return nil }
