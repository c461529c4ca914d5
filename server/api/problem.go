package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/people"
)

// Problem is an error as RFC 9457 wants it. Its type is about:blank, so the title
// is the status in words; Code and Field are Deskbell's own members.
type Problem struct {
	Title  string     `json:"title" doc:"The status in words." example:"Unprocessable Entity"`
	Status int        `json:"status" doc:"The HTTP status." example:"422"`
	Code   fault.Code `json:"code" doc:"What kind of failure it is, for programs. Codes are never renamed." example:"invalid"`
	Detail string     `json:"detail" doc:"One sentence for a person: what happened, and what to do." example:"The ticket has no title. Say in a few words what is going on."`
	Field  string     `json:"field,omitempty" doc:"The input at fault." example:"title"`
	// Lines are those of a list that could not be taken.
	Lines []people.Wrong `json:"lines,omitempty" doc:"Of a list: each line that is wrong."`

	retryAfter int // seconds; 0: none
}

// Error returns the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that go with it.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="deskbell"`) // RFC 9110, section 11.6.1
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

// ContentType is a problem's own media type.
func (*Problem) ContentType(string) string { return "application/problem+json" }

// problem translates an error of a use case. One without a code is ours: it goes
// to the log, and the caller is told no more than that it happened.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	status := gate.Status(err)
	if status >= http.StatusInternalServerError && !fault.Is(err, fault.Unavailable) && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "a request failed", "err", err)
	}
	p := &Problem{Title: http.StatusText(status), Status: status, Code: fault.CodeOf(err), Detail: fault.Sentence(err), Field: fault.FieldOf(err)}
	if wait, ok := errors.AsType[*tooFastError](err); ok {
		p.retryAfter = wait.seconds
	}
	if wrong, ok := errors.AsType[*people.LinesError](err); ok {
		p.Lines = wrong.Lines
	}
	return p
}

// refuse answers a request that never reached its handler.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, a.problem(r.Context(), err))
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(p) // a client that went away is no error of ours
}

// translate turns huma's own errors, which are about the form of a request, into
// problems.
func translate(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Title: http.StatusText(m.Status), Status: m.Status, Code: fault.Invalid}
	var first huma.ErrorDetail
	if len(m.Errors) > 0 && m.Errors[0] != nil {
		first = *m.Errors[0]
	}
	switch m.Status {
	case http.StatusUnsupportedMediaType:
		p.Code, p.Detail = fault.Unsupported, "The body has to be JSON: send it with “Content-Type: application/json”."
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = fault.TooLarge, "The body is larger than this operation takes."
	case http.StatusRequestTimeout:
		p.Code, p.Detail = fault.Unavailable, "The body did not arrive in time. Send it again."
	case http.StatusBadRequest:
		p.Detail = "The request has no body, and this operation needs one."
		if first.Message != "" {
			p.Detail = "The body is not JSON: " + first.Message + "."
		}
	case http.StatusUnprocessableEntity:
		p.Field, p.Detail = describe(first)
	default:
		p.Code, p.Detail = fault.Internal, fault.Sentence(errors.New(m.Detail))
	}
	return p, nil
}

// describe says which input breaks a rule of the schema, and which.
func describe(d huma.ErrorDetail) (field, sentence string) {
	_, field, _ = strings.Cut(d.Location, ".")
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	if name, ok := strings.CutPrefix(d.Message, before); ok {
		if name, ok = strings.CutSuffix(name, after); ok {
			if field != "" {
				name = field + "." + name
			}
			return name, "The field " + name + " is missing."
		}
	}
	switch {
	case field == "":
		return "body", "The body is not as it has to be: " + d.Message + "."
	case d.Message == validation.MsgUnexpectedProperty:
		return field, "There is no field " + field + " here. Leave it out, or correct its name."
	case d.Message == "unknown query parameter":
		return field, "There is no parameter " + field + " here. Leave it out, or correct its name."
	}
	return field, "The input " + field + " is not as it has to be: " + d.Message + "."
}
