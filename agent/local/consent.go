package local

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
)

// Consent is what the caller is asked to agree to: somebody wants to work on this
// machine from afar. No answer until then is a no.
type Consent struct {
	ID      string        `json:"id"`
	Who     string        `json:"who"`
	Role    string        `json:"role,omitempty"`
	Kind    wire.AskKind  `json:"kind"`
	What    string        `json:"what"` // what exactly: completes “wants to …”
	Ticket  int64         `json:"ticket"`
	Title   string        `json:"title"`            // the ticket's
	For     time.Duration `json:"for_ns,omitempty"` // how long it may last; 0: it is done at once
	AskedAt time.Time     `json:"asked_at"`
	Until   time.Time     `json:"until"`
}

// ConsentAnswer is the caller's answer.
type ConsentAnswer struct {
	Yes      bool `json:"yes"`
	Remember bool `json:"remember,omitempty"` // with Yes: not to be asked again for this ticket
}

// Consent answers what the caller is asked.
func (c *Client) Consent(ctx context.Context, id string, a ConsentAnswer) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "/v1/consents/"+url.PathEscape(id), a)
	return err
}

// EndLook ends what somebody does on this machine from afar, now. Everybody at the
// machine may.
func (c *Client) EndLook(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "/v1/looks/"+url.PathEscape(id)+"/end", struct{}{})
	return err
}

// WatchAndAsk is Watch by a program that shows the caller at once what they are
// asked to agree to. Consent is asked only of people who have one.
func (c *Client) WatchAndAsk(ctx context.Context, on func(Status)) error {
	return stream(ctx, c, http.MethodGet, "/v1/watch?asks=consent", nil, on)
}
