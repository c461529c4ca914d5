package probe

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// ProxySettings are what one place says about proxies: the environment, a desktop's
// or a system's settings. Passwords may be in the addresses; Values have none.
type ProxySettings struct {
	Whose string       `json:"whose"` // account; empty: the machine itself
	By    string       `json:"by"`    // agent, environment, gnome, kde, windows, winhttp, macos
	From  string       `json:"from"`  // file, key or command
	HTTP  string       `json:"http"`  // host:port or an address, for http
	HTTPS string       `json:"https"`
	SOCKS string       `json:"socks"` // for what has no other
	PAC   string       `json:"pac"`   // address of a script that decides
	WPAD  bool         `json:"wpad"`  // looks for a script of the network's own
	Skip  []string     `json:"skip"`  // exceptions
	Only  bool         `json:"only"`  // … are those that go through the proxy, and no others
	Under bool         `json:"under"` // an exception's name is that of what is under it too
	Plain bool         `json:"plain"` // names without a dot go directly
	Value []ProxyValue `json:"values"`
}

// ProxyValue is a value as it was found.
type ProxyValue struct{ Name, Value string }

// say keeps a value for whoever reads it.
func (s *ProxySettings) say(name, value string) {
	if value != "" && len(s.Value) < maxProxyValues {
		s.Value = append(s.Value, ProxyValue{plainLine(name, 60), plainLine(withoutPassword(value), 300)})
	}
}

// set says that anything is set.
func (s ProxySettings) set() bool {
	return s.HTTP != "" || s.HTTPS != "" || s.SOCKS != "" || s.PAC != "" || s.WPAD
}

const (
	maxProxyValues = 20
	maxProxyPeople = 20
	maxProxySkips  = 500
	proxyDeadline  = 4 * time.Second
)

// taskProxies reads the proxy settings.
const taskProxies = "proxies"

func readProxies(ctx context.Context, _ json.RawMessage, emit func(any) error) error {
	for _, s := range systemProxies(ctx) {
		if err := emit(s); err != nil {
			return err
		}
	}
	return nil
}

// ProxySettings reads what this machine and those who are signed in to it have set,
// the agent's own environment first. Cost: a few files of each, read in a child, as
// homes can hang. Deadline: 4 s; what came by then is returned with the error.
func (p *Prober) ProxySettings(ctx context.Context) ([]ProxySettings, error) {
	ctx, cancel := context.WithTimeout(ctx, proxyDeadline)
	defer cancel()
	all := []ProxySettings{agentProxies()}
	err := ask(ctx, p, taskProxies, struct{}{}, func(s ProxySettings) {
		if len(all) <= 2*maxProxyPeople {
			all = append(all, s)
		}
	})
	return all, err
}

// agentProxies is what the agent itself goes by, as every program of Go does.
func agentProxies() ProxySettings {
	return fromEnvironment(os.Getenv, "agent", "the agent's environment", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
}

func fromEnvironment(get func(string) string, by, from string, names ...string) ProxySettings {
	s := ProxySettings{By: by, From: from, Under: true}
	for _, name := range names {
		for _, spelt := range []string{name, strings.ToLower(name)} {
			value := get(spelt)
			if value == "" {
				continue
			}
			s.say(spelt, value)
			switch name {
			case "HTTP_PROXY":
				s.HTTP = cmp.Or(s.HTTP, value)
			case "HTTPS_PROXY":
				s.HTTPS = cmp.Or(s.HTTPS, value)
			case "ALL_PROXY":
				s.SOCKS = cmp.Or(s.SOCKS, value)
			case "NO_PROXY":
				if s.Skip == nil {
					s.Skip = splitSkips(value)
				}
			}
		}
	}
	return s
}

func splitSkips(s string) []string {
	all := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' })
	return all[:min(len(all), maxProxySkips)]
}

// ProxyChoice is what settings say of one address.
type ProxyChoice struct {
	Via    *url.URL // nil: directly, unless a script decides
	Script string
	Except string // the exception that applies
}

// Choose says what the settings make of an address. Scripts come before proxies, and
// exceptions are made from proxies only: so do Windows and macOS.
func (s ProxySettings) Choose(to *url.URL) ProxyChoice {
	if s.PAC != "" {
		return ProxyChoice{Script: s.PAC}
	}
	via := cmp.Or(s.HTTP, s.SOCKS)
	if to.Scheme == "https" {
		via = cmp.Or(s.HTTPS, s.SOCKS)
	}
	if via == "" {
		return ProxyChoice{}
	}
	at := proxyURL(via)
	if at == nil {
		return ProxyChoice{}
	}
	except := s.except(to)
	switch {
	case s.Only && except == "":
		return ProxyChoice{Except: "all but those that are named"}
	case s.Only:
		return ProxyChoice{Via: at}
	case except != "":
		return ProxyChoice{Except: except}
	}
	return ProxyChoice{Via: at}
}

func (s ProxySettings) except(to *url.URL) string {
	host := to.Hostname()
	if s.By == "agent" || s.By == "environment" {
		// Of these the rules are known to the letter; which entry applies is not told.
		c := httpproxy.Config{HTTPProxy: "http://x", HTTPSProxy: "http://x", NoProxy: strings.Join(s.Skip, ",")}
		if via, err := c.ProxyFunc()(to); err == nil && via == nil {
			for _, one := range s.Skip {
				c.NoProxy = one
				if via, err := c.ProxyFunc()(to); err == nil && via == nil && !thisMachine(host) {
					return one
				}
			}
			return "this machine itself"
		}
		return ""
	}
	if s.Plain && !strings.Contains(host, ".") && net.ParseIP(host) == nil {
		return "names without a dot"
	}
	port := cmp.Or(to.Port(), map[string]string{"http": "80", "https": "443"}[to.Scheme])
	for _, one := range s.Skip {
		if excepts(one, host, port, s.Under) {
			return one
		}
	}
	return ""
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// proxyURL makes an address of what people write: “host:port”, “http://host port”, a
// whole address. nil: it is none.
func proxyURL(s string) *url.URL {
	s = strings.Join(strings.Fields(s), ":")
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || len(s) > 1000 {
		return nil
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Port() == "" {
		port := map[string]string{"http": "80", "https": "443", "socks": "1080", "socks4": "1080", "socks4a": "1080", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
		if port == "" {
			return nil
		}
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return &url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}
}

// ShownProxy is a proxy's address without the name and the password in it.
func ShownProxy(u *url.URL) string {
	return plainLine((&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), 300)
}

// withoutPassword takes a name and a password out of each address in a value: what
// stands between “://” or its beginning and an at sign.
func withoutPassword(s string) string {
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	for i, f := range fields {
		at := strings.LastIndexByte(f, '@')
		if at < 0 {
			continue
		}
		begin := strings.Index(f, "=") + 1 // https=host:port of Windows
		if j := strings.Index(f, "://"); j >= 0 && j < at {
			begin = j + 3
		}
		if begin > at {
			begin = 0
		}
		fields[i] = f[:begin] + "[redacted]@" + f[at+1:]
	}
	if !strings.ContainsRune(s, '@') {
		return s
	}
	return strings.Join(fields, " ")
}
