package uplink_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// serveSilence upgrades, hears the hello and says nothing.
func serveSilence(c net.Conn) {
	r := bufio.NewReader(c)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: "+wire.Subprotocol+
		"\r\nSec-WebSocket-Accept: "+accept(req)+"\r\n\r\n")
	r.ReadByte()
}

// accept is the answer to an upgrade's key (RFC 6455 §4.2.2).
func accept(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// acceptCompressed upgrades as a hostile server might: with compression.
func acceptCompressed(w http.ResponseWriter, r *http.Request) {
	c, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: " + wire.Subprotocol +
		"\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\nSec-WebSocket-Accept: " +
		accept(r) + "\r\n\r\n")
	rw.Flush()
	io.Copy(io.Discard, c)
}
