// Package promapi serves the part of Prometheus's HTTP API that reads, so that
// Grafana and any other Prometheus client can ask for the time series: see
// https://prometheus.io/docs/prometheus/latest/querying/api/. And it takes in what others
// have measured: see https://prometheus.io/docs/specs/prw/remote_write_spec/.
package promapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/metrics"
)

// Root is the path that a client is given as Prometheus's address.
const Root = "/prometheus"

// Engine answers queries; *metrics.Engine is one.
type Engine interface {
	Instant(ctx context.Context, expr string, at time.Time) (metrics.Answer, error)
	Range(ctx context.Context, expr string, from, to time.Time, step time.Duration) (metrics.Answer, error)
	Series(ctx context.Context, selectors []string, from, to time.Time) ([]model.Metric, error)
	LabelNames(ctx context.Context, selectors []string, from, to time.Time) ([]string, error)
	LabelValues(ctx context.Context, name string, selectors []string, from, to time.Time) ([]string, error)
}

// API are the routes.
type API struct {
	Engine   Engine
	Writer   Writer
	Reserved []string // labels that whoever sends series cannot set
	Version  string
	Now      func() time.Time
	Log      *slog.Logger
}

// maxForm bounds what a query sent by POST may bring.
const maxForm = 1 << 20

// Register adds the routes. They take a token, or the session of somebody of the
// staff.
func (a *API) Register(g *gate.Gate) {
	get := func(path string, answer func(*http.Request) (any, []string, error)) {
		g.Handle(gate.API, "GET "+Root+path, auth.NOCRead, a.serve(answer))
	}
	both := func(path string, answer func(*http.Request) (any, []string, error)) {
		get(path, answer)
		g.Handle(gate.API, "POST "+Root+path, auth.NOCRead, a.serve(answer))
	}
	both("/api/v1/query", a.query)
	both("/api/v1/query_range", a.queryRange)
	both("/api/v1/series", a.series)
	both("/api/v1/labels", a.labels)
	get("/api/v1/label/{name}/values", a.values)
	get("/api/v1/metadata", a.metadata)
	get("/api/v1/status/buildinfo", a.build)
	g.Handle(gate.API, "POST "+Root+"/api/v1/write", auth.IntakeSend, newReceiver(a).write)
}

// answered is the form of every answer.
type answered struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

func (a *API) serve(answer func(*http.Request) (any, []string, error)) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ auth.Actor) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		var data any
		var warnings []string
		err := r.ParseForm()
		if err != nil {
			err = fault.Wrap(err, fault.Invalid, "The form cannot be read, or is larger than 1 MiB.")
		} else {
			data, warnings, err = answer(r)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		out := answered{Status: "success", Data: data, Warnings: warnings}
		if err != nil {
			var status int
			out = answered{Status: "error", Error: fault.Sentence(err)}
			out.ErrorType, status = a.kindOf(r, err)
			w.WriteHeader(status)
		}
		if err := json.NewEncoder(w).Encode(out); err != nil && r.Context().Err() == nil {
			a.Log.Error("series were not sent", "err", err)
		}
	}
}

// kindOf is what Prometheus calls an error, and its status.
func (a *API) kindOf(r *http.Request, err error) (string, int) {
	if errors.Is(err, context.Canceled) || r.Context().Err() != nil {
		return "canceled", 499 // nobody reads it
	}
	switch fault.CodeOf(err) {
	case fault.Invalid:
		return "bad_data", http.StatusBadRequest
	case fault.TooLarge:
		return "execution", http.StatusUnprocessableEntity
	case fault.TooMany:
		return "unavailable", http.StatusTooManyRequests
	case fault.Unavailable:
		return "timeout", http.StatusServiceUnavailable
	}
	a.Log.Error("a query has failed", "path", r.URL.Path, "err", err)
	return "internal", http.StatusInternalServerError
}

func (a *API) query(r *http.Request) (any, []string, error) {
	at, err := timeOf(r, "time", a.Now())
	if err != nil {
		return nil, nil, err
	}
	return result(a.Engine.Instant(r.Context(), r.FormValue("query"), at))
}

func (a *API) queryRange(r *http.Request) (any, []string, error) {
	from, err := timeOf(r, "start", time.Time{})
	if err != nil {
		return nil, nil, err
	}
	to, err := timeOf(r, "end", time.Time{})
	if err != nil {
		return nil, nil, err
	}
	if from.IsZero() || to.IsZero() {
		return nil, nil, fault.Field("start", "A range has a “start” and an “end”.")
	}
	step, err := durationOf(r.FormValue("step"))
	if err != nil {
		return nil, nil, err
	}
	return result(a.Engine.Range(r.Context(), r.FormValue("query"), from, to, step))
}

func result(answer metrics.Answer, err error) (any, []string, error) {
	if err != nil {
		return nil, nil, err
	}
	return struct {
		Type   string      `json:"resultType"`
		Result model.Value `json:"result"`
	}{answer.Value.Type().String(), answer.Value}, answer.Warnings, nil
}

// span is what a list is asked for: everything, unless the request says otherwise.
func (a *API) span(r *http.Request) (from, to time.Time, err error) {
	if from, err = timeOf(r, "start", a.Now().AddDate(-10, 0, 0)); err == nil {
		to, err = timeOf(r, "end", a.Now())
	}
	return from, to, err
}

func (a *API) series(r *http.Request) (any, []string, error) {
	from, to, err := a.span(r)
	if err == nil && len(r.Form["match[]"]) == 0 {
		err = fault.Field("match[]", "Say with “match[]” which series to list.")
	}
	if err != nil {
		return nil, nil, err
	}
	list, err := a.Engine.Series(r.Context(), r.Form["match[]"], from, to)
	return limited(r, list, err)
}

func (a *API) labels(r *http.Request) (any, []string, error) {
	from, to, err := a.span(r)
	if err != nil {
		return nil, nil, err
	}
	list, err := a.Engine.LabelNames(r.Context(), r.Form["match[]"], from, to)
	return limited(r, list, err)
}

func (a *API) values(r *http.Request) (any, []string, error) {
	from, to, err := a.span(r)
	if err != nil {
		return nil, nil, err
	}
	list, err := a.Engine.LabelValues(r.Context(), r.PathValue("name"), r.Form["match[]"], from, to)
	return limited(r, list, err)
}

// limited cuts a list where the request wants it cut, and says so.
func limited[T any](r *http.Request, list []T, err error) (any, []string, error) {
	if err != nil {
		return nil, nil, err
	}
	text := r.FormValue("limit")
	if text == "" {
		return list, nil, nil
	}
	n, bad := strconv.Atoi(text)
	switch {
	case bad != nil || n < 0:
		return nil, nil, fault.Field("limit", "The limit is a number; 0 means none.")
	case n == 0 || n >= len(list):
		return list, nil, nil
	}
	return list[:n], []string{"results truncated due to limit"}, nil
}

// described is a metric as Prometheus's metadata has it.
type described struct {
	Type string `json:"type"`
	Help string `json:"help"`
	Unit string `json:"unit"`
}

func (a *API) metadata(r *http.Request) (any, []string, error) {
	all := map[string][]described{
		metrics.ScoreSeries: {{"gauge", "Health score of an endpoint, 0 to 100.", ""}},
		metrics.InfoSeries:  {{"gauge", "1 for each endpoint; its labels say what it is called and where it is, as of now.", ""}},
	}
	for name, help := range map[string]string{
		"check_state": "How a service that is looked at does: 1 up, 3 failing.", "check_up": "Whether a service is up from one place.",
		"check_seconds": "How long a look took that found all well.", "check_certificate_days": "How many days the certificate of a service is still valid.",
		"checks_blind": "1 while nothing that the server looks at answers.", "site_online": "How many endpoints of a site are online.", "site_suffering": "How many of those have a health below 70.", "site_suffering_ratio": "Which share of those that are online that is, 0 to 1.",
		"group_endpoints": "How many endpoints are in a group.", "group_online": "How many of them are online.",
		"group_suffering": "How many of those have a health below 70.", "group_suffering_ratio": "Which share of those that are online that is, 0 to 1.",
	} {
		all[metrics.Prefix+name] = []described{{"gauge", help, ""}}
	}
	all[metrics.Prefix+"heartbeat_state"] = []described{{"gauge", "How a job that calls in does: 1 up, 2 late, 3 missed, 4 failed, 5 stuck.", ""}}
	for _, m := range diagnostics.Metrics() {
		i := m.Info()
		all[metrics.Prefix+i.Name] = []described{{"gauge", i.Label + ".", i.Unit}}
	}
	if name := r.FormValue("metric"); name != "" {
		one := map[string][]described{}
		if d, ok := all[name]; ok {
			one[name] = d
		}
		return one, nil, nil
	}
	return all, nil, nil
}

// build says what answers. Clients choose by the version what they ask for, so it
// is that of the Prometheus whose engine this is.
func (a *API) build(*http.Request) (any, []string, error) {
	return map[string]string{"version": metrics.EngineVersion, "application": "deskbell", "deskbell": a.Version}, nil, nil
}

// timeOf reads a moment: RFC 3339, or Unix seconds with or without a fraction.
func timeOf(r *http.Request, field string, otherwise time.Time) (time.Time, error) {
	text := r.FormValue(field)
	if text == "" {
		return otherwise, nil
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(s) {
		// Clients send the beginning and the end of time.
		const far = 1 << 33 // the year 2242
		s = min(max(s, -far), far)
		return time.UnixMilli(int64(math.Round(s * 1000))).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, fault.Field(field, "“"+field+"” is a time: Unix seconds, or like 2026-11-22T14:30:00Z.")
	}
	return t, nil
}

// durationOf reads a length of time: seconds, or like 5m.
func durationOf(text string) (time.Duration, error) {
	if s, err := strconv.ParseFloat(text, 64); err == nil && s > 0 && s < 1<<33 {
		return time.Duration(s * float64(time.Second)), nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, fault.Field("step", "“step” is a length of time: seconds, or like 5m.")
	}
	return time.Duration(d), nil
}
