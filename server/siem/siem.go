// Package siem tells an organisation's SIEM what matters to its security: sign-ins, who
// may do what, what is done on machines from afar, and what looks like an attack. The
// audit log is the queue, and a cursor in it what was sent: an entry is told at least
// once, however long the receiver is away.
package siem

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
)

// Store has the audit log and remembers how far it was told.
type Store interface {
	AuditAfter(ctx context.Context, after int64, limit int) ([]audit.Row, error)
	AuditLog(ctx context.Context, object string, before int64, limit int) ([]audit.Row, error)
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// Options are what a teller needs.
type Options struct {
	To    string // syslog+tls://host:port, cef+tls://host:port or https://…
	CA    string // a PEM file with who vouches for the receiver; empty: whom the system trusts
	Token string // of a webhook; empty: none
	Host  string // what this server is called
	Agent string // Deskbell's version
	Store Store
	Every time.Duration // how often the log is looked at; 0: as usual
	Stats prometheus.Registerer
	Log   *slog.Logger
}

const (
	cursorKey = "siem_cursor"
	usual     = 2 * time.Second
	batch     = 200
	patience  = 30 * time.Second
	lastWait  = time.Minute
)

// Teller tells. Make one with New, then Run it once.
type Teller struct {
	o       Options
	send    func(ctx context.Context, list []audit.Entry) error
	cursor  int64
	told    atomic.Int64
	failing atomic.Bool
}

// New checks where to tell. What happened before it is set up for the first time is not
// told.
func New(ctx context.Context, o Options) (*Teller, error) {
	if o.Every == 0 {
		o.Every = usual
	}
	t := &Teller{o: o}
	to, err := url.Parse(o.To)
	if err != nil || to.Host == "" || to.User != nil {
		return nil, fault.Field("--siem", "--siem takes syslog+tls://host:6514, cef+tls://host:6514 or https://…, without a password in it.")
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: to.Hostname()}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The file of --siem-ca cannot be read: "+err.Error()+".")
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.Field("--siem-ca", "--siem-ca takes a PEM file with certificates; there is none in it.")
		}
	}
	switch {
	case to.Scheme == "https":
		t.send = (&webhook{to: o.To, token: o.Token, host: o.Host, client: &http.Client{
			Transport:     &http.Transport{TLSClientConfig: trust, Proxy: http.ProxyFromEnvironment},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}).send
	case (to.Scheme == "syslog+tls" || to.Scheme == "cef+tls") && to.Port() != "":
		write := syslogLine
		if to.Scheme == "cef+tls" {
			write = cefLine
		}
		t.send = (&stream{to: to.Host, tls: trust, line: func(e audit.Entry) string { return write(o.Host, o.Agent, e) }}).send
	default:
		return nil, fault.Field("--siem", "--siem takes syslog+tls://host:6514, cef+tls://host:6514 or https://…")
	}
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	if o.Stats != nil {
		o.Stats.MustRegister(
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "siem_entries_told_total", Help: "Entries of the audit log that the SIEM was told of since the start."}, func() float64 { return float64(t.told.Load()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "siem_failing", Help: "1 while the SIEM cannot be told."}, func() float64 {
				if t.failing.Load() {
					return 1
				}
				return 0
			}))
	}
	return t, nil
}

// begin finds where an earlier run has stopped.
func (t *Teller) begin(ctx context.Context) error {
	at, err := t.o.Store.Meta(ctx, cursorKey)
	if err != nil {
		return err
	}
	if at != "" {
		t.cursor, err = strconv.ParseInt(at, 10, 64)
		return err
	}
	last, err := t.o.Store.AuditLog(ctx, "", 0, 1)
	if err != nil {
		return err
	}
	if len(last) > 0 {
		t.cursor = last[0].Seq
	}
	return t.keep(ctx)
}

func (t *Teller) keep(ctx context.Context) error {
	return t.o.Store.SetMeta(ctx, cursorKey, strconv.FormatInt(t.cursor, 10))
}

// Run tells until ctx ends. While the receiver is away it is tried again after a time that
// grows up to a minute.
func (t *Teller) Run(ctx context.Context) error {
	wait := t.o.Every
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		more, err := t.round(ctx)
		if ctx.Err() != nil {
			continue
		}
		if err != nil {
			if !t.failing.Swap(true) {
				t.o.Log.Error("the SIEM cannot be told; the audit log keeps what it has not heard", "err", err)
			}
			wait = min(2*wait, lastWait)
			wait = max(t.o.Every, wait/2+rand.N(wait/2+1))
			continue
		}
		if t.failing.Swap(false) {
			t.o.Log.Info("the SIEM is told again")
		}
		wait = t.o.Every
		if more {
			wait = 0
		}
	}
}

// round tells what there is, up to a batch, and reports whether there is more.
func (t *Teller) round(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rows, err := t.o.Store.AuditAfter(ctx, t.cursor, batch)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	var list []audit.Entry
	for _, row := range rows {
		if _, tell := kinds[row.Action]; !tell {
			continue
		}
		e, err := row.Entry()
		if err != nil {
			return false, fmt.Errorf("an entry cannot be read: %w", err)
		}
		list = append(list, e)
	}
	if len(list) > 0 {
		if err := t.send(ctx, list); err != nil {
			return false, err
		}
		t.told.Add(int64(len(list)))
	}
	t.cursor = rows[len(rows)-1].Seq
	return len(rows) == batch, t.keep(ctx)
}
