package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Client asks the agent of this machine.
type Client struct {
	http *http.Client
}

// NewClient returns a client of the agent that keeps its state in dir, or of the
// installed one when dir is empty. It does not connect yet.
func NewClient(dir string) *Client {
	address := pipe.Address(dir)
	return &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return pipe.Dial(ctx, address)
		},
		MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
	}}}
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status returns what the tray shows.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Watch calls on for the status now and at each change, until ctx ends or the
// agent goes away.
func (c *Client) Watch(ctx context.Context, on func(Status)) error {
	return stream(ctx, c, http.MethodGet, "/v1/watch", nil, on)
}

// Checkup runs a check-up and calls on as sections come in; the last one is Done.
func (c *Client) Checkup(ctx context.Context, r CheckupRequest, on func(Checkup)) error {
	return stream(ctx, c, http.MethodPost, "/v1/checkup", r, on)
}

// Attach hands the bytes of an attachment to the agent. The caller reads the
// file, with the caller's rights.
func (c *Client) Attach(ctx context.Context, name string, data io.Reader) (wire.Attachment, error) {
	var a wire.Attachment
	resp, err := c.do(ctx, http.MethodPost, "/v1/attachments?name="+url.QueryEscape(name), "application/octet-stream", data)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, decode(resp.Body, &a)
}

// Attachment returns the bytes of an attachment on a ticket of the caller's.
func (c *Client) Attachment(ctx context.Context, ticket, sha string) (io.ReadCloser, error) {
	resp, err := c.do(ctx, http.MethodGet, "/v1/tickets/"+url.PathEscape(ticket)+"/attachments/"+url.PathEscape(sha), "", nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Ring saves a ticket and tells whether it is sent already.
func (c *Client) Ring(ctx context.Context, d Draft) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodPost, "/v1/tickets", d)
}

// Receipt tells what has become of a ring, a reply or an act.
func (c *Client) Receipt(ctx context.Context, ref string) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodGet, "/v1/receipts/"+url.PathEscape(ref), nil)
}

// Tickets returns the caller's tickets.
func (c *Client) Tickets(ctx context.Context) (Tickets, error) {
	return call[Tickets](ctx, c, http.MethodGet, "/v1/tickets", nil)
}

// Ticket returns one of the caller's tickets, by its id or by the ref of its ring.
func (c *Client) Ticket(ctx context.Context, id string) (Ticket, error) {
	return call[Ticket](ctx, c, http.MethodGet, "/v1/tickets/"+url.PathEscape(id), nil)
}

// Reply saves a message on a ticket.
func (c *Client) Reply(ctx context.Context, ticket string, r Reply) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodPost, "/v1/tickets/"+url.PathEscape(ticket)+"/replies", r)
}

// Act saves an act on a ticket.
func (c *Client) Act(ctx context.Context, ticket string, a Act) (Receipt, error) {
	return call[Receipt](ctx, c, http.MethodPost, "/v1/tickets/"+url.PathEscape(ticket)+"/acts", a)
}

// Read tells the agent, and through it the server, how far the caller has read.
func (c *Client) Read(ctx context.Context, ticket, message string) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "/v1/tickets/"+url.PathEscape(ticket)+"/read", Read{Message: message})
	return err
}

// Looks returns who looked at this machine, newest first.
func (c *Client) Looks(ctx context.Context) ([]Look, error) {
	return call[[]Look](ctx, c, http.MethodGet, "/v1/looks", nil)
}

// Ledger returns who looked at this machine, and whether that list is whole.
func (c *Client) Ledger(ctx context.Context) (Ledger, error) {
	return call[Ledger](ctx, c, http.MethodGet, "/v1/ledger", nil)
}

// Suggest returns articles that may answer what the caller is writing: none when
// there is no connection.
func (c *Client) Suggest(ctx context.Context, text string) ([]Article, error) {
	return call[[]Article](ctx, c, http.MethodPost, "/v1/articles/suggest", Question{Text: text})
}

// Helped tells that an article has answered the caller's question.
func (c *Client) Helped(ctx context.Context, article, question string) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, "/v1/articles/"+url.PathEscape(article)+"/helped", Question{Text: question})
	return err
}

// Portal returns a one-time link that signs the caller in to the
// portal, and leads to a page of it; "" is the first one.
func (c *Client) Portal(ctx context.Context, page wire.PortalPage) (Portal, error) {
	return call[Portal](ctx, c, http.MethodPost, "/v1/portal", PortalRequest{Page: page})
}

func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var out T
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return out, nil
	}
	return out, decode(resp.Body, &out)
}

// stream reads one JSON value a line.
func stream[T any](ctx context.Context, c *Client, method, path string, in any, on func(T)) error {
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, wire.MaxMessage)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue // kept alive
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return fault.Say(fault.Internal, "error.not_understood").Because(err)
		}
		on(v)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return lines.Err()
}

func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	if in == nil {
		return c.do(ctx, method, path, "", nil)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, method, path, "application/json", bytes.NewReader(b))
}

func (c *Client) do(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://agent"+path, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return nil, f
		}
		return nil, fault.Say(fault.Unavailable, "error.no_service").Because(err)
	}
	if resp.StatusCode >= 400 {
		defer resp.Body.Close()
		var p Problem
		if err := decode(resp.Body, &p); err != nil || p.Detail == "" {
			return nil, fault.Newf(fault.Internal, "The Deskbell service on this machine answered with status %d.", resp.StatusCode)
		}
		return nil, &fault.Error{Code: p.Code, Sentence: p.Detail, Field: p.Field, Text: p.Said}
	}
	return resp, nil
}

func decode(r io.Reader, into any) error {
	if err := json.NewDecoder(io.LimitReader(r, 16<<20)).Decode(into); err != nil {
		return fault.Say(fault.Internal, "error.not_understood").Because(err)
	}
	return nil
}
