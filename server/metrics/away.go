package metrics

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/durable"
)

// Away is another store, that speaks Prometheus's remote write and its query API: a
// Prometheus, VictoriaMetrics, Mimir, Thanos. In its place nothing is kept here but what
// waits to be sent.
type Away struct {
	Write  string         // where samples are sent: …/api/v1/write
	Query  string         // what /api/v1/query is below
	Token  string         // a bearer token for both; empty: none
	Buffer int64          // how many bytes wait at most while it is away; 0: as usual
	Facts  func() []Facts // what InfoSeries says, sent each minute
	Client *http.Client   // nil: one that follows no redirect
}

// usualBuffer is an hour and more of ten thousand endpoints.
const usualBuffer = 1 << 30

// factsEvery is how often what is known of endpoints is sent.
const factsEvery = time.Minute

// bearer adds the token to each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

// client returns what the store is spoken to with. A redirect could lead the token
// elsewhere.
func (a *Away) client() *http.Client {
	if a.Client != nil {
		return a.Client
	}
	return &http.Client{
		Transport:     bearer{a.Token, http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// useAway has another store take the place of the embedded one.
func (s *Store) useAway() {
	a := s.options.Away
	if a.Buffer == 0 {
		a.Buffer = usualBuffer
	}
	client := a.client()
	s.queue = &queue{
		dir: filepath.Join(s.options.Dir, "waiting"), away: a, client: client, log: s.log, stats: &s.stats, most: a.Buffer, arrived: make(chan struct{}, 1),
	}
	c, err := api.NewClient(api.Config{Address: a.Query, Client: client})
	if err != nil { // CheckAway lets no such address through
		s.log.Error("the other store cannot be asked", "err", err)
		c, _ = api.NewClient(api.Config{Address: "http://127.0.0.1:0", Client: client})
	}
	s.asking = v1.NewAPI(c)
}

// runAway turns what gathers into requests that wait on disk, and sends them, until ctx
// ends. What is left then is sent after the next start.
func (s *Store) runAway(ctx context.Context) error {
	if err := s.queue.open(); err != nil {
		return err
	}
	close(s.opened)
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		s.queue.send(ctx)
	}()
	defer func() { <-sending }()
	look, known := time.NewTicker(lookEvery), time.NewTicker(factsEvery)
	defer look.Stop()
	defer known.Stop()
	s.putFacts()
	for {
		select {
		case <-ctx.Done():
			s.flushAway()
			return nil
		case <-look.C:
			s.look()
			continue
		case f := <-s.foreign:
			s.takeForeign(ctx, f)
			continue
		case <-known.C:
			s.putFacts()
		case <-s.wake:
		}
		select {
		case <-ctx.Done():
			continue
		case <-time.After(gather):
		}
		s.flushAway()
	}
}

// putFacts sends what is known of endpoints and of the store itself: elsewhere it is
// stored like anything else.
func (s *Store) putFacts() {
	now := s.options.Now()
	for _, m := range s.self() {
		s.put(batch{labels: m.labels, at: now, value: m.value})
	}
	if s.options.Away.Facts == nil {
		return
	}
	for _, f := range s.options.Away.Facts() {
		s.put(batch{labels: f.labels(), at: now, value: 1})
	}
}

// flushAway writes what has gathered into the queue.
func (s *Store) flushAway() {
	pending, halted := s.gathered()
	if len(pending) == 0 {
		return
	}
	defer s.tell(pending)
	if halted {
		return
	}
	r := request{}
	for i := range pending {
		s.gatherAway(&r, &pending[i])
		if len(r.series) >= requestSeries {
			s.keepAway(&r)
		}
	}
	s.keepAway(&r)
}

// requestSeries is how many series one request has, about.
const requestSeries = 2000

func (s *Store) keepAway(r *request) {
	if len(r.series) == 0 {
		return
	}
	n := r.values
	err := s.queue.add(r.encode())
	*r = request{}
	if err == nil {
		return
	}
	s.stats.count(noRoom, n)
	if durable.NoSpace(err) {
		s.stop(true)
		return
	}
	s.log.Error("telemetry was not stored", "err", err)
}

// gatherAway adds a batch's values to a request.
func (s *Store) gatherAway(r *request, b *batch) {
	if !b.labels.IsEmpty() {
		s.addAway(r, b.labels, b.at.UnixMilli(), b.value)
		return
	}
	if b.usual {
		s.addAway(r, seriesLabels(ExpectedSeries, b.endpoint), b.at.UnixMilli(), rounded(b.expected))
		s.addAway(r, seriesLabels(MissedSeries, b.endpoint), b.at.UnixMilli(), rounded(b.missed))
		return
	}
	if b.presence > 0 {
		s.addAway(r, seriesLabels(PresenceSeries, b.endpoint), b.at.UnixMilli(), float64(b.presence))
		if b.up >= 0 {
			s.addAway(r, seriesLabels(UpSeries, b.endpoint), b.at.UnixMilli(), float64(b.up))
		}
		return
	}
	for _, m := range diagnostics.Metrics() {
		var l labels.Labels
		for i := range b.samples {
			v, ok := b.samples[i].Get(m)
			if !ok {
				continue
			}
			if l.IsEmpty() {
				l = seriesLabels(Prefix+m.Info().Name, b.endpoint)
			}
			s.addAway(r, l, b.samples[i].At.UnixMilli(), v)
		}
	}
	if b.score >= 0 && len(b.samples) > 0 {
		s.addAway(r, seriesLabels(ScoreSeries, b.endpoint), b.samples[len(b.samples)-1].At.UnixMilli(), float64(b.score))
	}
}

func (s *Store) addAway(r *request, l labels.Labels, t int64, v float64) {
	switch {
	case t > s.edge:
		s.stats.count(future, 1)
	case !s.seen.admit(l, s.options.MaxSeries):
		s.stats.count(tooMany, 1)
	default:
		r.add(l, t, v)
	}
}

// seen counts the series that were sent since the start, of each value of a label.
type seen struct {
	label string // empty: the name of the metric
	known map[uint64]struct{}
	of    map[string]int
}

func (c *seen) admit(l labels.Labels, most int) bool {
	if c.known == nil {
		c.known, c.of = map[uint64]struct{}{}, map[string]int{}
	}
	h := l.Hash()
	if _, ok := c.known[h]; ok {
		return true
	}
	name := l.Get(cmp.Or(c.label, model.MetricNameLabel))
	if c.of[name] >= most {
		return false
	}
	c.known[h] = struct{}{}
	c.of[name]++
	return true
}

// CheckAway says what is wrong with an address; "" when nothing is.
func CheckAway(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return "takes an address, for example https://prometheus.example.com:9090"
	case u.User != nil:
		return "takes no password in the address: give a token with --metrics-token"
	}
	return ""
}
