package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/deskbell/deskbell/server/auth"
)

// eventsIn documents what the stream takes; it is read there, from the request.
type eventsIn struct {
	Topics string   `query:"topics" maxLength:"100" doc:"ticket, endpoint, presence, alert, separated by commas. Left out: ticket."`
	Ticket string   `query:"ticket" maxLength:"64" doc:"Only the changes of this ticket."`
	Sample []string `query:"sample,explode" maxItems:"8" doc:"An endpoint whose readings to send every second; may come again."`
	Ask    []string `query:"ask,explode" maxItems:"8" doc:"A diagnostic whose parts to send as they come; may come again."`
	Survey []string `query:"survey,explode" maxItems:"8" doc:"A question to the fleet whose progress to send; may come again."`
	After  string   `query:"after" maxLength:"64" doc:"Where to go on, for clients that cannot send the header."`
	Last   string   `header:"Last-Event-ID" maxLength:"64" doc:"The id of the last event that came: everything since then that happened to tickets comes first."`
}

func (a *API) events() {
	add(a, auth.EventsStream, huma.Operation{
		Method: http.MethodGet, Path: "/events", Tags: []string{"Events"}, Summary: "Listen to what happens",
		Description: "Server-sent events, until either side ends it. The event's name is its topic: `ticket` (with an id to resume from), `endpoint`, `sample`, `ask`, `survey`, `presence`, `notice` (one's own, always); " +
			"its data is `{\"key\": …, \"data\": …}`, where key is the ticket, the endpoint, the diagnostic or the question to the fleet. A client that is too slow is cut off: it comes back with Last-Event-ID.",
		Responses: map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
		}}},
	}, func(_ context.Context, actor auth.Actor, _ *eventsIn) (*stream, error) {
		return &stream{func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			if err := a.Events.Serve(w, r, actor); err != nil { // nothing is written yet
				a.refuse(w, r, err)
			}
		}}, nil
	})
}
