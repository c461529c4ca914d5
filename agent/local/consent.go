package local

import (
	"bytes"
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
	What    string        `json:"what"`            // what exactly: completes “wants to …”
	About   string        `json:"about,omitempty"` // a file's path, a script's name
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

// WatchAndShow is WatchAndAsk by a program that can take a picture of the caller's
// screens as well, and does when Status.Screens wants one.
func (c *Client) WatchAndShow(ctx context.Context, on func(Status)) error {
	return stream(ctx, c, http.MethodGet, "/v1/watch?asks=consent&can=screen", nil, on)
}

// Screen hands a picture of the caller's screens over, a JPEG. None says that it
// could not be taken.
func (c *Client) Screen(ctx context.Context, id string, picture []byte) error {
	resp, err := c.do(ctx, http.MethodPut, "/v1/screens/"+url.PathEscape(id), "image/jpeg", bytes.NewReader(picture))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
