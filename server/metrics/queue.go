package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// queue are requests that wait for another store, one a file, oldest first. Beyond its
// bound the oldest go: telemetry may be lost.
type queue struct {
	dir     string
	away    *Away
	client  *http.Client
	log     *slog.Logger
	stats   *stats
	most    int64
	arrived chan struct{}
	way     way

	mu      sync.Mutex
	files   []waiting
	bytes   int64
	next    uint64
	dropped uint64    // requests, for want of room in the bound
	refused uint64    // series that the store said no to
	problem string    // of the last attempt; empty: it worked
	since   time.Time // of the problem
}

type waiting struct {
	name string
	size int64
}

const (
	queueSuffix  = ".write"
	sendWithin   = 30 * time.Second
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 30 * time.Second
)

// open finds what an earlier run has left.
func (q *queue) open() error {
	if err := os.MkdirAll(q.dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(q.dir) // by name, which is by age
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), queueSuffix)
		n, err := strconv.ParseUint(digits, 10, 64)
		info, gone := e.Info()
		if !ok || err != nil || gone != nil {
			continue
		}
		q.files = append(q.files, waiting{e.Name(), info.Size()})
		q.bytes += info.Size()
		q.next = n + 1
	}
	return nil
}

// add keeps a request until it is sent.
func (q *queue) add(body []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := waiting{fmt.Sprintf("%020d%s", q.next, queueSuffix), int64(len(body))}
	q.next++
	path := filepath.Join(q.dir, w.name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		os.Remove(path) // half of it
		return err
	}
	q.files = append(q.files, w)
	q.bytes += w.size
	for q.bytes > q.most && len(q.files) > 1 {
		if q.dropped == 0 {
			q.log.Warn("the other store has been away for so long that the oldest readings go", "buffer", q.most)
		}
		q.dropped++
		q.leave(q.files[0].name)
	}
	select {
	case q.arrived <- struct{}{}:
	default:
	}
	return nil
}

// leave forgets a request. The caller holds mu.
func (q *queue) leave(name string) {
	i := slices.IndexFunc(q.files, func(w waiting) bool { return w.name == name })
	if i < 0 {
		return // it has gone for want of room
	}
	q.bytes -= q.files[i].size
	q.files = slices.Delete(q.files, i, i+1)
	if err := os.Remove(filepath.Join(q.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		q.log.Warn("what was sent cannot be removed", "err", err)
	}
}

func (q *queue) first() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.files) == 0 {
		return "", false
	}
	return q.files[0].name, true
}

// send sends what waits, the oldest first, until ctx ends. A failure is tried again after
// half a second, and ever longer up to half a minute, at random.
func (q *queue) send(ctx context.Context) {
	back := firstBackoff
	for ctx.Err() == nil {
		name, ok := q.first()
		if !ok {
			select {
			case <-ctx.Done():
			case <-q.arrived:
			}
			continue
		}
		body, err := os.ReadFile(filepath.Join(q.dir, name))
		if err == nil {
			err = q.deliver(ctx, body)
		}
		if ctx.Err() != nil {
			return
		}
		var later *laterError
		if errors.As(err, &later) {
			q.failed(err)
			q.way.went(time.Now(), false)
			wait := max(later.wait, back/2+rand.N(back))
			back = min(2*back, lastBackoff)
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
			continue
		}
		back = firstBackoff
		if err == nil { // else it is the file that cannot be read
			q.way.went(time.Now(), true)
		}
		q.mu.Lock()
		if err == nil && q.problem != "" {
			q.log.Info("the other store takes readings again", "after", time.Since(q.since).Round(time.Second))
			q.problem = ""
		}
		q.leave(name)
		q.mu.Unlock()
	}
}

func (q *queue) failed(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.problem == "" {
		q.since = time.Now()
		q.log.Error("the other store takes no readings: they wait on disk, tickets are not touched", "err", err)
	}
	q.problem = err.Error()
}

// laterError is a failure that may be over the next time.
type laterError struct {
	err  error
	wait time.Duration // as the store wishes
}

func (e *laterError) Error() string { return e.err.Error() }

// deliver sends one request. What the store refuses for good is halved until only the
// series that it does not want is left out: it may refuse thousands for one.
func (q *queue) deliver(ctx context.Context, body []byte) error {
	err := q.post(ctx, body)
	var no *noError
	if !errors.As(err, &no) {
		return err
	}
	series, broken := unpack(body)
	if broken != nil || len(series) < 2 {
		q.mu.Lock()
		if q.refused++; q.refused == 1 {
			q.log.Warn("the other store has refused a series; more are only counted", "err", err)
		}
		q.mu.Unlock()
		for i := range series {
			q.stats.count(refused, len(series[i].Samples))
		}
		return nil
	}
	half := len(series) / 2
	if err := q.deliver(ctx, pack(series[:half])); err != nil {
		return err
	}
	return q.deliver(ctx, pack(series[half:]))
}

// noError is a definite no.
type noError struct{ said string }

func (e *noError) Error() string { return e.said }

func (q *queue) post(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, q.away.Write, bytes.NewReader(body))
	if err != nil {
		return &laterError{err: err}
	}
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	r.Header.Set("User-Agent", "deskbell-server")
	a, err := q.client.Do(r)
	if err != nil {
		return &laterError{err: err}
	}
	defer a.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(a.Body, 512)) // what it says is for the log alone
	text := fmt.Errorf("it answers %s: %q", a.Status, bytes.TrimSpace(said))
	switch {
	case a.StatusCode/100 == 2:
		return nil
	case a.StatusCode == http.StatusBadRequest || a.StatusCode == http.StatusRequestEntityTooLarge || a.StatusCode == http.StatusUnprocessableEntity:
		return &noError{text.Error()}
	}
	seconds, _ := strconv.Atoi(a.Header.Get("Retry-After"))
	return &laterError{text, min(time.Duration(max(seconds, 0))*time.Second, 5*time.Minute)}
}
