package reach

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// DialProblem says for a technician why a connection could not be made, without
// the addresses that they know already.
func DialProblem(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		switch {
		case dns.IsNotFound:
			return "name not found"
		case dns.IsTimeout:
			return "name lookup: no answer"
		}
		return "name lookup: " + check.OneLine(dns.Err, 120)
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ENETUNREACH):
		return "network is unreachable"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "no route to host"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, fs.ErrPermission):
		return "blocked on this machine (permission denied)"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return "no answer"
	}
	text := err.Error()
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		text = op.Err.Error()
	}
	return check.OneLine(strings.TrimPrefix(text, "connect: "), 160)
}
