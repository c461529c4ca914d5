package local

import (
	"context"
	"net/http"
	"net/url"

	"github.com/deskbell/deskbell/internal/wire"
)

// Announcement is a known outage, and how the caller stands to it.
type Announcement struct {
	wire.Announcement
	Seen int64 `json:"seen,omitempty"` // the revision that the caller was told of
	Hit  bool  `json:"hit,omitempty"`  // the caller has said that it hits them too
}

// Told says that a person was told of a revision.
type Told struct {
	Revision int64 `json:"revision"`
}

// ToldOf notes that the caller was told of a revision of an announcement: no tray tells
// them again.
func (c *Client) ToldOf(ctx context.Context, announcement string, revision int64) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "/v1/announcements/"+url.PathEscape(announcement)+"/told", Told{revision})
	return err
}

// HitToo says that an outage hits the caller too.
func (c *Client) HitToo(ctx context.Context, announcement string) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodPost, "/v1/announcements/"+url.PathEscape(announcement)+"/hit", nil)
}

// OutageAsked asks the caller whether an outage that is said to be over is fixed for them.
type OutageAsked struct {
	wire.OutageQuestion
	Seen     bool `json:"seen,omitempty"` // the caller was told of it
	Answered bool `json:"answered,omitempty"`
	Works    bool `json:"works,omitempty"` // the answer
}

// Fixed is the answer.
type Fixed struct {
	Works    bool   `json:"works"`
	Language string `json:"language,omitempty"` // that the caller reads
}

// AskedOf notes that the caller was told of a question: no tray asks them again.
func (c *Client) AskedOf(ctx context.Context, question string) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "/v1/questions/"+url.PathEscape(question)+"/told", nil)
	return err
}

// Fixed says whether an outage is over for the caller. This machine has a quick look at
// itself before.
func (c *Client) Fixed(ctx context.Context, question string, f Fixed) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodPost, "/v1/questions/"+url.PathEscape(question)+"/answer", f)
}
