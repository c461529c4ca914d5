package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// uploadWithin is how long the bytes of an attachment may take to arrive.
const uploadWithin = 5 * time.Minute

func (a *API) attachments() {
	add(a, auth.TicketsWork, huma.Operation{
		Method: http.MethodPost, Path: "/attachments", Tags: []string{ticketTag}, Summary: "Put the bytes of an attachment",
		Description:   "Name the answer's sha256 in a message or a new ticket. At most 25 MiB.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: wire.MaxBlob, BodyReadTimeout: uploadWithin,
	}, a.putAttachment)
	add(a, auth.TicketsRead, huma.Operation{
		Method: http.MethodGet, Path: "/tickets/{id}/attachments/{sha256}", Tags: []string{ticketTag}, Summary: "Get the bytes of an attachment",
		Responses: map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{
			octets: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}},
	}, a.getAttachment)
}

type putAttachmentIn struct {
	Name    string `query:"name" required:"true" maxLength:"200" doc:"The file's name." example:"screen.png"`
	RawBody []byte `contentType:"application/octet-stream"`
}

type attachmentOut struct{ Body ticket.Attachment }

func (a *API) putAttachment(ctx context.Context, actor auth.Actor, in *putAttachmentIn) (*attachmentOut, error) {
	name, err := ticket.CleanTitle(in.Name)
	if err != nil {
		return nil, fault.Field("name", "The name is empty, longer than 200 characters, or holds control characters.")
	}
	x, err := a.Tickets.Store(ctx, actor, name, in.RawBody)
	if err != nil {
		return nil, err
	}
	return &attachmentOut{x}, nil
}

type getAttachmentIn struct {
	TicketPath
	SHA256 string `path:"sha256" maxLength:"64"`
}

// stream is an answer that is written as it comes.
type stream struct{ Body func(huma.Context) }

// octets is what every attachment is sent as: what an endpoint says its bytes are
// never decides what a browser does with them.
const octets = "application/octet-stream"

func (a *API) getAttachment(ctx context.Context, actor auth.Actor, in *getAttachmentIn) (*stream, error) {
	d, err := a.get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	x, bytes, err := a.Tickets.Attachment(ctx, actor, d.ID, in.SHA256)
	if err != nil {
		return nil, err
	}
	return &stream{func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		h := w.Header()
		h.Set("Content-Type", octets)
		h.Set("Content-Length", strconv.FormatInt(x.Size, 10))
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": x.Name}))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		w.WriteHeader(http.StatusOK)
		if _, err := io.Copy(w, bytes); err != nil && ctx.Context().Err() == nil {
			a.Log.Error("an attachment was not sent whole", "sha256", x.SHA256, "err", err)
			panic(http.ErrAbortHandler) // a short answer has to look like one
		}
	}}, nil
}
