package local

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

// RestartPart is the recipe that restarts a part of the agent itself. No rule of
// diagnostics knows it: it is the agent that knows its parts.
const RestartPart diagnostics.Recipe = "agent.restart"

// PartConnection is the agent's connection to the server.
const PartConnection = "connection"

// FixRequest names what is to be mended: a finding of a check-up of the caller's.
type FixRequest struct {
	Checkup string           `json:"checkup"`
	Finding diagnostics.Code `json:"finding"`
}

// FixPlan is what a fix would do. Nothing has been done yet; it is kept for some
// minutes, for the caller's yes.
type FixPlan struct {
	ID      string             `json:"id"`
	Recipe  diagnostics.Recipe `json:"recipe"`
	Finding diagnostics.Code   `json:"finding"`
	Title   string             `json:"title"`
	What    string             `json:"what"` // one sentence: what it will do
	Steps   []FixStep          `json:"steps"`
	Cannot  string             `json:"cannot,omitempty"` // why it cannot be done; "" it can
	Undo    string             `json:"undo,omitempty"`   // what taking it back does; "" it cannot be
	Said    []tongue.Text      `json:"said,omitempty"`   // the sentences above and of the steps, for readers of other languages
}

// FixStep is one step of a plan.
type FixStep struct {
	Says   string `json:"says,omitempty"` // what it would do, with the numbers
	Bytes  uint64 `json:"bytes,omitempty"`
	Count  int    `json:"count,omitempty"`
	Cannot string `json:"cannot,omitempty"` // why it is left out
}

// FixStart is the caller's yes to a plan.
type FixStart struct {
	Plan string `json:"plan"`
}

// FixOutcome says whether a fix has helped.
type FixOutcome string

// The outcomes.
const (
	FixHelped    FixOutcome = "helped"       // what was found is gone
	FixNoHelp    FixOutcome = "did_not_help" // it was done, and what was found is still there
	FixCouldNot  FixOutcome = "could_not"    // it was not done, or not to the end
	FixUncertain FixOutcome = "unknown"      // nobody can say: it was interrupted, or what it was about could not be read again
)

// Fix is a fix that the caller has started.
type Fix struct {
	ID        string                 `json:"id"`
	Recipe    diagnostics.Recipe     `json:"recipe"`
	Target    string                 `json:"target,omitempty"`
	Finding   diagnostics.Code       `json:"finding"`
	Title     string                 `json:"title"`
	StartedAt time.Time              `json:"started_at"`
	EndedAt   time.Time              `json:"ended_at,omitzero"`
	Doing     string                 `json:"doing,omitempty"` // while it runs: what is being done
	Did       []string               `json:"did,omitempty"`   // a sentence for each step
	Outcome   FixOutcome             `json:"outcome,omitempty"`
	Sentence  string                 `json:"sentence,omitempty"` // what came of it
	Before    []diagnostics.Evidence `json:"before,omitempty"`
	After     []diagnostics.Evidence `json:"after,omitempty"`
	Helped    *bool                  `json:"helped,omitempty"`    // the caller's own word
	Deflected bool                   `json:"deflected,omitempty"` // what was found is gone, and the caller says that it helped
	Undo      string                 `json:"undo,omitempty"`      // what taking it back does; "" when it cannot be
	UndoneAt  time.Time              `json:"undone_at,omitzero"`
	Said      []tongue.Text          `json:"said,omitempty"` // the sentences above, for readers of other languages
}

// Running reports whether it is still going on.
func (f Fix) Running() bool { return f.EndedAt.IsZero() }

// FixAnswer is the caller's word on whether a fix has helped.
type FixAnswer struct {
	Helped bool `json:"helped"`
}

// PlanFix looks what a fix of a finding would do, and changes nothing.
func (c *Client) PlanFix(ctx context.Context, r FixRequest) (FixPlan, error) {
	return call[FixPlan](ctx, c, http.MethodPost, "/v1/fixes/plan", r)
}

// Fix does what was planned and calls on as it goes on; the last one has an
// outcome. It goes on when the caller goes away.
func (c *Client) Fix(ctx context.Context, plan string, on func(Fix)) error {
	return stream(ctx, c, http.MethodPost, "/v1/fixes", FixStart{Plan: plan}, on)
}

// Fixes returns the caller's fixes, newest first.
func (c *Client) Fixes(ctx context.Context) ([]Fix, error) {
	return call[[]Fix](ctx, c, http.MethodGet, "/v1/fixes", nil)
}

// FixHelped says whether a fix has helped.
func (c *Client) FixHelped(ctx context.Context, id string, helped bool) (Fix, error) {
	return call[Fix](ctx, c, http.MethodPost, "/v1/fixes/"+url.PathEscape(id)+"/helped", FixAnswer{Helped: helped})
}

// UndoFix takes a fix back.
func (c *Client) UndoFix(ctx context.Context, id string) (Fix, error) {
	return call[Fix](ctx, c, http.MethodPost, "/v1/fixes/"+url.PathEscape(id)+"/undo", struct{}{})
}
