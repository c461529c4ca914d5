package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Line is the way to the server, beside the session. Whoever has asked for one closes
// its idle connections.
type Line struct {
	Client *http.Client
	URL    string // of the server
	Server string // host:port
}

const (
	speedQueue = 45 * time.Second       // how long one waits for others to be done
	speedEvery = 500 * time.Millisecond // a part of the answer
	delayEvery = 100 * time.Millisecond // a small question, while the line is busy
	delayCount = 15                     // small questions, while it is not
	delayWait  = 3 * time.Second        // for the answer to one
	settle     = 300 * time.Millisecond
)

func (r *Runner) speed(p wire.SpeedParams) (job, error) {
	seconds, err := between("seconds", p.Seconds, 1, int(wire.SpeedTime/time.Second), 6)
	if err != nil {
		return job{}, err
	}
	if r.options.Line == nil {
		return job{}, fault.New(fault.NotFound, "This machine has no server to which its line could be measured.")
	}
	if p.Pass == "" {
		return job{}, fault.Field("pass", "The server gave no pass for this measurement.")
	}
	limit := speedQueue + 2*wire.SpeedTime + 15*time.Second
	return job{what: "how fast the line to the server is", limit: limit, run: func(ctx context.Context, out *output) error {
		if !r.measuring.TryLock() {
			return fault.New(fault.TooMany, "This machine's speed is being measured already. Wait until that is done.")
		}
		defer r.measuring.Unlock()
		if r.options.Metered != nil && r.options.Metered(ctx) {
			return fault.New(fault.Forbidden, "This machine's connection is paid by volume, so its speed is not measured.")
		}
		line := r.options.Line()
		defer line.Client.CloseIdleConnections()
		m := &measurement{line: line, url: line.URL + wire.SpeedPath + out.id, pass: p.Pass, each: time.Duration(seconds) * time.Second, out: out}
		m.part.Server = line.Server
		return m.run(ctx)
	}}, nil
}

// measurement is one under way. Its goroutines meet under mu.
type measurement struct {
	line Line
	url  string
	pass string
	each time.Duration // a direction
	out  *output

	mu   sync.Mutex
	part wire.SpeedPart
}

// run measures one thing after the other: what is measured at once measures itself.
func (m *measurement) run(ctx context.Context) error {
	if err := m.place(ctx); err != nil {
		return err
	}
	for _, phase := range []struct {
		name wire.SpeedPhase
		run  func(context.Context) error
	}{{wire.SpeedIdle, m.idle}, {wire.SpeedDown, m.down}, {wire.SpeedUp, m.up}} {
		if err := m.tell(phase.name); err != nil {
			return err
		}
		if err := phase.run(ctx); err != nil {
			if ctx.Err() == nil { // what has come until here stands in the answer
				m.tell(phase.name)
			}
			return err
		}
		if err := pause(ctx, settle); err != nil { // until the queues on the way are empty
			return err
		}
	}
	return m.tell(wire.SpeedDone)
}

// tell sends what is known.
func (m *measurement) tell(phase wire.SpeedPhase) error {
	m.mu.Lock()
	m.part.Phase = phase
	part := m.part
	part.Down, part.Up = clone(part.Down), clone(part.Up)
	m.mu.Unlock()
	return send(m.out, part)
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// place waits until the server has a place for this measurement.
func (m *measurement) place(ctx context.Context) error {
	until := time.Now().Add(speedQueue)
	for {
		_, err := m.state(ctx)
		if !fault.Is(err, fault.TooMany) {
			return err
		}
		if time.Now().After(until) {
			return fault.New(fault.TooMany, "Two other machines are being measured all the time. Ask again later.")
		}
		if err := m.tell(wire.SpeedWaiting); err != nil {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// request asks one of the server's routes. The caller closes the body.
func (m *measurement) request(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, m.url+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set(wire.PassHeader, m.pass)
	if body != nil {
		req.ContentLength = wire.SpeedBytes
	}
	resp, err := m.line.Client.Do(req)
	switch {
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The server %s could not be reached for the measurement: %s.", m.line.Server, probe.DialProblem(err)))
	case resp.StatusCode == http.StatusTooManyRequests:
		resp.Body.Close()
		return nil, fault.New(fault.TooMany, "The server measures as many machines as it does at once.")
	case resp.StatusCode/100 != 2:
		resp.Body.Close()
		return nil, fault.New(fault.Unavailable, fmt.Sprintf("The server %s answered the measurement with status %d, so it was ended.", m.line.Server, resp.StatusCode))
	}
	return resp, nil
}

// state asks the server what it has received.
func (m *measurement) state(ctx context.Context) (s wire.SpeedState, err error) {
	ctx, cancel := context.WithTimeout(ctx, delayWait)
	defer cancel()
	resp, err := m.request(ctx, http.MethodGet, "", nil)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, 4<<10)).Decode(&s); err != nil {
		return s, fault.Wrap(err, fault.Unavailable, "The server's answer to the measurement broke off.")
	}
	io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // the connection is used again
	return s, nil
}

// idle takes how long answers take while nothing else is under way. The connection is
// there already: place has used it.
func (m *measurement) idle(ctx context.Context) error {
	var took []time.Duration
	for range delayCount {
		began := time.Now()
		if _, err := m.state(ctx); err != nil {
			return err
		}
		took = append(took, time.Since(began))
		m.mu.Lock()
		m.part.Idle = delayOf(took)
		m.mu.Unlock()
		if err := pause(ctx, delayEvery/2); err != nil {
			return err
		}
	}
	return nil
}

// delayOf sums up. It sorts.
func delayOf(took []time.Duration) wire.SpeedDelay {
	sorted := slices.Sorted(slices.Values(took))
	n := len(sorted)
	if n == 0 {
		return wire.SpeedDelay{}
	}
	return wire.SpeedDelay{Samples: n, P50: sorted[n/2], P95: sorted[min(n*95/100, n-1)]}
}

// busy moves bytes for as long as a direction takes, and meanwhile asks small
// questions and tells how far it is. Move reports what ended it; counted is told each
// answer of the server's.
func (m *measurement) busy(ctx context.Context, phase wire.SpeedPhase, way *wire.SpeedWay, counted func(wire.SpeedState), move func(context.Context) (wire.SpeedLimit, error)) error {
	loaded, stop := context.WithTimeout(ctx, m.each)
	defer stop()
	type end struct {
		limit wire.SpeedLimit
		err   error
	}
	moved := make(chan end, 1)
	go func() {
		var e end
		if err := caught(func() { e.limit, e.err = move(loaded) }); err != nil {
			e.err = err
		}
		moved <- e
	}()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		m.sample(loaded, way, counted)
	}()
	tick := time.NewTicker(speedEvery)
	defer tick.Stop()
	var unsent error
	for {
		select {
		case e := <-moved:
			stop()
			<-asked
			switch {
			case unsent != nil:
				return unsent
			case ctx.Err() != nil:
				return ctx.Err()
			case e.err != nil:
				return e.err
			}
			m.mu.Lock()
			way.Limit = e.limit
			m.mu.Unlock()
			return nil
		case <-tick.C:
			if unsent == nil {
				if unsent = m.tell(phase); unsent != nil {
					stop()
				}
			}
		}
	}
}

// sample asks small questions until loaded ends. One that is not answered any more by
// then counts as well if it has taken longer than the others: a full queue is seen by
// just those.
func (m *measurement) sample(loaded context.Context, way *wire.SpeedWay, counted func(wire.SpeedState)) {
	var took []time.Duration
	for loaded.Err() == nil {
		began := time.Now()
		s, err := m.state(loaded)
		d := time.Since(began)
		if err == nil && counted != nil {
			counted(s)
		}
		if err == nil || len(took) > 0 && d > slices.Max(took) {
			took = append(took, d)
			m.mu.Lock()
			way.Busy = delayOf(took)
			m.mu.Unlock()
		}
		if pause(loaded, delayEvery-min(d, delayEvery)) != nil {
			return
		}
	}
}

const speedBlock = 64 << 10

// down takes bytes from the server, and counts them here.
func (m *measurement) down(ctx context.Context) error {
	way := &wire.SpeedWay{}
	m.mu.Lock()
	m.part.Down = way
	m.mu.Unlock()
	return m.busy(ctx, wire.SpeedDown, way, nil, func(ctx context.Context) (wire.SpeedLimit, error) {
		resp, err := m.request(ctx, http.MethodGet, "/down", nil)
		if ctx.Err() != nil {
			if err == nil {
				resp.Body.Close()
			}
			return wire.SpeedByTime, nil
		}
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		var meter wire.SpeedMeter
		block := make([]byte, speedBlock)
		began := time.Now()
		for {
			n, err := resp.Body.Read(block)
			if n > 0 {
				meter.Add(n, time.Now())
				m.took(way, meter.State())
			}
			switch {
			case meter.State().Received >= wire.SpeedBytes:
				return wire.SpeedByBytes, nil
			case ctx.Err() != nil, err != nil && time.Since(began) > wire.SpeedTime-speedEvery: // the server's own bound
				return wire.SpeedByTime, nil
			case err != nil:
				return "", fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The connection to %s broke off in the middle of the download, after %d KiB.", m.line.Server, meter.State().Received>>10))
			}
		}
	})
}

func (m *measurement) took(way *wire.SpeedWay, s wire.SpeedState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	way.BitsPerSecond, way.Bytes, way.Took = s.BitsPerSecond, s.Received, s.Took
}

// up sends bytes to the server, which counts them: what stands in a queue on the way
// has not come.
func (m *measurement) up(ctx context.Context) error {
	way := &wire.SpeedWay{}
	m.mu.Lock()
	m.part.Up = way
	m.mu.Unlock()
	counted := func(s wire.SpeedState) { m.took(way, s) }
	err := m.busy(ctx, wire.SpeedUp, way, counted, func(ctx context.Context) (wire.SpeedLimit, error) {
		resp, err := m.request(ctx, http.MethodPost, "/up", &noise{left: wire.SpeedBytes})
		if err == nil {
			resp.Body.Close()
			return wire.SpeedByBytes, nil
		}
		if ctx.Err() != nil {
			return wire.SpeedByTime, nil //nolint:nilerr // it was ended because the time was over
		}
		if fault.Is(err, fault.Unavailable) && errors.Unwrap(err) != nil {
			err = fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The connection to %s broke off in the middle of the upload: %s.", m.line.Server, probe.DialProblem(err)))
		}
		return "", err
	})
	if err != nil {
		return err
	}
	s, err := m.state(ctx) // all that came
	if err != nil {
		return err
	}
	counted(s)
	if s.Received >= wire.SpeedBytes {
		way.Limit = wire.SpeedByBytes
	}
	return nil
}
