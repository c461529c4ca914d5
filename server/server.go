package server

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/clocks"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/group"
	"github.com/deskbell/deskbell/server/heartbeat"
	"github.com/deskbell/deskbell/server/hub"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/send"
	"github.com/deskbell/deskbell/server/oncall"
	"github.com/deskbell/deskbell/server/peers"
	"github.com/deskbell/deskbell/server/people"
	"github.com/deskbell/deskbell/server/presence"
	"github.com/deskbell/deskbell/server/report"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/siem"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/stream"
	"github.com/deskbell/deskbell/server/survey"
	"github.com/deskbell/deskbell/server/synthetic"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/watch"
)

// Server is Deskbell's server, opened and listening, not yet serving.
type Server struct {
	o             Options
	log           *slog.Logger
	unlock        func()
	db            *store.DB
	series        *metrics.Store
	live          *live.Hub
	rulebook      *rulebook.Keeper
	clocks        *clocks.Keeper
	board         *board.Board
	find          *find.Finder
	desk          *desk.Desk
	triage        *desk.Triage
	notices       *notice.Keeper
	presence      *presence.Board
	auth          *auth.Auth
	people        *people.Keeper
	peers         *peers.Keeper
	groups        *group.Keeper
	reports       *report.Reporter
	availability  *availability.Keeper
	mailings      *mailing.Keeper
	registry      *enrol.Registry
	fleet         *noc.Fleet
	facted        facted
	beats         *heartbeat.Keeper
	oncall        *oncall.Keeper
	checks        *synthetic.Keeper
	devices       *device.Keeper
	watch         *watch.Watcher
	notify        *notify.Keeper
	sender        *send.Sender
	asks          *ask.Asker
	surveys       *survey.Keeper
	announcements *announce.Keeper
	incidents     *incident.Keeper
	kb            *kb.Base
	talk          *talk.Talk
	hub           *hub.Hub
	events        *stream.Streamer
	siem          *siem.Teller // nil: nobody is told
	gate          *gate.Gate
	stats         *prometheus.Registry
	listener      *listener
	at            addresses
	feedFrom      string // changes to tickets after it are told
}

// New opens the data, brings it up to date and listens. One straight function:
// what the server is made of, in the order in which each part needs the others.
func New(ctx context.Context, o Options, log *slog.Logger) (_ *Server, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The folder "+o.Data+" cannot be made.")
	}
	s := &Server{o: o, log: log, live: live.New(), stats: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.unlock, err = lock(o.Data); err != nil {
		return nil, err
	}
	identity, err := loadIdentity(o.Data)
	if err != nil {
		return nil, err
	}
	cert, err := loadCertificate(o)
	if err != nil {
		return nil, err
	}
	if s.db, err = store.Open(ctx, store.Options{DSN: o.dsn(), Migrate: true}, log); err != nil {
		return nil, err
	}
	if err := checkWritable(ctx, s.db, log); err != nil {
		return nil, err
	}
	s.stats.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.series = metrics.New(metrics.Options{
		Dir: filepath.Join(o.Data, "metrics"), Retention: o.Retention, MaxBytes: o.MaxBytes, Reserve: o.Reserve, MaxSeries: o.MaxSeries, Away: o.away(s.facts),
		Registry: prometheus.WrapRegistererWithPrefix("deskbell_", s.stats), Heard: func(e []string) { s.watch.Heard(e) },
	}, log)
	s.rulebook = rulebook.New(s.db.Rulebook(), time.Now, log)
	if err := s.rulebook.Load(ctx); err != nil {
		return nil, err
	}
	s.clocks = clocks.New(clocks.Options{
		Store: s.db.Clocks(), Write: s.db.Desk(), Book: s.rulebook.Book, Changed: s.rulebook.Changed, Live: s.live, Now: time.Now, Log: log,
	})
	if err := s.clocks.Load(ctx); err != nil {
		return nil, err
	}
	s.desk = desk.New(s.clocks.Wrap(s.db.Desk()), s.rulebook.Book, time.Now)
	s.kb = kb.New(s.db.Knowledge(), time.Now)
	s.talk = talk.New(s.db.Talk(), s.desk, o.undo(), time.Now, log)
	s.board = board.New()
	s.find = find.New(s.board, s.db.Find(), findDesk{s.desk}, &findBook{book: s.rulebook.Book, vips: s.db.VIPs, now: time.Now}, time.Now)
	s.notices = notice.New(s.db.Notices(), s.toldOf, s.live, time.Now, log)
	s.talk.Unsent(s.unsent)
	s.presence = presence.New(s.live, time.Now)
	s.auth = auth.New(s.db.Auth(), time.Now, log)
	s.people = people.New(s.db.People(), time.Now)
	s.reports = report.New(s.db.Reports(), s.more(), time.Now, log)
	s.registry = enrol.New(s.db.Enrol(), identity.Seed(), time.Now)
	s.fleet = noc.New(s.db.NOC(), s.series, s.live, time.Now, log)
	s.desk.SetShowing(s.fleet.Showing)
	s.desk.SetLog(log)
	s.desk.SetHours(s.clocks)
	s.desk.SetCategoryWords(func(category string) []string { return rulebook.Words(s.rulebook.Book(), category) })
	s.desk.SetWorkingDays(func(from time.Time, days int) time.Time {
		if calendar := rulebook.SettingOf(s.rulebook.Book()).Calendar; calendar != "" {
			return s.clocks.AddWorkingDays(calendar, from, days)
		}
		return desk.Weekdays(from, days)
	})
	if err := s.registry.Load(ctx); err != nil {
		return nil, err
	}
	s.fleet.SetZone(s.zone, s.registry.Zone)
	if err := s.fleet.Load(ctx); err != nil {
		return nil, err
	}
	s.beats = s.newHeartbeats(identity)
	if err := s.beats.Load(ctx); err != nil {
		return nil, err
	}
	if s.checks, err = s.newChecks(identity); err != nil {
		return nil, err
	}
	if err := s.checks.Load(ctx); err != nil {
		return nil, err
	}
	if s.devices, err = s.newDevices(identity); err != nil {
		return nil, err
	}
	if err := s.devices.Load(ctx); err != nil {
		return nil, err
	}
	s.peers = peers.New(s.db.Peers(), s.members, time.Now, log)
	s.groups = s.newGroups(identity.Public().(ed25519.PublicKey))
	if err := s.groups.Load(ctx); err != nil {
		return nil, err
	}
	s.watch = s.newWatch()
	s.availability = s.newAvailability()
	if err := s.availability.Load(ctx); err != nil {
		return nil, err
	}
	if s.notify, err = s.newNotify(identity); err != nil {
		return nil, err
	}
	if err := s.notify.Load(ctx); err != nil {
		return nil, err
	}
	s.oncall = s.newOnCall()
	if err := s.oncall.Load(ctx); err != nil {
		return nil, err
	}
	s.mailings = s.newMailings()
	if err := s.mailings.Load(ctx); err != nil {
		return nil, err
	}
	s.triage = s.newTriage()
	s.asks = ask.New(s.db.Asks(), s.live, time.Now, log)
	if err := s.asks.Recover(ctx); err != nil && !fault.Is(err, fault.Full) {
		return nil, err
	}
	s.surveys = survey.New(s.db.Surveys(), members{s.fleet}, s.live, time.Now, log)
	if err := s.surveys.Recover(ctx); err != nil {
		return nil, err
	}
	s.announcements = s.newAnnouncements()
	if err := s.announcements.Load(ctx); err != nil {
		return nil, err
	}
	s.incidents = s.newIncidents()
	if err := s.incidents.ReloadQuestions(ctx); err != nil {
		return nil, err
	}
	// Agents speak once a minute and are missed after two and a half; keep-alive
	// probes would be most of what an idle one costs its network.
	tcp, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The address "+o.Listen+" cannot be listened on: it is taken, or not this machine's.")
	}
	s.listener = newListener(tcp, tlsConfig(cert.Certificate), log)
	s.at = o.addresses(tcp.Addr())
	if err := s.announce(ctx, identity, cert.pin); err != nil {
		return nil, err
	}
	s.hub = hub.New(hub.Options{
		Key: identity, Organisation: o.Organisation, PublicURL: func() string { return s.at.browser },
		Registry: s.registry, Desk: s.desk, Fleet: s.fleet, Peers: s.peers, Asks: questions{s.asks, s.surveys, s.checks}, Portal: s.auth, Articles: s.kb, Announcements: s.announcements, Outages: s.incidents,
		Now: time.Now, Log: log, Stats: hub.NewStats(s.stats),
	})
	s.asks.SetLine(s.hub)
	s.asks.SetFiles(s.desk)
	s.surveys.SetLine(s.hub)
	s.checks.SetLine(s.hub)
	s.announcements.SetLine(s.hub)
	s.incidents.SetLine(s.hub)
	s.fleet.SetLine(s.hub)
	s.registry.Watch(s.identityChanged)
	s.events = stream.New(s.live, s.db, s.fleet, s.asks)
	s.gate = gate.New(s.auth, log)
	if o.SIEM != "" {
		if s.siem, err = s.newSIEM(ctx); err != nil {
			return nil, err
		}
	}
	if s.feedFrom, err = s.db.FeedEnd(ctx); err != nil {
		return nil, err
	}
	s.routes()
	if err := s.pages(); err != nil {
		return nil, err
	}
	return s, nil
}

func tlsConfig(c tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"}}
}

// checkWritable tells at start what a full disk would otherwise tell the first
// employee. Reading goes on without.
func checkWritable(ctx context.Context, db *store.DB, log *slog.Logger) error {
	err := db.SetMeta(ctx, "started_at", time.Now().UTC().Format(time.RFC3339))
	if fault.Is(err, fault.Full) {
		log.Error("the disk is full: tickets are refused until there is space, reading goes on")
		return nil
	}
	return err
}

// The facts that the commands beside the server need of it.
const (
	metaAgentURL   = "agent_url"
	metaBrowserURL = "browser_url"
	metaPin        = "tls_pin"
	metaKey        = "identity_key"
	// metaServing is the version that runs; commands of another one say so.
	metaServing = "serving"
)

// announce writes down where the server is and how it is known, for enrolment
// strings and sign-in links made beside it.
func (s *Server) announce(ctx context.Context, key ed25519.PrivateKey, pin []byte) error {
	pub := key.Public().(ed25519.PublicKey)
	for k, v := range map[string]string{
		metaAgentURL: s.at.agent, metaBrowserURL: s.at.browser, metaPin: hex.EncodeToString(pin), metaKey: hex.EncodeToString(pub), metaServing: s.o.Version,
	} {
		old, err := s.db.Meta(ctx, k)
		if err != nil {
			return err
		}
		if k == metaKey && old != "" && old != v {
			return fault.New(fault.Conflict, "The database belongs to a server with another identity: its endpoints have pinned another key. Put that server's identity.key into the folder of --data, or use an empty database.")
		}
		if old == v {
			continue
		}
		if err := s.db.SetMeta(ctx, k, v); err != nil && !fault.Is(err, fault.Full) {
			return err
		}
	}
	return nil
}

// identityChanged ends the session of an identity that was held or withdrawn, at
// once, whoever decided it.
func (s *Server) identityChanged(endpoint string, state enrol.State) {
	s.fleet.SetState(endpoint, state)
	switch state {
	case enrol.Active:
		s.hub.Readmit(endpoint)
	case enrol.Held:
		s.hub.Disconnect(endpoint, wire.CloseHeld)
	case enrol.Revoked:
		s.hub.Disconnect(endpoint, wire.CloseRevoked)
		if err := s.peers.Forget(context.Background(), endpoint); err != nil {
			s.log.Error("the facts of an endpoint that was withdrawn are still there", "endpoint", endpoint, "err", err)
		}
	}
}

// toldOf lists who hears of what is escalated to a team.
func (s *Server) toldOf(team string) []string {
	if t, ok := rulebook.Get[*rulebook.Team](s.rulebook.Book(), team); ok {
		return t.Told()
	}
	return nil
}

// URL is where browsers find the server.
func (s *Server) URL() string { return s.at.browser }

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Routes lists everything that is served with the operation it needs the right to,
// and the patterns whose handlers check for themselves. The table of rights is made
// from it.
func (s *Server) Routes() (routes []gate.Route, mounts []string) {
	return s.gate.Routes(), s.gate.Mounts()
}

// sweepEvery and the ages of what it deletes. An outbox keeps a message for at
// most 30 days.
const (
	sweepEvery  = time.Hour
	keepSeen    = 90 * 24 * time.Hour
	keepUploads = 24 * time.Hour
	stopWithin  = 10 * time.Second
)

// Run serves until ctx ends, and then stops in the reverse order: nobody new, the
// agents sent home, what is in memory written down.
func (s *Server) Run(ctx context.Context) error {
	running, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	var loops sync.WaitGroup
	loop := func(name string, run func(context.Context) error) {
		loops.Go(func() {
			if err := run(running); err != nil {
				s.log.Error("a part of the server has failed", "part", name, "err", err)
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	loop("time series", s.series.Run)
	loop("fleet", s.fleet.Run)
	loop("heartbeats", s.beats.Run)
	loop("checks", s.checks.Run)
	loop("network devices", s.devices.Run)
	loop("alerts", s.watch.Run)
	loop("telling of alerts", s.notify.Run)
	loop("calling people", s.oncall.Run)
	loop("incidents", s.incidents.Run)
	loop("facts of endpoints", s.peers.Run)
	loop("groups", s.groups.Run)
	loop("sites", s.noteSites)
	loop("what is usual", s.newBaselines().Run)
	loop("questions", s.asks.Run)
	loop("questions to the fleet", s.surveys.Run)
	loop("desk", s.desk.Run)
	loop("feed", func(ctx context.Context) error { return s.db.RunFeed(ctx, s.live, s.feedFrom) })
	loop("push", func(ctx context.Context) error { return s.hub.Push(ctx, s.live) })
	loop("held answers", s.talk.Run)
	if s.siem != nil {
		loop("SIEM", s.siem.Run)
	}
	loop("sweep", s.sweep)
	loop("board", func(ctx context.Context) error { return unlessEnded(ctx, s.db.KeepBoard(ctx, s.board)) })
	loop("words", func(ctx context.Context) error { return unlessEnded(ctx, s.db.IndexOld(ctx)) })
	loop("figures", s.reports.Run)
	loop("availability", s.availability.Run)
	loop("sending reports", s.mailings.Run)
	loop("rulebook", s.rulebook.Run)
	loop("clocks", s.clocks.Run)
	loop("escalations", s.clocks.RunAlarms)
	loop("triage", s.triage.Run)
	loop("waking triage", s.wakeTriage)
	loop("notices", s.notices.Run)
	loop("presence", s.presence.Run)
	loop("giving out", func(ctx context.Context) error { return s.desk.RunGivingOut(ctx, s.log) })

	web := &http.Server{
		Handler: s.entrance(), TLSConfig: s.listener.config.Clone(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, BaseContext: func(net.Listener) context.Context { return running },
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // failed handshakes of strangers
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(s.listener) }()
	s.log.Info("serving", "address", s.listener.Addr().String(), "url", s.at.browser, "database", s.db.Engine(), "version", s.o.Version)

	var err error
	select {
	case <-ctx.Done():
	case <-running.Done():
		err = context.Cause(running)
	case err = <-served:
	}
	s.log.Info("stopping")
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	s.live.Close() // ends the streams, which would otherwise never be done
	s.asks.StopMeasuring()
	if e := web.Shutdown(down); e != nil {
		err = errors.Join(err, web.Close())
	}
	s.hub.Close()
	stop(nil)
	loops.Wait()
	return errors.Join(err, s.close())
}

// unlessEnded is the error of a job that was not only cut short.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to end
	}
	return err
}

func (s *Server) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	flush := time.NewTicker(30 * time.Second)
	defer flush.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			if err := s.registry.Flush(context.WithoutCancel(ctx)); err != nil {
				s.log.Error("the endpoints' ratchets were not stored", "err", err)
			}
			return nil
		case <-flush.C:
			err = s.registry.Flush(ctx)
		case <-tick.C:
			now := time.Now()
			err = s.db.Sweep(ctx, now.Add(-keepSeen).UnixMilli(), now.Add(-keepUploads).UnixMilli())
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("housekeeping failed", "err", err)
		}
	}
}

// close lets go of what New opened.
func (s *Server) close() error {
	var errs []error
	if s.listener != nil {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.sender != nil {
		s.sender.Close()
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.unlock != nil {
		s.unlock()
	}
	return errors.Join(errs...)
}

// entrance leads who comes without TLS from elsewhere to where it is.
func (s *Server) entrance() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil && !gate.Local(r) && r.URL.Path != wire.ConnectPath && r.URL.Path != diagnostics.EmptyPage {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				http.Error(w, "Deskbell is served over https only. Send it there.", http.StatusForbidden)
				return
			}
			http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusPermanentRedirect)
			return
		}
		s.gate.ServeHTTP(w, r.WithContext(live.WithMark(r.Context(), s.live.Mark())))
	})
}
