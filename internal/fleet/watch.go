package fleet

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// expect notes that the watched page is to show a ring.
func (f *Fleet) expect(id string) {
	if f.options.Token == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending[id] = time.Now()
}

// shown notes that the watched page has it.
func (f *Fleet) shown(id string) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, ok := f.pending[id]; ok {
		delete(f.pending, id)
		f.stats.page.Add(now.Sub(at))
	}
}

// watch stands for a technician's page: it listens to the server's events and
// goes on where it was cut off.
func (f *Fleet) watch(ctx context.Context) {
	client := f.webClient()
	last := ""
	for ctx.Err() == nil {
		err := f.listen(ctx, client, &last)
		if ctx.Err() != nil {
			return
		}
		f.log.Warn("the page lost its events", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// webClient reaches the server as a browser would; the certificate is the pinned one.
func (f *Fleet) webClient() *http.Client {
	pin := f.endpoints[0].id.Pin
	t := &http.Transport{}
	if len(pin) > 0 {
		t.TLSClientConfig = &tls.Config{
			MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, // VerifyConnection does what is skipped
			VerifyConnection: func(s tls.ConnectionState) error {
				if len(s.PeerCertificates) == 0 || string(pin) != string(sum(s.PeerCertificates[0].RawSubjectPublicKeyInfo)) {
					return errors.New("the certificate is not the pinned one")
				}
				return nil
			},
		}
	}
	return &http.Client{Transport: t}
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// listen reads one stream of events to its end. last is the newest event's id.
func (f *Fleet) listen(ctx context.Context, client *http.Client, last *string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.endpoints[0].id.URL+"/api/v1/events", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+f.options.Token)
	if *last != "" {
		req.Header.Set("Last-Event-ID", *last)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "The server answers the page with “"+resp.Status+"”.")
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			*last = value
		case "data":
			var e struct {
				Data struct {
					Ref string `json:"ref"`
				} `json:"data"`
			}
			if json.Unmarshal([]byte(value), &e) == nil && e.Data.Ref != "" {
				f.shown(e.Data.Ref)
			}
		}
	}
	return lines.Err()
}
