package localapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// maxRequest bounds a request that is not an attachment: a text of 64 KiB with
// every byte escaped, and some.
const maxRequest = 2 << 20

// handler answers a request of the person uid. An error becomes a problem.
type handler func(w http.ResponseWriter, r *http.Request, uid string) error

// routes are those of package local's client, and no others.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /v1/status":                         s.status,
		"GET /v1/watch":                          s.watch,
		"POST /v1/checkup":                       s.checkup,
		"POST /v1/site":                          s.trySite,
		"POST /v1/recorder/marks":                s.mark,
		"GET /v1/recorder/around":                s.recording,
		"GET /v1/changes":                        s.changed,
		"POST /v1/attachments":                   s.attach,
		"GET /v1/tickets/{id}/attachments/{sha}": s.attachment,
		"POST /v1/tickets":                       s.ring,
		"GET /v1/receipts/{ref}":                 s.receipt,
		"GET /v1/tickets":                        s.tickets,
		"GET /v1/tickets/{id}":                   s.ticket,
		"POST /v1/tickets/{id}/replies":          s.reply,
		"POST /v1/tickets/{id}/acts":             s.act,
		"POST /v1/tickets/{id}/read":             s.read,
		"GET /v1/looks":                          s.looks,
		"GET /v1/about":                          s.about,
		"GET /v1/ledger":                         s.ledger,
		"POST /v1/looks/{id}/end":                s.endLook,
		"POST /v1/consents/{id}":                 s.consent,
		"PUT /v1/screens/{id}":                   s.screen,
		"POST /v1/fixes/plan":                    s.fixing(s.planFix),
		"POST /v1/fixes":                         s.fixing(s.fix),
		"GET /v1/fixes":                          s.fixing(s.listFixes),
		"POST /v1/fixes/{id}/helped":             s.fixing(s.fixHelped),
		"POST /v1/fixes/{id}/undo":               s.fixing(s.undoFix),
		"POST /v1/portal":                        s.portal,
		"POST /v1/articles/suggest":              s.suggest,
		"POST /v1/announcements/{id}/told":       s.told,
		"POST /v1/announcements/{id}/hit":        s.hitToo,
		"POST /v1/questions/{id}/told":           s.askedOf,
		"POST /v1/questions/{id}/answer":         s.fixed,
		"POST /v1/articles/{id}/helped":          s.helped,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r, callerOf(r)); err != nil {
				s.problem(w, r, err)
			}
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.problem(w, r, fault.Say(fault.Unsupported, "error.old_service"))
	})
	return mux
}

// statuses are the HTTP statuses of the codes.
func statusOf(c fault.Code) int {
	return map[fault.Code]int{
		fault.Invalid: http.StatusUnprocessableEntity, fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
		fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Stale: http.StatusPreconditionFailed,
		fault.TooLarge: http.StatusRequestEntityTooLarge, fault.TooMany: http.StatusTooManyRequests, fault.Expired: http.StatusGone,
		fault.Used: http.StatusGone, fault.Held: http.StatusForbidden, fault.WrongServer: http.StatusBadGateway,
		fault.Unsupported: http.StatusNotFound, fault.Unavailable: http.StatusServiceUnavailable, fault.Full: http.StatusInsufficientStorage,
	}[c]
}

func (s *Server) problem(w http.ResponseWriter, r *http.Request, err error) {
	code := fault.CodeOf(err)
	status := statusOf(code)
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status == http.StatusInternalServerError && r.Context().Err() == nil { // else the caller has gone, and needs no answer
		s.log.Error("a request failed", "route", r.Pattern, "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Connection", "close") // the rest of a refused body is not read
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(local.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fault.Sentence(err), Code: code, Said: fault.TextOf(err), Field: fault.FieldOf(err),
	})
}

// in reads a request's body.
func in[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var v T
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&v)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return v, fault.Say(fault.TooLarge, "error.request_too_large")
	}
	if err != nil {
		return v, fault.Wrap(err, fault.Invalid, "The request is not JSON of the form that the local API prescribes.")
	}
	return v, nil
}

// out answers with a value, unless there is an error.
func out(w http.ResponseWriter, v any, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// lines answers with one value a line, each sent at once, within a time limit: a
// reader that stands still is hung up on.
type lines struct {
	w    http.ResponseWriter
	c    *http.ResponseController
	gone bool // whoever read does so no longer
}

func newLines(w http.ResponseWriter) *lines {
	w.Header().Set("Content-Type", "application/x-ndjson")
	return &lines{w: w, c: http.NewResponseController(w)}
}

// send sends a value, or an empty line for nil.
func (l *lines) send(v any) {
	err := l.c.SetWriteDeadline(time.Now().Add(writeTimeout))
	switch {
	case err != nil:
	case v == nil:
		_, err = l.w.Write([]byte("\n"))
	default:
		err = json.NewEncoder(l.w).Encode(v)
	}
	if err == nil {
		err = l.c.Flush()
	}
	l.gone = l.gone || err != nil
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request, uid string) error {
	s.desk.Watching(uid)
	return out(w, s.desk.Status(uid), nil)
}

// settle is how long changes are collected before they are sent: a burst is one.
const settle = 20 * time.Millisecond

// watch sends the status at each change that shows, and an empty line now and then
// so that both sides notice when the other is gone.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, uid string) error {
	s.desk.Watching(uid)
	defer s.here(r, uid)()
	l := newLines(w)
	var last string
	for {
		changes := s.desk.Changes()
		now := s.desk.Status(uid)
		b, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if string(b) != last {
			last = string(b)
			l.send(now)
		}
		if l.gone {
			return nil
		}
		pause := settle
		if !changes.Wait(r.Context(), s.Heartbeat) {
			l.send(nil)
			pause = 0
		}
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
			return nil
		}
	}
}

func (s *Server) checkup(w http.ResponseWriter, r *http.Request, uid string) error {
	q, err := in[local.CheckupRequest](w, r)
	if err != nil {
		return err
	}
	l := newLines(w)
	started := false
	err = s.desk.Checkup(r.Context(), uid, q, func(c local.Checkup) {
		started = true
		l.send(c) // a reader that is gone ends the context
	})
	if started {
		return nil
	}
	return err
}

func (s *Server) attach(w http.ResponseWriter, r *http.Request, uid string) error {
	body := &patientReader{r.Body, http.NewResponseController(w)}
	a, err := s.desk.Attach(uid, r.URL.Query().Get("name"), body)
	if err != nil {
		io.CopyN(io.Discard, body, 2*wire.MaxBlob) // a client that still writes would not read why
	}
	return out(w, a, err)
}

// patientReader gives each part of a body its time, however long the whole takes.
type patientReader struct {
	r io.Reader
	c *http.ResponseController
}

func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.c.SetReadDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	if errors.Is(err, io.EOF) {
		p.c.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (s *Server) attachment(w http.ResponseWriter, r *http.Request, uid string) error {
	f, a, err := s.desk.Attachment(r.Context(), uid, r.PathValue("id"), r.PathValue("sha"))
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	io.Copy(&patientWriter{w, http.NewResponseController(w)}, f) // a reader that is gone sees that it is not all
	return nil
}

// patientWriter gives each part of an answer its time.
type patientWriter struct {
	w io.Writer
	c *http.ResponseController
}

func (p *patientWriter) Write(b []byte) (int, error) {
	if err := p.c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}

func (s *Server) ring(w http.ResponseWriter, r *http.Request, uid string) error {
	d, err := in[local.Draft](w, r)
	if err != nil {
		return err
	}
	receipt, err := s.desk.Ring(r.Context(), uid, d)
	return out(w, receipt, err)
}

func (s *Server) receipt(w http.ResponseWriter, r *http.Request, uid string) error {
	receipt, err := s.desk.Receipt(uid, r.PathValue("ref"))
	return out(w, receipt, err)
}

func (s *Server) tickets(w http.ResponseWriter, r *http.Request, uid string) error {
	t, err := s.desk.Tickets(r.Context(), uid)
	return out(w, t, err)
}

func (s *Server) ticket(w http.ResponseWriter, r *http.Request, uid string) error {
	t, err := s.desk.Ticket(r.Context(), uid, r.PathValue("id"))
	return out(w, t, err)
}

func (s *Server) reply(w http.ResponseWriter, r *http.Request, uid string) error {
	m, err := in[local.Reply](w, r)
	if err != nil {
		return err
	}
	receipt, err := s.desk.Reply(r.Context(), uid, r.PathValue("id"), m)
	return out(w, receipt, err)
}

func (s *Server) act(w http.ResponseWriter, r *http.Request, uid string) error {
	a, err := in[local.Act](w, r)
	if err != nil {
		return err
	}
	receipt, err := s.desk.Act(r.Context(), uid, r.PathValue("id"), a)
	return out(w, receipt, err)
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, uid string) error {
	m, err := in[local.Read](w, r)
	if err != nil {
		return err
	}
	if err := s.desk.Read(uid, r.PathValue("id"), m.Message); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) looks(w http.ResponseWriter, _ *http.Request, _ string) error {
	k, err := s.desk.Looks()
	return out(w, k.Looks, err)
}

func (s *Server) about(w http.ResponseWriter, _ *http.Request, _ string) error {
	return out(w, s.About, nil)
}

func (s *Server) ledger(w http.ResponseWriter, _ *http.Request, _ string) error {
	k, err := s.desk.Looks()
	return out(w, k, err)
}

func (s *Server) portal(w http.ResponseWriter, r *http.Request, uid string) error {
	q := local.PortalRequest{}
	if r.ContentLength != 0 { // an older program says nothing of a page
		var err error
		if q, err = in[local.PortalRequest](w, r); err != nil {
			return err
		}
	}
	p, err := s.desk.Portal(r.Context(), uid, q.Page)
	return out(w, p, err)
}
