package localapi_test

import (
	"context"
	"io"
	"testing"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Nobody reaches what is somebody else's, root included: to them it is not there.
func TestEveryoneSeesTheirOwn(t *testing.T) {
	h := open(t)
	ticket, ref, sha, checkup := h.theirs(t)
	tests := map[string]func(context.Context, *local.Client) error{
		"ticket":  func(ctx context.Context, c *local.Client) error { _, err := c.Ticket(ctx, ticket); return err },
		"ring":    func(ctx context.Context, c *local.Client) error { _, err := c.Ticket(ctx, ref); return err },
		"receipt": func(ctx context.Context, c *local.Client) error { _, err := c.Receipt(ctx, ref); return err },
		"reply": func(ctx context.Context, c *local.Client) error {
			_, err := c.Reply(ctx, ticket, local.Reply{Body: "x"})
			return err
		},
		"reply, ref": func(ctx context.Context, c *local.Client) error {
			_, err := c.Reply(ctx, ref, local.Reply{Body: "x"})
			return err
		},
		"act": func(ctx context.Context, c *local.Client) error {
			_, err := c.Act(ctx, ticket, local.Act{Act: wire.ActConfirm})
			return err
		},
		"read":       func(ctx context.Context, c *local.Client) error { return c.Read(ctx, ticket, "M1") },
		"attachment": func(ctx context.Context, c *local.Client) error { return drain(c.Attachment(ctx, ref, sha)) },
		"attach it": func(ctx context.Context, c *local.Client) error {
			_, err := c.Ring(ctx, local.Draft{Title: "x", Attachments: []wire.Attachment{{SHA256: sha, Name: "x"}}})
			return err
		},
		"send it": func(ctx context.Context, c *local.Client) error {
			_, err := c.Ring(ctx, local.Draft{Title: "x", Checkup: checkup})
			return err
		},
		"its ref": func(ctx context.Context, c *local.Client) error {
			_, err := c.Ring(ctx, local.Draft{Title: "x", Ref: ref})
			return err
		},
	}
	for name, act := range tests {
		for _, uid := range []string{"1001", "0"} {
			if err := act(t.Context(), h.as(t, uid)); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
				t.Errorf("%s by %s: %v", name, uid, err)
			}
		}
		if name == "its ref" || name == "act" {
			continue
		}
		if err := act(t.Context(), h.as(t, "1000")); err != nil {
			t.Errorf("%s by its owner: %v", name, err)
		}
	}
	for _, uid := range []string{"1001", "0"} {
		c := h.as(t, uid)
		if l, err := c.Tickets(t.Context()); err != nil || len(l.Items) != 0 {
			t.Errorf("%s sees %d tickets, %v", uid, len(l.Items), err)
		}
		if s, err := c.Status(t.Context()); err != nil || s.Unread != 0 || s.Waiting != 0 || len(s.News) != 0 {
			t.Errorf("%s has the status %+v, %v", uid, s, err)
		}
	}
}

func drain(r io.ReadCloser, err error) error {
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}
