package local

import (
	"context"
	"net/http"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// MarkFroze is the mark of an employee who says “It froze just now”.
const MarkFroze = "froze"

// Mark marks a moment in the flight recorder, and returns it.
func (c *Client) Mark(ctx context.Context, m diagnostics.Mark) (diagnostics.Mark, error) {
	return call[diagnostics.Mark](ctx, c, http.MethodPost, "/v1/recorder/marks", m)
}

// Recording returns what was recorded around the newest mark of the last hour.
// Without one it is a NotFound fault.
func (c *Client) Recording(ctx context.Context) (diagnostics.Recording, error) {
	return call[diagnostics.Recording](ctx, c, http.MethodGet, "/v1/recorder/around", nil)
}

// Changes returns what has changed on this machine, and how it stands against the
// last moment at which nothing was wrong with it.
func (c *Client) Changes(ctx context.Context) (inventory.Changes, error) {
	return call[inventory.Changes](ctx, c, http.MethodGet, "/v1/changes", nil)
}
