package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
)

// rest speaks to the server as any client of the REST interface does.
type rest struct {
	client *http.Client
	base   string // http://127.0.0.1:8443
	token  string
}

// as is the same client in somebody else's name.
func (r *rest) as(token string) *rest { return &rest{r.client, r.base, token} }

// call does one request. key may be empty; with one, the request may come twice and
// has one effect. into may be nil. What the server refuses comes back as the fault
// that it named.
func (r *rest) call(ctx context.Context, method, path, key string, body, into any) error {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+"/api/v1"+path, content)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The server's address “"+r.base+"” is not one.")
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return r.do(req, into)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 20

func (r *rest) do(req *http.Request, into any) error {
	resp, err := r.client.Do(req)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The server does not answer on "+r.base+".")
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The server's answer broke off.")
	}
	if resp.StatusCode >= 300 {
		var p struct {
			Code   fault.Code `json:"code"`
			Detail string     `json:"detail"`
			Field  string     `json:"field"`
		}
		if json.Unmarshal(b, &p) != nil || p.Code == "" {
			return fault.New(fault.Unavailable, "The server answers with “"+resp.Status+"”.")
		}
		return &fault.Error{Code: p.Code, Sentence: p.Detail, Field: p.Field}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

// join adds a technician and returns a token of their own, as they would make it:
// the link that came with their account signs them in, and the session makes the
// token. Somebody who is on the staff already is a fault.Conflict.
func (r *rest) join(ctx context.Context, email, name string) (string, error) {
	var made struct {
		Link string `json:"sign_in_url"`
	}
	err := r.call(ctx, http.MethodPost, "/people", "", map[string]string{"email": email, "name": name, "role": "technician"}, &made)
	if err != nil {
		return "", err
	}
	_, secret, _ := strings.Cut(made.Link, "#")
	session, err := r.enter(ctx, secret)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/api/v1/tokens", strings.NewReader(`{"name":"demonstration","ttl":"8760h"}`))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.AddCookie(session)
	var token struct {
		Secret string `json:"token"`
	}
	return token.Secret, r.do(req, &token)
}

// enter signs in with a link's secret and returns the session.
func (r *rest) enter(ctx context.Context, secret string) (*http.Cookie, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/sign-in/link", strings.NewReader(url.Values{"secret": {secret}}.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	stay := *r.client
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := stay.Do(req)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The server does not answer on "+r.base+".")
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	for _, c := range resp.Cookies() {
		if c.Value != "" && strings.HasSuffix(c.Name, "deskbell") {
			return &http.Cookie{Name: c.Name, Value: c.Value}, nil
		}
	}
	return nil, errors.New("the sign-in link was not taken: " + resp.Status)
}
