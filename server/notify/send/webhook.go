package send

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/server/notify"
)

// The headers of a webhook.
const (
	HeaderID        = "Deskbell-Delivery"
	HeaderTime      = "Deskbell-Timestamp"
	HeaderSignature = "Deskbell-Signature"
)

// hook is a webhook's body.
type hook struct {
	Version int               `json:"version"`
	ID      string            `json:"id"`
	Event   notify.Event      `json:"event"`
	At      time.Time         `json:"at"`
	Channel string            `json:"channel"`
	Group   string            `json:"group"`
	Labels  map[string]string `json:"labels"`
	Title   string            `json:"title"`
	Lead    string            `json:"lead,omitempty"`
	URL     string            `json:"url"`
	Alerts  []hookAlert       `json:"alerts"`
	More    int               `json:"more"`
}

type hookAlert struct {
	notify.Line
	Status string `json:"status"`
	New    bool   `json:"new"`
	URL    string `json:"url,omitempty"`
}

// Sign is the signature of a body that is sent at a moment: HMAC-SHA256 over the
// seconds since 1970 in decimal, a dot, and the body.
func Sign(key string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(strconv.FormatInt(at.Unix(), 10) + "."))
	h.Write(body)
	return "v1=" + hex.EncodeToString(h.Sum(nil))
}

func (s *Sender) webhook(ctx context.Context, c notify.Channel, key string, n notify.Note) (string, error) {
	doc := hook{Version: 1, ID: n.ID, Event: n.Event, At: n.At.UTC(), Channel: c.Name, Group: n.Group, Labels: n.Labels, Title: n.Title(), Lead: n.Lead, URL: s.link(""), Alerts: []hookAlert{}, More: n.More}
	for _, l := range n.Alerts {
		status := "firing"
		if !l.Fires() {
			status = "resolved"
		}
		doc.Alerts = append(doc.Alerts, hookAlert{Line: l, Status: status, New: l.New, URL: s.link(l.Page())})
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return "", &notify.SendError{Sentence: "The message could not be written.", Final: true, Err: err}
	}
	at := s.o.Now()
	return s.post(ctx, c.Where.URL, body, http.Header{
		HeaderID: {n.ID}, "Idempotency-Key": {n.ID}, HeaderTime: {strconv.FormatInt(at.Unix(), 10)}, HeaderSignature: {Sign(key, at, body)},
	})
}

// link leads to an endpoint, or to the alerts.
func (s *Sender) link(page string) string {
	if page != "" {
		return s.o.BaseURL() + page
	}
	return s.o.BaseURL() + "/noc/alerts"
}
