package send_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var fired = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const hostile = "Disk <!channel> of PC-17 & [click](https://evil.example) \x1b[31m\r\nBcc: all@example.com"

// note is a message of one alert.
func note(event notify.Event, over bool) notify.Note {
	l := notify.Line{ID: "DiskFull.1", Rule: "DiskFull", Severity: alert.Critical, Summary: hostile, Advice: "Make room.", Endpoint: "e1",
		Labels: map[string]string{"site": "Zürich", "name": "PC-17", "severity": "critical", "not a name": "x", "empty": ""}, Value: 99.5, Fired: fired, New: true}
	if over {
		l.Ended = fired.Add(time.Minute)
	}
	return notify.Note{ID: "01K000000000000000000NOTE1", Event: event, Group: "0123456789abcdef", Labels: map[string]string{"rule": "DiskFull", "site": "Zürich"}, At: fired, Alerts: []notify.Line{l}}
}

func sender(t *testing.T, o send.Options) *send.Sender {
	t.Helper()
	o.BaseURL, o.Version = func() string { return "https://deskbell.example.com" }, "1.0"
	if o.Now == nil {
		o.Now = time.Now
	}
	s := send.New(o)
	t.Cleanup(s.Close)
	return s
}

// within is a context with the time that a message has.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// refused is the failure that an error has to be.
func refused(t *testing.T, err error) *notify.SendError {
	t.Helper()
	f, ok := errors.AsType[*notify.SendError](err)
	if !ok {
		t.Fatalf("got %v, want a failure", err)
	}
	return f
}

// program starts one that runs until the test ends, and returns what it says.
func program(t *testing.T, name string, args ...string) *bufio.Reader {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; it is among the packages of .ci/packages test", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		io.Copy(io.Discard, out)
		cmd.Wait()
	})
	return bufio.NewReader(out)
}

// free is a port of the loopback that nobody has.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
