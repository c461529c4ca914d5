// Package server wires Deskbell's server together: New opens what it works with,
// Run serves until it is told to stop. Nothing else in the tree starts a
// goroutine that outlives a call.
package server

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/talk"
)

// Options are the server's settings.
type Options struct {
	Data         string // the folder with everything that is kept
	Listen       string // host:port
	DSN          string // empty: SQLite in Data
	TLSCert      string // files; empty: a self-signed certificate, made at first start
	TLSKey       string
	PublicURL    string // where people and machines find the server; empty: from Listen
	Organisation string
	Retention    time.Duration // of the time series
	MaxBytes     int64         // of the time series; 0: no bound but Retention
	Reserve      int64         // of the disk is not for time series; 0: as usual
	MaxSeries    int           // of one metric; 0: as usual
	MetricsURL   string        // of another store of time series; empty: the embedded one
	MetricsWrite string        // where that takes samples
	MetricsToken string        // for both; empty: none
	SIEM         string        // who is told of what matters to security; empty: nobody
	SIEMCA       string        // a file with who vouches for that
	SIEMToken    string        // of a webhook
	Version      string
	AlertsEvery  time.Duration // how often the alert rules are asked; 0: as usual
	AlertSilence time.Duration // after which nothing is known of others' alerts; 0: as usual
	Language     string        // in which employees are written to of whom none is known: en, de, fr, es; "": English
	Propose      float64       // from which confidence on an outage is proposed; 0: as usual
	WatchFrom    float64       // and from which one it is watched; 0: as usual
	ProbesAfter  time.Duration // how long after a start no endpoint is asked about what may be an outage; 0: as usual, less: not at all
	Undo         time.Duration // how long an answer can be taken back; 0: as usual, less: not at all
}

func (o Options) undo() time.Duration {
	if o.Undo == 0 {
		return talk.Undo
	}
	return max(o.Undo, 0)
}

// dsn returns where the truth is.
func (o Options) dsn() string {
	if o.DSN != "" {
		return o.DSN
	}
	return filepath.Join(o.Data, "deskbell.db")
}

func (o Options) check() error {
	if o.Data == "" {
		return fault.Field("--data", "Say with --data in which folder the server keeps what it knows.")
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return fault.Field("--tls-cert", "--tls-cert and --tls-key belong together: give both or neither.")
	}
	if _, ok := tongue.Spoken(o.Language); !ok && o.Language != "" {
		return fault.Field("--language", "--language takes one of the languages that Deskbell speaks to employees: en, de, fr or es.")
	}
	if o.Propose < 0 || o.Propose > 1 || o.WatchFrom < 0 || o.WatchFrom > 1 {
		return fault.Field("--propose-incidents", "--propose-incidents and --watch-incidents take a confidence between 0 and 1, for example 0.9.")
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return fault.Field("--listen", "--listen takes an address and a port, for example 0.0.0.0:8443.")
	}
	if o.Retention < 0 || o.Retention > 0 && o.Retention < 2*time.Hour {
		return fault.Field("--retention", "--retention takes at least two hours, for example 720h.")
	}
	if o.AlertSilence < 0 {
		return fault.Field("--alert-silence", "--alert-silence takes longer than an Alertmanager's repeat_interval, for example 5h.")
	}
	if o.MaxSeries < 0 {
		return fault.Field("--max-series", "--max-series takes how many series one metric may have, for example 100000.")
	}
	if (o.MetricsURL == "") != (o.MetricsWrite == "") {
		return fault.Field("--metrics-url", "--metrics-url and --metrics-write-url belong together: give both or neither.")
	}
	for flag, address := range map[string]string{"--metrics-url": o.MetricsURL, "--metrics-write-url": o.MetricsWrite} {
		if wrong := metrics.CheckAway(address); address != "" && wrong != "" {
			return fault.Field(flag, flag+" "+wrong+".")
		}
	}
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return fault.Field("--public-url", "--public-url takes an address without a path, for example https://help.example.com.")
		}
	}
	return nil
}

// away is the other store of time series; nil: the embedded one is used.
func (o Options) away(facts func() []metrics.Facts) *metrics.Away {
	if o.MetricsURL == "" {
		return nil
	}
	return &metrics.Away{Write: o.MetricsWrite, Query: o.MetricsURL, Token: o.MetricsToken, Buffer: o.MaxBytes, Facts: facts}
}

// addresses are where the server is found, once it listens on addr.
type addresses struct {
	browser string // for people
	agent   string // for machines; always TLS
}

func (o Options) addresses(addr net.Addr) addresses {
	if o.PublicURL != "" {
		u := strings.TrimRight(o.PublicURL, "/")
		return addresses{browser: u, agent: u}
	}
	host, _, _ := net.SplitHostPort(o.Listen)
	_, port, _ := net.SplitHostPort(addr.String())
	ip := net.ParseIP(host)
	switch {
	case host == "localhost" || (ip != nil && ip.IsLoopback()):
		// Browsers warn of a certificate that nobody vouches for, and to oneself
		// plain HTTP is as safe; machines know the certificate by its pin.
		at := net.JoinHostPort(host, port)
		return addresses{browser: "http://" + at, agent: "https://" + at}
	case host == "" || (ip != nil && ip.IsUnspecified()):
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	at := "https://" + net.JoinHostPort(host, port)
	return addresses{browser: at, agent: at}
}
