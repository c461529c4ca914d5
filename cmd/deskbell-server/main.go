// Deskbell-server is the help desk's and the NOC's server: one static binary with
// everything in it. “deskbell-server serve --data DIR” runs it; the other commands
// work on the same folder, beside the running server or without it.
package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"
	_ "time/tzdata" // calendars need time zones also where the system has none

	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/version"
	"github.com/deskbell/deskbell/server"
)

type grammar struct {
	settings.Globals
	Serve     serveCmd     `cmd:"" help:"Run the server, until it is told to stop (Ctrl-C or SIGTERM)."`
	User      userCmd      `cmd:"" help:"People on the staff: technicians, operators, managers, administrators."`
	Token     tokenCmd     `cmd:"" help:"Tokens for the REST interface."`
	Enrolment enrolmentCmd `cmd:"" help:"Enrolment strings, which make machines endpoints."`
	Audit     auditCmd     `cmd:"" help:"The log of what matters to trust."`
	ConfigCmd struct {
		Print configPrintCmd `cmd:"" help:"Print the settings that “serve” would use, and where each comes from."`
	} `cmd:"" name:"config" help:"The settings."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	p := settings.Program{
		Name:  "deskbell-server",
		About: "Deskbell's server: help desk, network operations center and their web console in one binary.",
		File:  "/etc/deskbell/server.yaml",
	}
	os.Exit(p.Run(&grammar{}, os.Args[1:]))
}

// data is where the server keeps what it knows; every command has it.
type data struct {
	Data string `help:"The folder with everything that the server keeps." default:"/var/lib/deskbell-server" placeholder:"DIR" type:"path"`
	DB   string `help:"PostgreSQL in place of the embedded SQLite: postgres://user@host/database." name:"db" placeholder:"DSN" secret:""`
}

func (d data) options() server.Options { return server.Options{Data: d.Data, DSN: d.DB} }

// serveSettings are those that “config print” shows.
type serveSettings struct {
	data
	Listen        string        `help:"The address and port to listen on. Plain HTTP is served to this machine itself only." default:"127.0.0.1:8443" placeholder:"ADDR"`
	TLSCert       string        `help:"The TLS certificate, with its chain. Without one the server makes its own, which agents know by its pin." name:"tls-cert" placeholder:"FILE" type:"path"`
	TLSKey        string        `help:"The key of --tls-cert." name:"tls-key" placeholder:"FILE" type:"path"`
	PublicURL     string        `help:"Where people and machines find the server, when it is not --listen." name:"public-url" placeholder:"URL"`
	Organisation  string        `help:"The name that employees know, shown in their tray." placeholder:"NAME"`
	Language      string        `help:"In which language employees are written to of whom Deskbell does not know which they read: en, de, fr or es." default:"en" placeholder:"CODE"`
	Retention     time.Duration `help:"How long the time series of endpoints are kept." default:"720h"`
	RetentionSize settings.Size `help:"How much the time series may take on disk; the oldest go first. 0 is no bound but --retention." name:"retention-size" default:"0" placeholder:"SIZE"`
	DiskReserve   settings.Size `help:"How much of the disk stays free of time series, so that tickets have room. 0 is a twentieth of the disk, at most 1GiB." name:"disk-reserve" default:"0" placeholder:"SIZE"`
	MaxSeries     int           `help:"How many time series one metric may have; more are left out and counted." name:"max-series" default:"100000" placeholder:"N"`

	AlertSilence time.Duration `help:"After which time without a word nothing is known of an alert that an Alertmanager has sent; longer than its repeat_interval." name:"alert-silence" default:"5h"`

	ProposeIncidents float64 `help:"How sure it has to be, between 0 and 1, that tickets and endpoints tell of an outage before it is proposed to the staff." default:"0.9" placeholder:"SHARE"`
	WatchIncidents   float64 `help:"Likewise, before it is shown as being watched." default:"0.3" placeholder:"SHARE"`

	MetricsURL      string `help:"Another store of time series in place of the embedded one, for more than one machine: where its /api/v1/query is." name:"metrics-url" placeholder:"URL"`
	MetricsWriteURL string `help:"Where that store takes samples by remote write 1.0: …/api/v1/write." name:"metrics-write-url" placeholder:"URL"`
	MetricsToken    string `help:"A bearer token for that store." name:"metrics-token" placeholder:"TOKEN" secret:""`

	SIEM      string `help:"Who is told of sign-ins, rights, remote actions and what looks like an attack: syslog+tls://host:6514, cef+tls://host:6514 or https://…" name:"siem" placeholder:"URL"`
	SIEMCA    string `help:"A PEM file with who vouches for the SIEM's certificate; without one, whom the system trusts." name:"siem-ca" placeholder:"FILE" type:"path"`
	SIEMToken string `help:"A bearer token for the SIEM's webhook." name:"siem-token" placeholder:"TOKEN" secret:""`
}

type serveCmd struct{ serveSettings }

// Run runs the server.
func (c *serveCmd) Run(ctx context.Context, log *slog.Logger) error {
	o := c.options()
	o.Listen, o.TLSCert, o.TLSKey, o.PublicURL = c.Listen, c.TLSCert, c.TLSKey, c.PublicURL
	o.Organisation, o.Retention, o.Version = c.Organisation, c.Retention, version.String()
	o.MaxBytes, o.Reserve, o.MaxSeries = int64(c.RetentionSize), int64(c.DiskReserve), c.MaxSeries
	o.Language = c.Language
	o.AlertSilence = c.AlertSilence
	o.Propose, o.WatchFrom = c.ProposeIncidents, c.WatchIncidents
	o.MetricsURL, o.MetricsWrite, o.MetricsToken = c.MetricsURL, c.MetricsWriteURL, c.MetricsToken
	o.SIEM, o.SIEMCA, o.SIEMToken = c.SIEM, c.SIEMCA, c.SIEMToken
	var tuning sync.WaitGroup
	defer tuning.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tuning.Go(func() { tune(ctx) })
	s, err := server.New(ctx, o, log)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

type configPrintCmd struct {
	serveSettings
	settings.ConfigPrint
}

// Run prints the settings.
func (c *configPrintCmd) Run(e *settings.Effective, s settings.Streams) error { return c.Print(e, s) }

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s settings.Streams) error {
	_, err := s.Out.Write([]byte(version.String() + "\n"))
	return err
}
