package promapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/metrics"
)

// Writer stores series of others; *metrics.Store is one.
type Writer interface {
	Write(ctx context.Context, list []metrics.Series) (metrics.Taken, error)
}

const (
	maxReading  = 16 // bodies at once
	readWithin  = 30 * time.Second
	comeAgainIn = "5" // seconds
)

// receiver takes remote writes in.
type receiver struct {
	api      *API
	reading  chan struct{}
	decoding chan struct{}
}

func newReceiver(a *API) *receiver {
	return &receiver{api: a, reading: make(chan struct{}, maxReading), decoding: make(chan struct{}, 2)}
}

// write answers as the specification of remote write 1.0 wants it: 2xx and it is stored;
// 4xx and there is no use in sending it again; 5xx and there is.
func (x *receiver) write(w http.ResponseWriter, r *http.Request, actor auth.Actor) {
	taken, err := x.take(w, r, actor)
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if err == nil && taken.Refused == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var status int
	said := ""
	switch {
	case err == nil:
		status, said = http.StatusBadRequest, fmt.Sprintf("%s Of this write %d are refused like it, and the rest is stored.", taken.First, taken.Refused)
		x.api.Log.Debug("series of others were refused", "from", actor.Token, "refused", taken.Refused, "first", taken.First)
	case errors.Is(err, context.Canceled), r.Context().Err() != nil:
		return // nobody reads it
	case errors.Is(err, errKind):
		status = http.StatusUnsupportedMediaType
	case fault.Is(err, fault.Invalid):
		status = http.StatusBadRequest
	case fault.Is(err, fault.TooLarge):
		status = http.StatusRequestEntityTooLarge
	case fault.Is(err, fault.Unavailable):
		status = http.StatusServiceUnavailable
		h.Set("Retry-After", comeAgainIn)
	default:
		status = http.StatusInternalServerError
		x.api.Log.Error("series of others were not stored", "from", actor.Token, "err", err)
	}
	if said == "" {
		said = fault.Sentence(err)
	}
	w.WriteHeader(status)
	io.WriteString(w, said+"\n") // a sender that went away is no error of ours
}

var (
	errKind    = fault.New(fault.Invalid, "This is a receiver of remote write 1.0: send application/x-protobuf with prometheus.WriteRequest, packed with snappy. In Prometheus that is what it does unless “protobuf_message” says otherwise.")
	errCrowded = fault.New(fault.Unavailable, "Too many write to this server at once. Send it again later.")
)

func (x *receiver) take(w http.ResponseWriter, r *http.Request, actor auth.Actor) (metrics.Taken, error) {
	none := metrics.Taken{}
	if !speaks(r.Header) {
		return none, errKind
	}
	if actor.Token == "" {
		return none, fault.New(fault.Invalid, "Send series with a token: its name says where they are from.")
	}
	select {
	case x.reading <- struct{}{}:
		defer func() { <-x.reading }()
	default:
		return none, errCrowded
	}
	// Whoever sends slowly takes nobody's place for long.
	_ = http.NewResponseController(w).SetReadDeadline(x.api.Now().Add(readWithin)) //nolint:errcheck // without it the body is bounded still
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPacked))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return none, errLarge
	case err != nil:
		return none, fault.Wrap(err, fault.Unavailable, "The body did not come whole in half a minute. Send it again.")
	}
	x.decoding <- struct{}{}
	list, err := decode(body)
	<-x.decoding
	if err != nil {
		return none, err
	}
	var refused metrics.Taken
	series := make([]metrics.Series, 0, len(list))
	for i := range list {
		s, why := x.prepare(&list[i], actor.Token)
		if why != "" {
			refused.Refused += max(1, len(list[i].samples)+list[i].histograms)
			if refused.First == "" {
				refused.First = why
			}
			continue
		}
		series = append(series, s)
	}
	taken, err := x.api.Writer.Write(r.Context(), series)
	taken.Refused += refused.Refused
	if refused.First != "" {
		taken.First = refused.First
	}
	return taken, err
}

// speaks reports whether a request is a remote write 1.0, by its headers. Prometheus
// takes one that says nothing of its kind for that, too.
func speaks(h http.Header) bool {
	if coding := h.Get("Content-Encoding"); coding != "" && coding != "snappy" {
		return false
	}
	kind := h.Get("Content-Type")
	if kind == "" {
		return true
	}
	name, with, err := mime.ParseMediaType(kind)
	proto := with["proto"]
	return err == nil && name == "application/x-protobuf" && (proto == "" || proto == "prometheus.WriteRequest")
}

// prepare brings a series into the form in which it is kept, or says why it is not. Labels
// that are Deskbell's to give are kept as exported_…, as Prometheus does with what it
// scrapes: so nobody can speak of an endpoint, or in the name of another sender.
func (x *receiver) prepare(s *sent, origin string) (out metrics.Series, why string) {
	has := func(name string) bool {
		return slices.ContainsFunc(s.labels, func(l label) bool { return l.name == name })
	}
	name := ""
	for i := range s.labels {
		l := &s.labels[i]
		switch {
		case !utf8.ValidString(l.value) || len(l.value) > maxValue || len(l.name) > maxName:
			return out, fmt.Sprintf("A label of a series has no name of at most %d bytes, or no value of at most %d bytes in UTF-8.", maxName, maxValue)
		case l.name == model.MetricNameLabel:
			name = l.value
		case !model.LegacyValidation.IsValidLabelName(l.name) || strings.HasPrefix(l.name, "__"):
			return out, fmt.Sprintf("%q is no name of a label: it has letters of the alphabet, digits and underscores, and begins with no digit and no two underscores.", l.name)
		}
	}
	switch {
	case !model.LegacyValidation.IsValidMetricName(name):
		return out, fmt.Sprintf("%q is no name of a metric: it has letters of the alphabet, digits, underscores and colons, and begins with no digit.", clip(name))
	case strings.HasPrefix(name, metrics.Prefix):
		return out, fmt.Sprintf("The series “%s” is refused: names that begin with “%s” are what this server says of its own endpoints. Leave them out, or rename them (write_relabel_configs).", clip(name), metrics.Prefix)
	case s.histograms > 0:
		return out, fmt.Sprintf("The series “%s” is a native histogram, which is not kept here. Send classic ones.", clip(name))
	}
	out.Labels = append(make([]metrics.Label, 0, len(s.labels)+1), metrics.Label{Name: metrics.Origin, Value: origin})
	for _, l := range s.labels {
		if l.value == "" {
			continue // a label without a value is none
		}
		if l.name == metrics.Origin || slices.Contains(x.api.Reserved, l.name) {
			for l.name = "exported_" + l.name; has(l.name); {
				l.name = "exported_" + l.name
			}
		}
		if slices.ContainsFunc(out.Labels, func(o metrics.Label) bool { return o.Name == l.name }) {
			return out, fmt.Sprintf("The series “%s” has the label “%s” twice.", clip(name), clip(l.name))
		}
		out.Labels = append(out.Labels, metrics.Label{Name: l.name, Value: l.value})
	}
	out.Samples = make([]metrics.Sample, len(s.samples))
	for i, v := range s.samples {
		out.Samples[i] = metrics.Sample{At: v.at, Value: v.value}
	}
	return out, ""
}

// clip shortens a name that is told again.
func clip(name string) string { return strings.ToValidUTF8(name[:min(len(name), 200)], "") }
