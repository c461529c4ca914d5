// Package socket is the websocket under the protocol, the same for both sides:
// gorilla/websocket with every limit that it leaves open closed. Limits hold for
// whole messages, reads and writes have deadlines, control frames have a budget,
// compression is not negotiated, and a reader that does not keep up is cut off.
package socket

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Buffers of gorilla's, as measured: a small one to read, since messages are read
// through it anyway, and writers' buffers shared by all connections, since most
// of them are silent at any moment.
const readBuffer = 512

var writeBuffers sync.Pool

// Upgrader is what a server accepts agents with. An agent is a program: it sends
// no Origin and no Cookie, and whoever does is a browser that was led here.
func Upgrader() *websocket.Upgrader {
	return &websocket.Upgrader{
		HandshakeTimeout: wire.HandshakeTimeout,
		ReadBufferSize:   readBuffer,
		WriteBufferPool:  &writeBuffers,
		Subprotocols:     []string{wire.Subprotocol},
	}
}

// Dialer is what an agent connects with; the caller adds how to reach and to
// verify the server.
func Dialer() *websocket.Dialer {
	return &websocket.Dialer{
		HandshakeTimeout: wire.HandshakeTimeout,
		ReadBufferSize:   readBuffer,
		WriteBufferPool:  &writeBuffers,
		Subprotocols:     []string{wire.Subprotocol},
	}
}

// maxQueue bounds what waits for a slow reader, in messages and in bytes. One
// message more is allowed to be as large as any, or a big answer could never go.
//
// Whoever may wait for the socket waits well before that: the chunks of an
// attachment must leave room for what others post meanwhile.
const (
	maxQueue      = 256
	maxQueueBytes = 4 << 20
	roomy         = maxQueue / 4
	roomyBytes    = maxQueueBytes / 8
)

// controlBudget is how many control frames in a row a peer may send without one
// message between them. Ours sends none; a flood of pings is an attack.
const controlBudget = 32

// Conn is one connection. One goroutine reads; any may write.
type Conn struct {
	ws        *websocket.Conn
	control   int // control frames since the last message; the reader's own
	dismissed atomic.Bool

	mu      sync.Mutex
	queue   []outgoing
	bytes   int
	writing bool          // somebody is at the socket and will empty the queue
	room    chan struct{} // closed when the queue gets shorter, for those who wait for that
	failed  error         // set once; later writes return it
	pong    chan struct{} // closed by the answer to Alive's ping
}

type outgoing struct {
	kind int
	data []byte
}

// ErrSlow is why a connection ended whose other side did not read.
var ErrSlow = errors.New("the other side does not read what it is sent")

// New takes a websocket over.
func New(ws *websocket.Conn) *Conn {
	c := &Conn{ws: ws}
	ws.SetReadLimit(wire.MaxUnproven)
	ws.SetPingHandler(func(data string) error {
		if c.control++; c.control > controlBudget {
			return fault.New(fault.TooMany, "More pings than a peer may send.")
		}
		return ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	ws.SetPongHandler(func(string) error {
		if c.control++; c.control > controlBudget {
			return fault.New(fault.TooMany, "More pongs than a peer may send.")
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.pong != nil {
			close(c.pong)
			c.pong = nil
		}
		return nil
	})
	return c
}

// Proven raises the limit from the handshake's to the session's.
func (c *Conn) Proven() { c.ws.SetReadLimit(wire.MaxMessage) }

// Read waits at most timeout for the next message and returns it. binary tells a
// frame from a text message. A message over the limit ends the connection with
// close code 1009, as the standard wants.
func (c *Conn) Read(timeout time.Duration) (data []byte, binary bool, err error) {
	return c.ReadInto(nil, timeout)
}

// ReadInto is Read into a buffer that the caller keeps, when the message fits.
func (c *Conn) ReadInto(buf []byte, timeout time.Duration) (data []byte, binary bool, err error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return nil, false, err
	}
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return nil, false, err
	}
	if c.dismissed.Load() {
		return nil, false, ErrDismissed
	}
	c.control = 0
	if data, err = readAll(buf[:0], r); err != nil {
		return nil, false, err
	}
	binary = kind == websocket.BinaryMessage
	if !binary && !utf8.Valid(data) { // gorilla leaves this check to us
		c.End(websocket.CloseInvalidFramePayloadData, "a text message is UTF-8")
		return nil, false, fault.New(fault.Invalid, "The text message is not UTF-8.")
	}
	if binary && len(data) > wire.MaxBinary {
		c.End(websocket.CloseMessageTooBig, "a binary frame is at most 128 KiB")
		return nil, false, websocket.ErrReadLimit
	}
	return data, binary, nil
}

// readAll is io.ReadAll into a buffer of the caller's.
func readAll(b []byte, r io.Reader) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = slices.Grow(b, max(512, len(b)))
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

// Send writes a message of a type. It returns once the message is on its way or
// stands in the queue; when much stands there already it waits, at most as long
// as the other side takes to be too slow.
func (c *Conn) Send(t wire.Type, id, re string, body any) error {
	b, err := wire.Encode(t, id, re, body)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", t, err)
	}
	return c.write(outgoing{websocket.TextMessage, b}, true)
}

// Post is Send that never waits: another goroutine writes, and a full queue ends
// the connection with ErrSlow.
func (c *Conn) Post(t wire.Type, id, re string, body any) error {
	b, err := wire.Encode(t, id, re, body)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", t, err)
	}
	return c.write(outgoing{websocket.TextMessage, b}, false)
}

// SendFrame writes a binary frame. It keeps data until it is written.
func (c *Conn) SendFrame(data []byte) error {
	return c.write(outgoing{websocket.BinaryMessage, data}, true)
}

// write hands a message to whoever is writing, or becomes the writer. There is at
// most one, so frames never mix, and an idle connection has no goroutine for it.
func (c *Conn) write(m outgoing, here bool) error {
	c.mu.Lock()
	for here && c.writing && c.failed == nil && (len(c.queue) >= roomy || c.bytes > roomyBytes) {
		if c.room == nil {
			c.room = make(chan struct{})
		}
		room := c.room
		c.mu.Unlock()
		<-room
		c.mu.Lock()
	}
	if c.failed != nil {
		defer c.mu.Unlock()
		return c.failed
	}
	if c.writing || !here {
		if len(c.queue) >= maxQueue || c.bytes > maxQueueBytes {
			c.failed = ErrSlow
			c.mu.Unlock()
			c.Close(wire.CloseSlow, "the other side does not read")
			return ErrSlow
		}
		c.queue = append(c.queue, m)
		c.bytes += len(m.data)
		if !c.writing {
			c.writing = true
			go c.drain()
		}
		c.mu.Unlock()
		return nil
	}
	c.writing = true
	c.mu.Unlock()
	c.put(m)
	return c.drain()
}

// put writes one message and remembers a failure.
func (c *Conn) put(m outgoing) {
	err := c.ws.SetWriteDeadline(time.Now().Add(wire.WriteTimeout))
	if err == nil {
		err = c.ws.WriteMessage(m.kind, m.data)
	}
	if err == nil {
		return
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		err = ErrSlow
	}
	c.mu.Lock()
	if c.failed == nil {
		c.failed = err
	}
	c.mu.Unlock()
	c.ws.Close() // wakes the reader
}

// drain empties the queue and ends the writer's turn.
func (c *Conn) drain() error {
	for {
		c.mu.Lock()
		if c.room != nil {
			close(c.room)
			c.room = nil
		}
		if c.failed != nil || len(c.queue) == 0 {
			c.writing, c.queue, c.bytes = false, nil, 0
			err := c.failed
			c.mu.Unlock()
			return err
		}
		m := c.queue[0]
		c.queue = c.queue[1:]
		c.bytes -= len(m.data)
		c.mu.Unlock()
		c.put(m)
	}
}

// Alive asks the other side whether it is there, and reports whether it answered
// in time. Somebody has to be reading meanwhile.
func (c *Conn) Alive(timeout time.Duration) bool {
	c.mu.Lock()
	if c.pong == nil {
		c.pong = make(chan struct{})
	}
	pong := c.pong
	c.mu.Unlock()
	if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(timeout)); err != nil {
		return false
	}
	wait := time.NewTimer(timeout)
	defer wait.Stop()
	select {
	case <-pong:
		return true
	case <-wait.C:
		return false
	}
}

// Close says why in a close frame and ends the connection. Later calls do nothing.
func (c *Conn) Close(code int, reason string) {
	c.say(code, reason)
	c.ws.Close()
}

func (c *Conn) say(code int, reason string) {
	if len(reason) > 120 { // a control frame holds 125 bytes, and they have to be UTF-8
		reason = strings.ToValidUTF8(reason[:120], "")
	}
	c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}

// End is Close for the one who reads. It hears the other side out for a moment:
// closing a socket with unread bytes in it would take the reason back that was
// just sent (RFC 9293, section 3.6.1; RFC 1122, section 4.2.2.13).
func (c *Conn) End(code int, reason string) {
	c.say(code, reason)
	n := c.ws.NetConn()
	if n.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		io.CopyN(io.Discard, n, lingerBytes) // until the other side closes, mostly at once
	}
	c.ws.Close()
}

// Dismiss is Close for everybody but the reader: it says why at once, nothing that
// comes after it is read as a message any more, and the reader hears the other
// side out.
func (c *Conn) Dismiss(code int, reason string) {
	c.dismissed.Store(true)
	c.say(code, reason)
	time.AfterFunc(lingerTime, func() { c.ws.Close() })
}

// ErrDismissed is why reading ended on a connection that was dismissed.
var ErrDismissed = errors.New("the connection was dismissed")

// How long, and for how much, the other side is heard out.
const (
	lingerTime  = time.Second
	lingerBytes = 4 << 20
)

// Refuse tells the other side why the handshake ends, and ends it. It is for the
// one who reads.
func (c *Conn) Refuse(code int, r wire.Refused) {
	if b, err := json.Marshal(r); err == nil {
		if m, err := json.Marshal(wire.Envelope{Type: wire.TypeRefused, Body: b}); err == nil {
			c.write(outgoing{websocket.TextMessage, m}, true)
		}
	}
	c.End(code, string(r.Code))
}

// RemoteAddr is the address of the other side's socket.
func (c *Conn) RemoteAddr() net.Addr { return c.ws.RemoteAddr() }

// CloseCode returns the code of the close frame that ended reading, or 0.
func CloseCode(err error) int {
	if e, ok := errors.AsType[*websocket.CloseError](err); ok {
		return e.Code
	}
	return 0
}
