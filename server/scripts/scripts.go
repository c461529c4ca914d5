// Package scripts is the library of scripts that may be run on machines. A version is
// written by one person, approved by another, and never changed after; only approved
// ones run, and only where the machine's own settings list them.
package scripts

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Version is a version of a script.
type Version struct {
	ID          string // the script's
	Number      int
	Name        string
	About       string // what it does, in words
	OS          string // linux; the agent runs none elsewhere
	Changes     bool   // it changes something on the machine
	Script      wire.Script
	SHA256      string
	AuthorID    string
	Author      string
	WrittenAt   time.Time
	ApproverID  string
	Approver    string
	ApprovedAt  time.Time
	WithdrawnAt time.Time
}

// Runs reports whether the version may be run.
func (v Version) Runs() bool { return v.ApproverID != "" && v.WithdrawnAt.IsZero() }

// Store is what the library needs kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	// Versions returns the versions of a script, the newest first.
	Versions(ctx context.Context, id string) ([]Version, error)
	// Heads returns of each script the newest version, and before it in number the
	// newest that runs.
	Heads(ctx context.Context) ([]Version, error)
}

// Tx is a write.
type Tx interface {
	AddVersion(v Version) error
	SaveVersion(v Version) error
	Versions(id string) ([]Version, error)
	CountScripts() (int, error)
	Audit(e audit.Entry) error
}

// Runner has a script run on a machine; *ask.Asker does.
type Runner interface {
	RunScript(ctx context.Context, actor auth.Actor, endpoint, ticketID string, p wire.RunScriptParams) (ask.Ask, error)
}

// Library keeps scripts and has them run.
type Library struct {
	store Store
	run   Runner
	now   func() time.Time
}

// New returns a Library.
func New(store Store, run Runner, now func() time.Time) *Library {
	return &Library{store, run, now}
}

const (
	maxScripts  = 500
	maxVersions = 200
)

var errNone = fault.New(fault.NotFound, "There is no such script.")

// List returns the newest version of each script, by name; and beside it the newest
// that runs, where there is one.
func (l *Library) List(ctx context.Context, actor auth.Actor) (newest, running []Version, err error) {
	if err := auth.Authorise(actor, auth.ScriptsRead, auth.Object{}); err != nil {
		return nil, nil, err
	}
	all, err := l.store.Heads(ctx)
	if err != nil {
		return nil, nil, err
	}
	seen, runs := map[string]bool{}, map[string]bool{}
	for _, v := range all {
		if !seen[v.ID] {
			seen[v.ID], newest = true, append(newest, v)
		}
		if v.Runs() && !runs[v.ID] {
			runs[v.ID], running = true, append(running, v)
		}
	}
	byName := func(a, b Version) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) }
	slices.SortStableFunc(newest, byName)
	slices.SortStableFunc(running, byName)
	return newest, running, nil
}

// Get returns all versions of a script, the newest first.
func (l *Library) Get(ctx context.Context, actor auth.Actor, id string) ([]Version, error) {
	if err := auth.Authorise(actor, auth.ScriptsRead, auth.Object{}); err != nil {
		return nil, err
	}
	list, err := l.store.Versions(ctx, id)
	if err == nil && (len(list) == 0 || id == "") {
		err = errNone
	}
	return list, err
}

// Write adds a version of a script, or with no ID a script. base is the version that
// the writer has changed: when there is a newer one, nothing is added.
func (l *Library) Write(ctx context.Context, actor auth.Actor, v Version, base int) (Version, error) {
	if err := auth.Authorise(actor, auth.ScriptsWrite, auth.Object{}); err != nil {
		return v, err
	}
	v.Name, v.About = strings.TrimSpace(v.Name), strings.TrimSpace(v.About)
	switch {
	case v.Name == "" || utf8.RuneCountInString(v.Name) > 80 || strings.ContainsFunc(v.Name, func(r rune) bool { return r < ' ' }):
		return v, fault.Field("name", "A script needs a name of at most 80 characters.")
	case v.About == "" || len(v.About) > 2000:
		return v, fault.Field("about", "Say in words what the script does, in at most 2000 characters.")
	case v.OS != "linux":
		return v, fault.Field("os", "Scripts are run on Linux only.")
	}
	if err := v.Script.Check(); err != nil {
		return v, err
	}
	now := l.now().Truncate(time.Millisecond).UTC()
	v.SHA256, v.AuthorID, v.Author, v.WrittenAt = v.Script.Hash(), actor.Person, actor.Name, now
	v.ApproverID, v.Approver, v.ApprovedAt, v.WithdrawnAt = "", "", time.Time{}, time.Time{}
	err := l.store.Update(ctx, func(tx Tx) error {
		list, err := tx.Versions(v.ID)
		if err != nil {
			return err
		}
		if v.ID == "" {
			n, err := tx.CountScripts()
			if err != nil {
				return err
			}
			if n >= maxScripts {
				return fault.New(fault.Full, "The library has as many scripts as it holds.")
			}
			v.ID, v.Number = ulid.MustNewDefault(now).String(), 1
		} else {
			switch {
			case len(list) == 0:
				return errNone
			case list[0].Number != base:
				return fault.New(fault.Stale, "Somebody has written another version of this script since you opened it. Nothing was saved; look at theirs first.")
			case len(list) >= maxVersions:
				return fault.New(fault.Full, "The script has as many versions as are kept. Write a new one.")
			}
			v.Number = list[0].Number + 1
		}
		if err := tx.AddVersion(v); err != nil {
			return err
		}
		return tx.Audit(l.entry(actor, audit.ScriptWritten, v))
	})
	return v, err
}

// Approve lets a version run that somebody else has written.
func (l *Library) Approve(ctx context.Context, actor auth.Actor, id string, number int) error {
	return l.decide(ctx, actor, id, number, func(v *Version) (audit.Action, error) {
		switch {
		case actor.Kind != auth.Staff || actor.Person == "":
			return "", fault.New(fault.Forbidden, "A script is approved by a person.")
		case v.AuthorID == actor.Person:
			return "", fault.New(fault.Forbidden, "You have written this version, so somebody else approves it.")
		case !v.WithdrawnAt.IsZero():
			return "", fault.New(fault.Conflict, "This version was withdrawn. Write a new one.")
		case v.ApproverID != "":
			return "", fault.New(fault.Conflict, "This version is approved already, by "+v.Approver+".")
		}
		v.ApproverID, v.Approver, v.ApprovedAt = actor.Person, actor.Name, l.now()
		return audit.ScriptApproved, nil
	})
}

// Withdraw lets a version run no more.
func (l *Library) Withdraw(ctx context.Context, actor auth.Actor, id string, number int) error {
	return l.decide(ctx, actor, id, number, func(v *Version) (audit.Action, error) {
		if !v.WithdrawnAt.IsZero() {
			return "", fault.New(fault.Conflict, "This version was withdrawn already.")
		}
		v.WithdrawnAt = l.now()
		return audit.ScriptWithdrawn, nil
	})
}

func (l *Library) decide(ctx context.Context, actor auth.Actor, id string, number int, change func(*Version) (audit.Action, error)) error {
	if err := auth.Authorise(actor, auth.ScriptsApprove, auth.Object{}); err != nil {
		return err
	}
	return l.store.Update(ctx, func(tx Tx) error {
		list, err := tx.Versions(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(v Version) bool { return v.Number == number })
		if i < 0 || id == "" {
			return errNone
		}
		action, err := change(&list[i])
		if err != nil {
			return err
		}
		if err := tx.SaveVersion(list[i]); err != nil {
			return err
		}
		return tx.Audit(l.entry(actor, action, list[i]))
	})
}

func (l *Library) entry(actor auth.Actor, action audit.Action, v Version) audit.Entry {
	return audit.Entry{
		At: l.now(), Actor: auth.AuditActor(actor), Action: action, Object: "script:" + v.ID,
		Detail: map[string]any{"name": v.Name, "version": v.Number, "sha256": v.SHA256, "author": v.Author},
	}
}

// Run has an approved version run on a machine. Whether it runs there its own
// settings say.
func (l *Library) Run(ctx context.Context, actor auth.Actor, endpoint, ticketID, id string, number int, values []wire.ScriptValue) (ask.Ask, error) {
	if err := auth.Authorise(actor, auth.EndpointsAct, auth.Object{Endpoint: endpoint}); err != nil {
		return ask.Ask{}, err
	}
	list, err := l.Get(ctx, actor, id)
	if err != nil {
		return ask.Ask{}, err
	}
	i := slices.IndexFunc(list, func(v Version) bool { return v.Number == number })
	if i < 0 {
		return ask.Ask{}, errNone
	}
	v := list[i]
	if !v.Runs() {
		return ask.Ask{}, fault.New(fault.Forbidden, "This version of the script is not approved, or was withdrawn. Only approved ones run.")
	}
	if v.SHA256 != v.Script.Hash() || v.AuthorID == v.ApproverID {
		return ask.Ask{}, fault.New(fault.Forbidden, "The script is not the one that was approved. Nothing was run; look into the audit log.")
	}
	if err := v.Script.CheckValues(values); err != nil {
		return ask.Ask{}, err
	}
	return l.run.RunScript(ctx, actor, endpoint, ticketID, wire.RunScriptParams{ID: v.ID, Name: v.Name, Version: v.Number, SHA256: v.SHA256, Script: v.Script, Values: values})
}
