// Package pac runs the scripts by which networks decide which proxy leads where: proxy
// auto-configuration, as Netscape defined it in 1996 and browsers have kept it. A script
// is somebody else's program: it gets a page's address, may resolve names, and nothing
// else of this machine.
package pac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// World is what a script may ask of the machine.
type World struct {
	// Resolve returns the IPv4 address of a name; false when it has none.
	Resolve func(ctx context.Context, host string) (netip.Addr, bool)
	// Own is the address by which this machine goes out.
	Own netip.Addr
	// Now is the time of the machine's zone.
	Now time.Time
}

const (
	// maxHeap is what a script and its values may use before it is stopped.
	maxHeap = 192 << 20
	// maxNames is how many names a script may have resolved; more are unknown to it.
	maxNames = 30
	// maxCalls is how deep it may call.
	maxCalls = 500
	lookEach = 20 * time.Millisecond
)

// ErrNoFunction says that a script has no FindProxyForURL.
var ErrNoFunction = errors.New("it has no function FindProxyForURL")

// Find runs a script's FindProxyForURL for a page and returns what it says, such as
// “PROXY a:8080; DIRECT”. As in browsers, of an https page it is told the host alone.
// A script that does not end by the context's deadline, or takes too much memory, is stopped.
func Find(ctx context.Context, script string, page *url.URL, w World) (says string, err error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxCalls)
	defer guard(ctx, vm)()
	s := &scope{vm: vm, ctx: ctx, world: w}
	for name, f := range s.functions() {
		if err := vm.Set(name, f); err != nil {
			return "", err
		}
	}
	if _, err := vm.RunString(script); err != nil {
		return "", plainly(err)
	}
	find, ok := goja.AssertFunction(vm.Get("FindProxyForURL"))
	if !ok {
		return "", ErrNoFunction
	}
	shown := *page
	shown.User, shown.Fragment = nil, ""
	if shown.Scheme == "https" {
		shown.Path, shown.RawPath, shown.RawQuery = "/", "", ""
	}
	v, err := find(goja.Undefined(), vm.ToValue(shown.String()), vm.ToValue(page.Hostname()))
	if err != nil {
		return "", plainly(err)
	}
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return "", errors.New("it says nothing of this page")
	}
	return v.String(), nil
}

// guard stops a script in time. The returned function ends the watch.
func guard(ctx context.Context, vm *goja.Runtime) func() {
	done := make(chan struct{})
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	before := heap[0].Value.Uint64()
	go func() {
		look := time.NewTicker(lookEach)
		defer look.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				vm.Interrupt("it does not come to an end")
				return
			case <-look.C:
				if metrics.Read(heap); heap[0].Value.Uint64() > before+maxHeap {
					vm.Interrupt("it takes too much memory")
					return
				}
			}
		}
	}()
	return func() { close(done) }
}

// plainly is a script's error in one line.
func plainly(err error) error {
	if i, ok := errors.AsType[*goja.InterruptedError](err); ok {
		return fmt.Errorf("%v", i.Value())
	}
	if o, ok := errors.AsType[*goja.StackOverflowError](err); ok && o != nil {
		return errors.New("it calls itself without end")
	}
	text := err.Error()
	if e, ok := errors.AsType[*goja.Exception](err); ok {
		text = e.Value().String()
		if at := e.Stack(); len(at) > 0 && at[0].Position().Line > 0 {
			text = fmt.Sprintf("line %d, column %d: %s", at[0].Position().Line, at[0].Position().Column, text)
		}
	}
	line, _, _ := strings.Cut(text, "\n")
	return errors.New(line)
}

// Way is one thing that a script says to try.
type Way struct {
	Proxy *url.URL // nil: directly
	Word  string   // PROXY, HTTPS, SOCKS, …
}

// Ways reads what a script says: the first that answers is taken. What cannot be read is
// left out, as browsers do.
func Ways(says string) []Way {
	var out []Way
	for one := range strings.SplitSeq(says, ";") {
		fields := strings.Fields(one)
		if len(fields) == 0 {
			continue
		}
		word := strings.ToUpper(fields[0])
		scheme, port := map[string]string{"PROXY": "http", "HTTP": "http", "HTTPS": "https", "SOCKS": "socks4", "SOCKS4": "socks4", "SOCKS5": "socks5"}[word], "80"
		switch {
		case word == "DIRECT":
			out = append(out, Way{Word: word})
			continue
		case scheme == "" || len(fields) != 2:
			continue
		case scheme == "https":
			port = "443"
		case strings.HasPrefix(scheme, "socks"):
			port = "1080"
		}
		u, err := url.Parse(scheme + "://" + fields[1])
		if err != nil || u.Hostname() == "" || u.Path != "" {
			continue
		}
		if u.Port() == "" {
			u.Host = u.Hostname() + ":" + port
			if strings.Contains(u.Hostname(), ":") {
				u.Host = "[" + u.Hostname() + "]:" + port
			}
		}
		out = append(out, Way{Proxy: &url.URL{Scheme: u.Scheme, Host: u.Host}, Word: word})
	}
	return out
}
