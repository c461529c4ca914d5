package siem

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/server/audit"
)

// stream sends lines over TLS, each with its length before it (RFC 5425).
type stream struct {
	to   string
	tls  *tls.Config
	line func(audit.Entry) string
}

// send sends a batch over a connection of its own. Syslog has no acknowledgement; but a
// receiver closes its side once it has read to the end of ours, and one that dies before
// does not do so in order.
func (s *stream) send(ctx context.Context, list []audit.Entry) error {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: s.tls}
	c, err := d.DialContext(ctx, "tcp", s.to)
	if err != nil {
		return err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	for _, e := range list {
		line := s.line(e)
		b.WriteString(strconv.Itoa(len(line)))
		b.WriteByte(' ')
		b.WriteString(line)
	}
	if _, err := c.Write(b.Bytes()); err != nil {
		return err
	}
	if err := c.(*tls.Conn).CloseWrite(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(c, 1<<16))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // it has closed without TLS's goodbye, as many do
	}
	return err
}

// webhook posts JSON.
type webhook struct {
	to, token, host string
	client          *http.Client
}

func (w *webhook) send(ctx context.Context, list []audit.Entry) error {
	body := struct {
		Version int     `json:"version"`
		Host    string  `json:"host"`
		Events  []event `json:"events"`
	}{Version: 1, Host: w.host}
	for _, e := range list {
		k := kinds[e.Action]
		body.Events = append(body.Events, event{e.Seq, e.At, k.class, k.severity, string(e.Action), k.name, e.Object, e.Actor, e.Detail})
	}
	doc, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.to, bytes.NewReader(doc))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", fmt.Sprintf("%d-%d", list[0].Seq, list[len(list)-1].Seq))
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	a, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode/100 != 2 {
		return fmt.Errorf("it answers %s", a.Status)
	}
	return nil
}
