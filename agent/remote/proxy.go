package remote

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/pac"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	maxWays    = 41 // the agent's, the machine's, and two of each of twenty people
	maxTries   = 8
	maxScripts = 4
	wpad       = "http://wpad/wpad.dat" // where a network's own script is by convention
)

func (r *Runner) proxy(p wire.ProxyParams) (job, error) {
	u, err := checkURL(p.URL)
	if err != nil {
		return job{}, err
	}
	// What follows the question mark may be somebody's secret.
	what := "which proxy leads to “" + oneLine(u.Scheme+"://"+u.Host+u.Path, 120) + "”"
	return job{what: what, limit: 40 * time.Second, run: func(ctx context.Context, out *output) error {
		settings, err := r.options.Prober.ProxySettings(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		look := proxyLook{to: u, run: r.options.Prober.RunPAC, part: wire.ProxyPart{URL: shownURL(&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path})}}
		if err != nil {
			look.part.Problem = "Not all settings could be read: " + oneLine(err.Error(), 200) + "."
		}
		if err := look.take(ctx, settings[:min(len(settings), maxWays)]); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return send(out, look.part)
	}}, nil
}

// proxyLook finds out what settings come to for one page.
type proxyLook struct {
	to    *url.URL
	run   func(ctx context.Context, script string, page *url.URL) (string, error)
	part  wire.ProxyPart
	texts map[string]string   // of the scripts that were found, by address
	says  map[string]decision // by the script's address
}

// decision is what a script says of the page.
type decision struct {
	words string
	ways  []pac.Way
	err   error
}

func (l *proxyLook) take(ctx context.Context, settings []probe.ProxySettings) error {
	if err := l.scripts(ctx, settings); err != nil {
		return err
	}
	if err := l.decide(ctx); err != nil {
		return err
	}
	var via []*url.URL
	var decided []string // the script of each way; empty: there is none
	for _, s := range settings {
		for _, v := range s.Value {
			l.part.Settings = append(l.part.Settings, wire.ProxySetting{Whose: oneLine(s.Whose, 64), By: s.By, From: oneLine(s.From, 200), Name: oneLine(v.Name, 60), Value: oneLine(v.Value, 300)})
		}
		w := wire.ProxyWay{Whose: oneLine(s.Whose, 64), By: s.By, State: wire.ProxyDirect}
		if s.WPAD && l.found(wpad) {
			s.PAC = wpad // it comes before all else
		}
		c := s.Choose(l.to)
		switch {
		case c.Script != "":
			w.State, w.Script = wire.ProxyDecided, shownScript(c.Script)
			for _, one := range l.says[c.Script].ways {
				if one.Proxy != nil {
					via = append(via, one.Proxy)
				}
			}
			decided = append(decided, c.Script)
		case c.Via != nil:
			w.State, w.Proxy, w.Signed = wire.ProxyThrough, oneLine(probe.ShownProxy(c.Via), 300), c.Via.User != nil
			via = append(via, c.Via)
		default:
			w.Except = oneLine(c.Except, 200)
		}
		if w.State != wire.ProxyDecided {
			decided = append(decided, "")
		}
		l.part.Ways = append(l.part.Ways, w)
	}
	if err := l.proxies(ctx, via); err != nil {
		return err
	}
	for i, script := range decided {
		if s, ran := l.says[script]; ran {
			l.settle(&l.part.Ways[i], s)
		}
	}
	return nil
}

// settle says what a script's answer comes to: the first way that takes connections, as
// browsers take it, and where none does, the first.
func (l *proxyLook) settle(w *wire.ProxyWay, s decision) {
	if s.err != nil {
		w.Fails = oneLine(s.err.Error(), 200)
		return
	}
	if len(s.ways) == 0 {
		w.Fails = "it says “" + oneLine(s.words, 100) + "”, which is no way"
		return
	}
	w.Says = oneLine(s.words, 300)
	for _, one := range s.ways {
		if one.Proxy == nil {
			return
		}
		shown := oneLine(probe.ShownProxy(one.Proxy), 300)
		if slices.ContainsFunc(l.part.Proxies, func(t wire.ProxyTry) bool { return t.Proxy == shown && !t.Signed && t.Open }) {
			w.Proxy = shown
			return
		}
	}
	w.Proxy = oneLine(probe.ShownProxy(s.ways[0].Proxy), 300)
}

// decide has the scripts that were found say which way leads to the page, all at once.
func (l *proxyLook) decide(ctx context.Context) error {
	l.says = map[string]decision{}
	addresses := slices.Sorted(maps.Keys(l.texts))
	all := make([]decision, len(addresses))
	err := together(len(addresses), func(i int) {
		words, err := l.run(ctx, l.texts[addresses[i]], l.to)
		all[i] = decision{words: words, ways: pac.Ways(words), err: err}
	})
	for i, a := range addresses {
		l.says[a] = all[i]
	}
	return err
}

func (l *proxyLook) found(script string) bool {
	return slices.ContainsFunc(l.part.Scripts, func(s wire.ProxyScript) bool { return s.Address == script && s.Found })
}

// shownScript is a script's address without a password, and without what may name
// somebody.
func shownScript(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return oneLine(u.String(), 300)
}

// scripts fetches those that decide, all at once.
func (l *proxyLook) scripts(ctx context.Context, settings []probe.ProxySettings) error {
	var all []string
	for _, s := range settings {
		for _, one := range []string{s.PAC, map[bool]string{true: wpad}[s.WPAD]} {
			if one != "" && !slices.Contains(all, one) && len(all) < maxScripts {
				all = append(all, one)
			}
		}
	}
	l.part.Scripts = make([]wire.ProxyScript, len(all))
	texts := make([]string, len(all))
	err := together(len(all), func(i int) {
		f := probe.FetchPAC(ctx, all[i])
		texts[i] = f.Script
		if all[i] == wpad && !f.Found {
			f.Problem = oneLine(f.Problem, 200) + "; one that DHCP names is not looked for"
		}
		l.part.Scripts[i] = wire.ProxyScript{Address: shownScript(all[i]), Found: f.Found, Status: f.Status, Bytes: f.Bytes, Took: f.Took, Problem: oneLine(f.Problem, 300)}
	})
	l.texts = map[string]string{}
	for i, text := range texts {
		if text != "" {
			l.texts[all[i]] = text
		}
	}
	return err
}

// proxies asks each that somebody goes through, all at once. One that has a password in
// one place and none in another is asked in both ways.
func (l *proxyLook) proxies(ctx context.Context, via []*url.URL) error {
	var all []*url.URL
	for _, u := range via {
		same := func(v *url.URL) bool {
			return v.Scheme == u.Scheme && v.Host == u.Host && (v.User == nil) == (u.User == nil)
		}
		if !slices.ContainsFunc(all, same) && len(all) < maxTries {
			all = append(all, u)
		}
	}
	l.part.Proxies = make([]wire.ProxyTry, len(all))
	return together(len(all), func(i int) {
		t := probe.TryProxy(ctx, all[i], l.to)
		l.part.Proxies[i] = wire.ProxyTry{
			Proxy: oneLine(probe.ShownProxy(all[i]), 300), Asked: oneLine(t.Asked, 300), Open: t.Open, Status: t.Status, SignIn: t.SignIn, Signed: t.Signed, Through: t.Through,
			Connect: t.Connect, Answer: t.Answer, Problem: oneLine(t.Problem, 200),
		}
	})
}

// together does a few things at once, and returns a panic of one of them as an error.
func together(n int, do func(i int)) error {
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = caught(func() { do(i) }) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
