package server

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/store"
)

// Beside is what commands on the server's machine work with, whether it runs or
// not. Whoever may write to its folder is its administrator.
type Beside struct {
	Auth     *auth.Auth
	Registry *enrol.Registry
	db       *store.DB
}

// OpenBeside opens the data of a server. When it runs, its schema has to be ours.
func OpenBeside(ctx context.Context, o Options, log *slog.Logger) (*Beside, error) {
	if o.Data == "" {
		return nil, fault.Field("--data", "Say with --data where the server keeps what it knows.")
	}
	if o.DSN == "" {
		if _, err := os.Stat(filepath.Join(o.Data, "deskbell.db")); errors.Is(err, os.ErrNotExist) {
			return nil, fault.New(fault.NotFound, "No server has run on the folder "+o.Data+" yet. Start it once with “deskbell-server serve”.")
		}
	}
	release, err := lock(o.Data)
	running := fault.Is(err, fault.Conflict)
	if err != nil && !running {
		return nil, err
	}
	if release != nil {
		defer release() // held while the schema is brought up to date
	}
	db, err := store.Open(ctx, store.Options{DSN: o.dsn(), Migrate: !running}, log)
	if err != nil {
		return nil, err
	}
	identity, err := loadIdentity(o.Data)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Beside{Auth: auth.New(db.Auth(), time.Now, log), Registry: enrol.New(db.Enrol(), identity.Seed(), time.Now), db: db}, nil
}

// Close closes the data.
func (b *Beside) Close() error { return b.db.Close() }

// Actor is who acts on the command line.
func (b *Beside) Actor() auth.Actor { return auth.SystemActor("command line of the server") }

// SignInURL is where a sign-in link's secret is entered. It stands behind the #,
// which browsers keep to themselves.
func (b *Beside) SignInURL(ctx context.Context, secret string) (string, error) {
	at, err := b.meta(ctx, metaBrowserURL)
	return at + "/sign-in/link#" + secret, err
}

// EnrolmentString makes the string that an agent is enrolled with.
func (b *Beside) EnrolmentString(ctx context.Context, token string) (string, error) {
	at, err := b.meta(ctx, metaAgentURL)
	if err != nil {
		return "", err
	}
	return enrolmentString(ctx, b.db, at, token)
}

func enrolmentString(ctx context.Context, db *store.DB, at, token string) (string, error) {
	e := wire.Enrolment{URL: at, Token: token}
	for key, into := range map[string]*[]byte{metaKey: &e.Key, metaPin: &e.Pin} {
		v, err := db.Meta(ctx, key)
		if err != nil {
			return "", err
		}
		if *into, err = hex.DecodeString(v); err != nil {
			return "", err
		}
	}
	return e.String(), nil
}

func (b *Beside) meta(ctx context.Context, key string) (string, error) {
	v, err := b.db.Meta(ctx, key)
	if err == nil && v == "" {
		err = fault.New(fault.NotFound, "The server has not run yet, so nobody knows where it will be found. Start it once with “deskbell-server serve”.")
	}
	return v, err
}

// VerifyAudit checks the whole audit log, and returns how many entries it has and
// the last one's hash.
func (b *Beside) VerifyAudit(ctx context.Context) (int64, []byte, error) {
	var v audit.Verifier
	var after int64
	for {
		rows, err := b.db.AuditAfter(ctx, after, 1000)
		if err != nil {
			return 0, nil, err
		}
		for _, r := range rows {
			if err := v.Next(r); err != nil {
				return 0, nil, fault.Wrap(err, fault.Conflict, "The audit log was tampered with: "+err.Error()+".")
			}
			after = r.Seq
		}
		if len(rows) == 0 {
			n, hash := v.Head()
			return n, hash, nil
		}
	}
}

// ReadPassword reads a password from a pipe: one line, without its end.
func ReadPassword(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, 2048))
	if err != nil {
		return "", err
	}
	s := string(b)
	for len(s) > 0 && (s[len(s)-1] == '\n' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s, nil
}
