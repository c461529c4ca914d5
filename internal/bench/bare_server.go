//go:build linux

package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
)

// bareServerCmd is the baseline of every row that is about connections: the
// libraries that Deskbell's server is made of, tuned the same way, speaking as
// much of the protocol as a client needs, and knowing nothing. Both sides are
// proven, a health frame is decoded and acknowledged, a ticket is written in a
// transaction of its own. There is no state, no list of endpoints, no series, no
// queue, no limit and no log.
type bareServerCmd struct {
	Listen string `required:""`
	Data   string `required:"" help:"Folder for key, certificate and tickets."`
	Public string `help:"Where clients find it, when it is not --listen."`
}

type bareServer struct {
	key      ed25519.PrivateKey
	upgrader websocket.Upgrader
	db       *sql.DB
	mu       sync.Mutex // one writer, as SQLite has

	sessions, frames, tickets atomic.Int64
}

// Run serves until it is killed.
func (c *bareServerCmd) Run(ctx context.Context, _ *slog.Logger, s settings.Streams) error {
	debug.SetGCPercent(50) // as Deskbell's server runs
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	seed, err := kept(filepath.Join(c.Data, "key"), func() ([]byte, error) {
		b := make([]byte, ed25519.SeedSize)
		rand.Read(b)
		return b, nil
	})
	if err != nil {
		return err
	}
	cert, pin, err := bareCertificate(c.Data)
	if err != nil {
		return err
	}
	b := &bareServer{
		key:      ed25519.NewKeyFromSeed(seed),
		upgrader: websocket.Upgrader{ReadBufferSize: 512, WriteBufferPool: &sync.Pool{}, Subprotocols: []string{wire.Subprotocol}},
	}
	if b.db, err = bareSQLite(ctx, filepath.Join(c.Data, "tickets.db")); err != nil {
		return err
	}
	defer b.db.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+wire.ConnectPath, b.connect)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(counts{b.sessions.Load(), b.frames.Load(), b.tickets.Load()})
	})
	l, err := tls.Listen("tcp", c.Listen, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return err
	}
	e := wire.Enrolment{URL: cmp.Or(c.Public, "https://"+c.Listen), Token: "bare", Key: b.key.Public().(ed25519.PublicKey), Pin: pin}
	fmt.Fprintln(s.Out, e)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() {
		<-ctx.Done()
		web.Close()
	}()
	if err := web.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

// counts is what a server says of itself at /readyz. Deskbell's says more.
type counts struct {
	Endpoints int64 `json:"endpoints"`
	Frames    int64 `json:"frames"`
	Tickets   int64 `json:"tickets"`
}

// kept returns a file's content, made at the first time.
func kept(name string, create func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err == nil {
		return b, nil
	}
	if b, err = create(); err != nil {
		return nil, err
	}
	return b, os.WriteFile(name, b, 0o600)
}

// bareCertificate is of the kind that Deskbell's server makes for itself.
func bareCertificate(dir string) (tls.Certificate, []byte, error) {
	der, err := kept(filepath.Join(dir, "tls.key"), func() ([]byte, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return x509.MarshalECPrivateKey(key)
	})
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bare"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	pin := sha256.Sum256(spki)
	return tls.Certificate{Certificate: [][]byte{cert}, PrivateKey: key}, pin[:], nil
}

func (b *bareServer) connect(w http.ResponseWriter, r *http.Request) {
	binding, err := wire.Binding(r.TLS)
	if err != nil {
		return
	}
	ws, err := b.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	go func() { // a small stack, as in Deskbell
		defer ws.Close()
		b.serve(ws, binding)
	}()
}

// serve shakes hands and answers frames and messages.
func (b *bareServer) serve(ws *websocket.Conn, binding []byte) {
	var hello wire.Hello
	if read(ws, &hello) != nil {
		return
	}
	t := wire.Transcript{Binding: binding, AgentNonce: hello.Nonce, ServerNonce: wire.NewNonce()}
	if write(ws, wire.TypeChallenge, "", wire.Challenge{Version: 1, Key: b.key.Public().(ed25519.PublicKey), Nonce: t.ServerNonce, Proof: t.ServerProof(b.key), Time: time.Now()}) != nil {
		return
	}
	_, raw, err := ws.ReadMessage()
	if err != nil {
		return
	}
	e, err := wire.Decode(raw)
	if err != nil {
		return
	}
	if e.Type == wire.TypeEnrol { // the identity is the key itself, so that nothing has to be kept
		var q wire.Enrol
		if e.Into(&q) == nil {
			write(ws, wire.TypeEnrolled, "", wire.Enrolled{Endpoint: base64.RawURLEncoding.EncodeToString(q.Key), Site: "Bare"})
		}
		return
	}
	var p wire.Prove
	if e.Into(&p) != nil {
		return
	}
	key, err := base64.RawURLEncoding.DecodeString(p.Endpoint)
	if err != nil || t.CheckEndpoint(key, p.Endpoint, p.Proof) != nil {
		return
	}
	within := time.Second + time.Duration(b.sessions.Add(1))*time.Second/400
	defer b.sessions.Add(-1)
	if write(ws, wire.TypeWelcome, "", wire.Welcome{Session: "bare", Time: time.Now(), Ratchet: make([]byte, 24), ReturnWithin: within}) != nil {
		return
	}
	b.loop(ws, p)
}

func (b *bareServer) loop(ws *websocket.Conn, p wire.Prove) {
	schema, err := wire.SharedSchema(p.Columns)
	if err != nil {
		return
	}
	buf := make([]byte, 0, 256)
	for {
		kind, r, err := ws.NextReader()
		if err != nil {
			return
		}
		if buf, err = appendAll(buf[:0], r); err != nil {
			return
		}
		if kind == websocket.BinaryMessage {
			var h wire.Health
			if wire.DecodeHealth(buf, schema, &h) != nil {
				return
			}
			b.frames.Add(1)
			if ws.WriteMessage(websocket.BinaryMessage, wire.AppendHealthAck(nil, h.Seq)) != nil {
				return
			}
			continue
		}
		e, err := wire.Decode(buf)
		if err != nil || e.ID != "" && b.message(ws, e) != nil {
			return
		}
		if cap(buf) > 4096 {
			buf = make([]byte, 0, 256)
		}
	}
}

// message acknowledges a text message; a ticket is on the disk by then.
func (b *bareServer) message(ws *websocket.Conn, e wire.Envelope) error {
	ack := wire.Ack{OK: true}
	if e.Type == wire.TypeTicketOpen {
		var t wire.TicketOpen
		if err := e.Into(&t); err != nil {
			return err
		}
		b.mu.Lock()
		err := bareTicket(context.Background(), b.db, e.ID, t.Title, t.Body)
		b.mu.Unlock()
		if err != nil {
			return err
		}
		ack.Ticket, ack.Number = e.ID, b.tickets.Add(1)
	}
	return write(ws, wire.TypeAck, e.ID, ack)
}

func appendAll(b []byte, r io.Reader) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
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

func read(ws *websocket.Conn, body any) error {
	_, raw, err := ws.ReadMessage()
	if err != nil {
		return err
	}
	e, err := wire.Decode(raw)
	if err != nil {
		return err
	}
	return e.Into(body)
}

func write(ws *websocket.Conn, t wire.Type, re string, body any) error {
	b, err := wire.Encode(t, "", re, body)
	if err != nil {
		return err
	}
	return ws.WriteMessage(websocket.TextMessage, b)
}
