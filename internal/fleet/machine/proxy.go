package machine

import (
	"net/url"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// answerProxy: one site in three goes out through a proxy, which lets all through.
func (m *Machine) answerProxy(p wire.ProxyParams) ([]Part, error) {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" {
		return nil, fault.Field("url", "The parameter “url” is not an address of the form https://host/path.")
	}
	const by, from, at = "environment", "/etc/environment", "http://proxy.example.com:3128"
	part := wire.ProxyPart{URL: p.URL, Ways: []wire.ProxyWay{{By: "agent", State: wire.ProxyDirect}, {By: by, State: wire.ProxyDirect}}}
	if mix(m.seed)%3 > 0 {
		return []Part{{50 * time.Millisecond, part}}, nil
	}
	trip := m.trip("proxy.example.com")
	part.Ways[1].State, part.Ways[1].Proxy = wire.ProxyThrough, at
	part.Settings = []wire.ProxySetting{{By: by, From: from, Name: "HTTPS_PROXY", Value: at}}
	part.Proxies = []wire.ProxyTry{{Proxy: at, Asked: "CONNECT " + u.Hostname() + ":443", Open: true, Status: 200, Through: true, Connect: trip, Answer: 2 * trip}}
	return []Part{{3 * trip, part}}, nil
}
