package localtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func (a *Agent) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(route string, h func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			a.mu.Lock()
			err := a.failing[route]
			a.mu.Unlock()
			if err == nil {
				err = h(w, r)
			}
			if err != nil {
				problem(w, err)
			}
		})
	}
	handle("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) error { return write(w, a.currently()) })
	handle("GET /v1/watch", a.watch)
	handle("POST /v1/checkup", a.runCheckup)
	handle("POST /v1/site", a.trySite)
	handle("POST /v1/attachments", a.attach)
	handle("POST /v1/tickets", a.ring)
	handle("GET /v1/tickets", a.list)
	handle("GET /v1/tickets/{id}", a.one)
	handle("GET /v1/receipts/{ref}", a.receipt)
	handle("POST /v1/tickets/{id}/replies", a.reply)
	handle("POST /v1/tickets/{id}/acts", a.act)
	handle("POST /v1/tickets/{id}/read", a.read)
	handle("GET /v1/tickets/{id}/attachments/{sha}", func(w http.ResponseWriter, r *http.Request) error {
		b := a.File(r.PathValue("sha"))
		if b == nil {
			return fault.New(fault.NotFound, "There is no such file.")
		}
		_, err := w.Write(b)
		return err
	})
	handle("GET /v1/looks", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		return write(w, append([]local.Look{}, a.looks...))
	})
	handle("GET /v1/about", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		return write(w, a.about)
	})
	handle("GET /v1/ledger", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		k := a.ledger
		k.Looks = append([]local.Look{}, a.looks...)
		return write(w, k)
	})
	handle("POST /v1/looks/{id}/end", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.ended = append(a.ended, r.PathValue("id"))
		return write(w, struct{}{})
	})
	handle("POST /v1/consents/{id}", a.consent)
	handle("PUT /v1/screens/{id}", a.screen)
	handle("POST /v1/fixes/plan", a.planFix)
	handle("POST /v1/fixes", a.fix)
	handle("POST /v1/fixes/{id}/helped", a.fixHelped)
	handle("POST /v1/fixes/{id}/undo", a.undoFix)
	handle("POST /v1/articles/suggest", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		return write(w, append([]local.Article{}, a.Offers...))
	})
	handle("POST /v1/announcements/{id}/told", func(w http.ResponseWriter, r *http.Request) error {
		var q local.Told
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Told[r.PathValue("id")] = q.Revision
		return write(w, struct{}{})
	})
	handle("POST /v1/questions/{id}/told", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.AskedOf[r.PathValue("id")] = true
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("POST /v1/questions/{id}/answer", func(w http.ResponseWriter, r *http.Request) error {
		var q local.Fixed
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Fixed[r.PathValue("id")] = q
		return write(w, local.Receipt{Ref: "answer", Delivery: local.Sent})
	})
	handle("POST /v1/announcements/{id}/hit", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Hits = append(a.Hits, r.PathValue("id"))
		return write(w, local.Receipt{Ref: "01HIT", Delivery: a.delivery})
	})
	handle("POST /v1/articles/{id}/helped", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Helps = append(a.Helps, r.PathValue("id"))
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("POST /v1/recorder/marks", func(w http.ResponseWriter, r *http.Request) error {
		var m diagnostics.Mark
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Marks = append(a.Marks, m)
		return write(w, m)
	})
	handle("GET /v1/changes", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.changes == nil {
			return fault.New(fault.NotFound, "This computer does not keep what has changed on it.")
		}
		return write(w, a.changes)
	})
	handle("GET /v1/recorder/around", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.recorded == nil {
			return fault.New(fault.NotFound, "Nothing was marked in the last hour.")
		}
		return write(w, a.recorded)
	})
	handle("POST /v1/portal", func(w http.ResponseWriter, r *http.Request) error {
		var in local.PortalRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Portals++
		return write(w, local.Portal{URL: fmt.Sprintf("https://desk.example/portal/%d%s", a.Portals, in.Page), ExpiresAt: time.Now().Add(time.Minute)})
	})
	return mux
}

func (a *Agent) currently() local.Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status
}

func (a *Agent) watch(w http.ResponseWriter, r *http.Request) error {
	for {
		a.mu.Lock()
		s, changed := a.status, a.changed
		a.mu.Unlock()
		if err := write(w, s); err != nil {
			return err
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return nil
		}
	}
}

func (a *Agent) runCheckup(w http.ResponseWriter, r *http.Request) error {
	var q local.CheckupRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	a.Checkups = append(a.Checkups, q)
	steps := a.checkup
	a.mu.Unlock()
	if steps == nil {
		steps = []Step{{Value: local.Checkup{ID: "C1", Done: true}}}
	}
	for _, s := range steps {
		select {
		case <-time.After(s.After):
		case <-r.Context().Done():
			return nil
		}
		if err := write(w, s.Value); err != nil {
			return err
		}
		w.(http.Flusher).Flush()
	}
	return nil
}

func (a *Agent) attach(w http.ResponseWriter, r *http.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	at := wire.Attachment{SHA256: hex.EncodeToString(sum[:]), Name: r.URL.Query().Get("name"), Size: int64(len(b)), Type: http.DetectContentType(b)}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[at.SHA256] = b
	return write(w, at)
}

func (a *Agent) ring(w http.ResponseWriter, r *http.Request) error {
	var d local.Draft
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Rings = append(a.Rings, d)
	a.next++
	ref := fmt.Sprintf("R%d", a.next)
	t := local.Ticket{Delivery: a.delivery}
	t.Ref, t.Title, t.Body, t.CreatedAt, t.UpdatedAt = ref, d.Title, d.Body, time.Now(), time.Now()
	rec := local.Receipt{Ref: ref, Delivery: a.delivery}
	switch a.delivery {
	case local.Sent:
		rec.Ticket, rec.Number = fmt.Sprintf("T%d", a.next), int64(a.next)
		t.ID, t.Number, t.State = rec.Ticket, rec.Number, "new"
	case local.Refused:
		rec.Code, rec.Sentence = fault.TooLarge, "The title is longer than 200 characters."
		t.Problem = rec.Sentence
	}
	a.tickets = slices.Insert(a.tickets, 0, t)
	a.receipts[ref] = rec
	a.status.Tickets++
	a.tell()
	return write(w, rec)
}

func (a *Agent) list(w http.ResponseWriter, _ *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return write(w, local.Tickets{Items: append([]local.Ticket{}, a.tickets...), AsOf: a.asOf})
}

// find returns a ticket by its id or its ref. The caller holds mu.
func (a *Agent) find(id string) (*local.Ticket, error) {
	for i := range a.tickets {
		if t := &a.tickets[i]; t.ID == id || t.Ref == id {
			return t, nil
		}
	}
	return nil, fault.Say(fault.NotFound, "error.no_ticket")
}

func (a *Agent) one(w http.ResponseWriter, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	return write(w, *t)
}

func (a *Agent) receipt(w http.ResponseWriter, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	rec, ok := a.receipts[r.PathValue("ref")]
	if !ok {
		return fault.New(fault.NotFound, "There is no such receipt.")
	}
	return write(w, rec)
}

// took settles something on a ticket as Deliver has set it. The caller holds mu.
func (a *Agent) took(w http.ResponseWriter, t *local.Ticket, p local.PendingMessage) error {
	a.next++
	p.Ref, p.At, p.Delivery = fmt.Sprintf("R%d", a.next), time.Now(), a.delivery
	if p.Delivery == local.Sent {
		if p.Act == "" {
			t.Messages = append(t.Messages, wire.MessageView{ID: p.Ref, At: p.At, Author: "You", Mine: true, Body: p.Body})
		}
	} else {
		t.Pending = append(t.Pending, p)
	}
	t.UpdatedAt = p.At
	rec := local.Receipt{Ref: p.Ref, Delivery: p.Delivery, Ticket: t.ID, Number: t.Number}
	a.receipts[p.Ref] = rec
	a.status.Tickets++
	a.tell()
	return write(w, rec)
}

func (a *Agent) reply(w http.ResponseWriter, r *http.Request) error {
	var in local.Reply
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	a.Replies[t.ID] = append(a.Replies[t.ID], in)
	return a.took(w, t, local.PendingMessage{Body: in.Body})
}

func (a *Agent) act(w http.ResponseWriter, r *http.Request) error {
	var in local.Act
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	a.Acts[t.ID] = append(a.Acts[t.ID], in)
	if a.delivery == local.Sent {
		switch in.Act {
		case wire.ActConfirm:
			t.State = "closed"
		case wire.ActReopen:
			t.State = "in_progress"
		case wire.ActRate:
			t.Rating, t.Comment = in.Rating, in.Comment
		case wire.ActCancel:
			t.State = "cancelled"
		}
	}
	return a.took(w, t, local.PendingMessage{Act: in.Act, Body: in.Comment})
}

func (a *Agent) read(w http.ResponseWriter, r *http.Request) error {
	var in local.Read
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	a.Reads[t.ID] = in.Message
	if t.Unread > 0 {
		t.Unread = 0
		a.status.News = slices.DeleteFunc(slices.Clone(a.status.News), func(n local.News) bool { return n.Ticket == t.ID })
		a.status.Unread = len(a.status.News)
		a.status.Tickets++
		a.tell()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func write(w http.ResponseWriter, v any) error { return json.NewEncoder(w).Encode(v) }

func problem(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if f, ok := errors.AsType[*fault.Error](err); ok {
		status = cmp.Or(map[fault.Code]int{fault.NotFound: 404, fault.Full: 507, fault.Invalid: 422, fault.Unavailable: 503}[f.Code], 400)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(local.Problem{Title: http.StatusText(status), Status: status, Detail: fault.Sentence(err), Code: fault.CodeOf(err), Said: fault.TextOf(err), Field: fault.FieldOf(err)})
}
