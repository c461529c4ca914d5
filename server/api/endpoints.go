package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
)

// Endpoint is an enrolled machine.
type Endpoint struct {
	ID       string                `json:"id"`
	Name     string                `json:"name" doc:"What the machine calls itself."`
	Site     Named                 `json:"site"`
	OS       string                `json:"os" example:"linux"`
	Platform string                `json:"platform" example:"Debian GNU/Linux 12 (bookworm)"`
	State    enrol.State           `json:"state" enum:"active,held,revoked" doc:"held: two machines have shown this identity, and an administrator has to look; revoked: withdrawn for good."`
	Presence noc.Presence          `json:"presence" enum:"online,stuck,asleep,off,stopped,silent,awaited,unknown" doc:"stuck: connected, and its agent has no readings; asleep, off (shut down or restarted) and stopped (its agent) are what it said when it left; silent: gone without a word; awaited: enrolled, and never there; unknown: the server itself was away a moment ago, and the machine may not have come back yet."`
	Since    time.Time             `json:"since,omitzero" doc:"Of the presence."`
	SeenAt   time.Time             `json:"seen_at,omitzero" doc:"The last contact; left out: never."`
	Goodbye  wire.GoodbyeReason    `json:"goodbye,omitempty" doc:"Why it left, when it said so: sleep, shutdown, stop, update or roam."`
	BootedAt time.Time             `json:"booted_at,omitzero"`
	Agent    string                `json:"agent" example:"deskbell-agent/1.0.0 linux/amd64"`
	Address  string                `json:"address" doc:"Where its session comes from."`
	Score    *int                  `json:"score" doc:"Its health, 0 to 100; null while it is not known."`
	Reasons  []diagnostics.Reason  `json:"reasons" nullable:"false" doc:"What the score has lost points for."`
	Findings []diagnostics.Finding `json:"findings" nullable:"false" doc:"What is wrong with it now."`
	Expected *float64              `json:"expected" minimum:"0" maximum:"1" doc:"How likely it is there at this hour of the week, as learned; null while less than two weeks are known of it."`
	Sample   OrNull[noc.Reading]   `json:"sample" doc:"The newest readings; null when none have come since the server started."`
}

// EndpointDetail is an endpoint with what its page shows.
type EndpointDetail struct {
	Endpoint
	Arch       string                 `json:"arch" example:"amd64"`
	Reason     string                 `json:"reason,omitempty" doc:"Why it is held."`
	EnrolledAt time.Time              `json:"enrolled_at"`
	FindingsAt time.Time              `json:"findings_at,omitzero"`
	Inventory  OrNull[wire.Inventory] `json:"inventory" doc:"What it is made of; null while it has not said."`
}

func endpointOf(v noc.View) Endpoint {
	e := Endpoint{
		ID: v.ID, Name: v.Name, Site: Named{v.Site.ID, v.Site.Name}, OS: v.OS, Platform: v.Platform, State: v.State, Presence: v.Presence,
		Since: utc(v.Since), SeenAt: utc(v.SeenAt), Goodbye: v.Goodbye, BootedAt: utc(v.BootedAt), Agent: v.Agent, Address: v.Address,
		Reasons: orEmpty(v.Reasons), Findings: orEmpty(v.Findings),
	}
	if v.Score >= 0 {
		e.Score = &v.Score
	}
	if v.Expected >= 0 {
		e.Expected = &v.Expected
	}
	if !v.Sample.At.IsZero() {
		e.Sample = some(noc.ReadingOf(&v.Sample))
	}
	return e
}

// utc is a time as answers have it; the zero time stays zero.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

const endpointTag = "Endpoints"

func (a *API) endpoints() {
	add(a, auth.EndpointsList, huma.Operation{
		Method: http.MethodGet, Path: "/endpoints", Tags: []string{endpointTag}, Summary: "List endpoints",
		Description: "By site and name, or, with order=worst, those that need looking at first; that order has one part only.",
	}, a.listEndpoints)
	add(a, auth.EndpointsRead, huma.Operation{
		Method: http.MethodGet, Path: "/endpoints/{id}", Tags: []string{endpointTag}, Summary: "Read an endpoint",
	}, a.readEndpoint)
	a.peers()
	a.alerts()
	add(a, auth.EndpointsKeep, huma.Operation{
		Method: http.MethodPost, Path: "/endpoints/{id}/actions", Tags: []string{endpointTag}, Summary: "Release or withdraw an endpoint",
		Description: "release lets a held endpoint connect again: the next machine that proves its key is taken for the true one. " +
			"withdraw ends its identity for good and its session at once; its tickets stay.",
	}, a.actOnEndpoint)
	add(a, auth.EndpointsRead, huma.Operation{
		Method: http.MethodGet, Path: "/endpoints/{id}/snapshots", Tags: []string{endpointTag}, Summary: "List an endpoint's newest snapshots",
		Description: "The newest 200 at most, without what is in them.",
	}, a.listSnapshots)
	add(a, auth.EndpointsRead, huma.Operation{
		Method: http.MethodGet, Path: "/snapshots/{id}", Tags: []string{endpointTag}, Summary: "Read a snapshot",
	}, a.readSnapshot)
	add(a, auth.EndpointsRead, huma.Operation{
		Method: http.MethodGet, Path: "/endpoints/{id}/series", Tags: []string{endpointTag}, Summary: "Read a metric over time",
		Description: "The metrics are " + strings.Join(metricNames(), ", ") + ".",
	}, a.readSeries)
}

// EndpointPath names an endpoint in the path.
type EndpointPath struct {
	ID string `path:"id" maxLength:"64" doc:"The endpoint's id."`
}

type listEndpointsIn struct {
	Paging
	Site     string       `query:"site" maxLength:"64" doc:"A site's id."`
	Presence noc.Presence `query:"presence" enum:"online,stuck,asleep,off,stopped,silent,awaited,unknown,offline" doc:"offline: all that are known to be away, whatever the reason."`
	State    enrol.State  `query:"state" enum:"active,held,revoked"`
	Q        string       `query:"q" maxLength:"200" doc:"In the name or the address; or a condition as of a group, such as ap:54:05:db:aa:bb:cc."`
	Group    string       `query:"group" maxLength:"200" doc:"A group's name or id: those that are in it now."`
	Order    string       `query:"order" enum:"name,worst" default:"name"`
}

func (a *API) listEndpoints(_ context.Context, actor auth.Actor, in *listEndpointsIn) (*pageOut[Endpoint], error) {
	q := noc.Query{Site: in.Site, Presence: in.Presence, State: in.State, Text: in.Q, Limit: in.Limit, Worst: in.Order == "worst"}
	var asked func(id string) bool
	isAsked := false
	if in.Q != "" {
		asked, isAsked = a.Groups.Asked(in.Q)
	}
	if isAsked {
		q.Text, q.Among = "", asked
	}
	if in.Group != "" {
		among, ok := a.Groups.In(in.Group)
		if !ok {
			return nil, fault.Field("group", "There is no group of that name.")
		}
		if q.Among = among; isAsked {
			q.Among = func(id string) bool { return among(id) && asked(id) }
		}
	}
	list := "endpoints/" + in.Order
	if err := readCursor(list, in.Cursor, &q.After); err != nil {
		return nil, err
	}
	views, next, err := a.Endpoints.List(actor, q)
	if err != nil {
		return nil, err
	}
	var items []Endpoint
	for _, v := range views {
		items = append(items, endpointOf(v))
	}
	if q.Worst {
		next = ""
	}
	return pageOf(list, items, nextID(next)), nil
}

type endpointOut struct{ Body EndpointDetail }

func (a *API) readEndpoint(ctx context.Context, actor auth.Actor, in *EndpointPath) (*endpointOut, error) {
	d, err := a.Endpoints.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := EndpointDetail{Endpoint: endpointOf(d.View), Arch: d.Arch, Reason: d.Reason, EnrolledAt: utc(d.EnrolledAt), FindingsAt: utc(d.FindingsAt)}
	if d.Inventory != nil {
		var inv wire.Inventory
		if err := json.Unmarshal(d.Inventory, &inv); err != nil {
			return nil, fmt.Errorf("the inventory of %s: %w", in.ID, err)
		}
		out.Inventory = some(inv)
	}
	return &endpointOut{out}, nil
}

type actOnEndpointIn struct {
	EndpointPath
	Body struct {
		Action string `json:"action" enum:"release,withdraw" example:"release"`
	}
}

func (a *API) actOnEndpoint(ctx context.Context, actor auth.Actor, in *actOnEndpointIn) (*endpointOut, error) {
	act := a.Registry.Release
	if in.Body.Action == "withdraw" {
		act = a.Registry.Withdraw
	}
	if err := act(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return a.readEndpoint(ctx, actor, &in.EndpointPath)
}

// SnapshotInfo is a snapshot without what is in it.
type SnapshotInfo struct {
	ID         string    `json:"id"`
	Ticket     *string   `json:"ticket" doc:"The id of the ticket that it came with."`
	TakenAt    time.Time `json:"taken_at" doc:"By the endpoint's clock."`
	ReceivedAt time.Time `json:"received_at"`
}

// Snapshot is the state of an endpoint at one moment.
type Snapshot struct {
	ID         string    `json:"id"`
	Endpoint   string    `json:"endpoint" doc:"Its id."`
	Ticket     *string   `json:"ticket" doc:"The id of the ticket that it came with."`
	ReceivedAt time.Time `json:"received_at"`
	diagnostics.Snapshot
}

func snapshotOf(s desk.Snapshot) (Snapshot, error) {
	out := Snapshot{ID: s.ID, Endpoint: s.Endpoint, Ticket: orNone(s.Ticket), ReceivedAt: s.ReceivedAt}
	if err := json.Unmarshal(s.Doc, &out.Snapshot); err != nil {
		return out, fmt.Errorf("the snapshot %s: %w", s.ID, err)
	}
	return out, nil
}

func orNone(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type listSnapshotsIn struct {
	EndpointPath
	Paging
}

const maxSnapshots = 200

func (a *API) listSnapshots(ctx context.Context, actor auth.Actor, in *listSnapshotsIn) (*pageOut[SnapshotInfo], error) {
	if _, err := a.Endpoints.Get(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	all, err := a.Tickets.Snapshots(ctx, actor, in.ID, maxSnapshots)
	if err != nil {
		return nil, err
	}
	var list []SnapshotInfo
	for _, s := range all {
		list = append(list, SnapshotInfo{ID: s.ID, Ticket: orNone(s.Ticket), TakenAt: s.TakenAt, ReceivedAt: s.ReceivedAt})
	}
	return window("snapshots", list, in.Paging)
}

type snapshotOut struct{ Body Snapshot }

func (a *API) readSnapshot(ctx context.Context, actor auth.Actor, in *struct {
	ID string `path:"id" maxLength:"64" doc:"The snapshot's id."`
}) (*snapshotOut, error) {
	s, err := a.Tickets.Snapshot(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := snapshotOf(s)
	return &snapshotOut{out}, err
}

// scoreMetric is the health score's name beside the metrics of a sample.
const scoreMetric = "health_score"

func metricNames() []string {
	var names []string
	for _, m := range diagnostics.Metrics() {
		names = append(names, m.Info().Name)
	}
	return append(names, scoreMetric)
}

// Point is one value of a series.
type Point struct {
	At    time.Time `json:"at"`
	Value float64   `json:"value"`
}

// MetricSeries is a metric over time.
type MetricSeries struct {
	Metric string    `json:"metric"`
	Unit   string    `json:"unit" example:"%"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Points []Point   `json:"points" nullable:"false" doc:"The oldest first; of each step the mean. Where nothing was measured there is none."`
}

type seriesIn struct {
	EndpointPath
	Metric string    `query:"metric" required:"true" maxLength:"100" example:"cpu_busy_percent"`
	From   time.Time `query:"from" doc:"Left out: an hour before to."`
	To     time.Time `query:"to" doc:"Left out: now."`
	Points int       `query:"points" minimum:"1" maximum:"2000" default:"300" doc:"How many at most."`
}

type seriesOut struct{ Body MetricSeries }

func (a *API) readSeries(ctx context.Context, actor auth.Actor, in *seriesIn) (*seriesOut, error) {
	unit := "points"
	if in.Metric != scoreMetric {
		m, ok := diagnostics.MetricByName(in.Metric)
		if !ok {
			return nil, fault.Field("metric", "There is no such metric. There are "+strings.Join(metricNames(), ", ")+".")
		}
		unit = m.Info().Unit
	}
	if _, err := a.Endpoints.Get(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	if in.To.IsZero() {
		in.To = a.Now()
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-time.Hour)
	}
	points, err := a.Series.Range(ctx, in.ID, metrics.Prefix+in.Metric, in.From, in.To, in.Points)
	if err != nil {
		return nil, err
	}
	out := MetricSeries{Metric: in.Metric, Unit: unit, From: in.From.UTC(), To: in.To.UTC(), Points: make([]Point, len(points))}
	for i, p := range points {
		out.Points[i] = Point(p)
	}
	return &seriesOut{out}, nil
}
