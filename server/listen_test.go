package server

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// poor is a listener that has no file left the first few times.
type poor struct {
	net.Listener
	left int
}

func (p *poor) Accept() (net.Conn, error) {
	if p.left > 0 {
		p.left--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return p.Listener.Accept()
}

// TestListenerOutlivesAShortageOfFiles shows that strangers who use up all files do
// not end the server.
func TestListenerOutlivesAShortageOfFiles(t *testing.T) {
	defer goleak.VerifyNone(t)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newListener(&poor{tcp, 4}, &tls.Config{}, slog.New(slog.DiscardHandler))
	c, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("G"))
	got, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := got.Read(b); err != nil || b[0] != 'G' {
		t.Errorf("the first byte came as %q, %v", b, err)
	}
	got.Close()

	// Closing does not wait for those who are silent.
	silent, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	began := time.Now()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("closing took %v", d)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener accepts: %v", err)
	}
}
