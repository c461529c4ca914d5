package pac_test

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/pac"
)

// A Wednesday, 14:30:20 in Berlin, 12:30:20 UTC.
var wednesday = time.Date(2026, 6, 10, 14, 30, 20, 0, time.FixedZone("CEST", 7200))

func world() pac.World {
	names := map[string]string{"intranet": "10.1.2.3", "www.example.com": "198.51.100.7", "files.corp.example": "192.168.8.20"}
	return pac.World{
		Resolve: func(_ context.Context, host string) (netip.Addr, bool) {
			a, err := netip.ParseAddr(names[host])
			return a, err == nil
		},
		Own: netip.MustParseAddr("10.9.8.7"), Now: wednesday,
	}
}

func find(t *testing.T, script, page string) (string, error) {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return pac.Find(ctx, script, u, world())
}

// TestScript decides as a company's script does.
func TestScript(t *testing.T) {
	const script = `
		var via = "PROXY proxy.corp.example:8080; PROXY spare.corp.example:8080; DIRECT";
		function FindProxyForURL(url, host) {
			if (isPlainHostName(host) || dnsDomainIs(host, ".corp.example") || isInNet(dnsResolve(host), "10.0.0.0", "255.0.0.0")) { return "DIRECT"; }
			if (shExpMatch(url, "http://*.example.com/secret/*")) return "SOCKS5 socks.corp.example";
			return via;
		}`
	for page, want := range map[string]string{
		"http://intranet/":                     "DIRECT",
		"https://files.corp.example/":          "DIRECT",
		"http://10.44.0.1/":                    "DIRECT",
		"https://www.example.com/":             "PROXY proxy.corp.example:8080; PROXY spare.corp.example:8080; DIRECT",
		"http://www.example.com/secret/a?b":    "SOCKS5 socks.corp.example",
		"https://www.example.com/secret/a":     "PROXY proxy.corp.example:8080; PROXY spare.corp.example:8080; DIRECT", // of https the host alone is told
		"https://nobody.knows.example:8443/?q": "PROXY proxy.corp.example:8080; PROXY spare.corp.example:8080; DIRECT",
	} {
		if got, err := find(t, script, page); got != want || err != nil {
			t.Errorf("%s: %q, %v", page, got, err)
		}
	}
}

// TestFunctions holds each function to what Netscape's text and browsers say.
func TestFunctions(t *testing.T) {
	for expr, want := range map[string]string{
		`isPlainHostName("www")`:                                       "true",
		`isPlainHostName("www.example.com")`:                           "false",
		`dnsDomainIs("WWW.Example.com", ".example.com")`:               "true",
		`dnsDomainIs("www", ".example.com")`:                           "false",
		`localHostOrDomainIs("www.example.com", "www.example.com")`:    "true",
		`localHostOrDomainIs("www", "www.example.com")`:                "true",
		`localHostOrDomainIs("home.example.com", "www.example.com")`:   "false",
		`dnsDomainLevels("www.example.com")`:                           "2",
		`isResolvable("intranet")`:                                     "true",
		`isResolvable("nowhere.example")`:                              "false",
		`dnsResolve("www.example.com")`:                                "198.51.100.7",
		`dnsResolve("nowhere.example")`:                                "null",
		`myIpAddress()`:                                                "10.9.8.7",
		`isInNet("198.95.249.79", "198.95.249.79", "255.255.255.255")`: "true",
		`isInNet("intranet", "10.1.0.0", "255.255.0.0")`:               "true",
		`isInNet("nowhere.example", "10.1.0.0", "255.255.0.0")`:        "false",
		`isInNet(dnsResolve("nowhere.example"), "0.0.0.0", "0.0.0.0")`: "false",
		`convert_addr("104.16.41.2")`:                                  "1745889538",
		`shExpMatch("http://home.example.com/a/index.html", "*/a/*")`:  "true",
		`shExpMatch("http://home.example.com/b/index.html", "*/a/*")`:  "false",
		`shExpMatch("a[1].example", "a[?].*")`:                         "true",
		`shExpMatch("abc", "a.c")`:                                     "false",
		`weekdayRange("WED")`:                                          "true",
		`weekdayRange("MON", "FRI")`:                                   "true",
		`weekdayRange("FRI", "TUE")`:                                   "false",
		`weekdayRange("SAT", "WED", "GMT")`:                            "true",
		`weekdayRange("NODAY")`:                                        "false",
		`timeRange(14)`:                                                "true",
		`timeRange(12, "GMT")`:                                         "true",
		`timeRange(9, 14)`:                                             "false",
		`timeRange(9, 15)`:                                             "true",
		`timeRange(22, 6)`:                                             "false",
		`timeRange(14, 0, 14, 30)`:                                     "true",
		`timeRange(14, 0, 0, 14, 30, 19)`:                              "false",
		`dateRange(10)`:                                                "true",
		`dateRange("JUN")`:                                             "true",
		`dateRange(2025)`:                                              "false",
		`dateRange(1, 15)`:                                             "true",
		`dateRange(24, "DEC", 15, "JUN")`:                              "true", // over the year's end
		`dateRange("NOV", "MAR")`:                                      "false",
		`dateRange(1, "JUN", 2026, 9, "JUN", 2026)`:                    "false",
		`dateRange("MAY", 2026, "JUL", 2026, "GMT")`:                   "true",
	} {
		got, err := find(t, "function FindProxyForURL() { return String("+expr+") }", "http://x.example/")
		if got != want || err != nil {
			t.Errorf("%s is %q, %v; want %s", expr, got, err, want)
		}
	}
}

// TestHostileScripts: none outlives its time, takes the machine's memory, or reaches it.
func TestHostileScripts(t *testing.T) {
	for script, want := range map[string]string{
		"function FindProxyForURL() { var a = [], s = 'x'; while (s.length < 1 << 20) s += s; while (true) a.push(s + a.length) }": "too much memory",
		"function FindProxyForURL(u, h) { return FindProxyForURL(u, h) + 1 }":                                                      "without end",
		"function FindProxyForURL() { return require('fs') }":                                                                      "require is not defined",
		"function FindProxyForURL() { throw 'no\\nway' }":                                                                          "no",
		"function FindProxyForURL( {":                                                                                              "SyntaxError",
		"var x = 1":                                                                                                                pac.ErrNoFunction.Error(),
		"function FindProxyForURL() {}":                                                                                            "says nothing",
	} {
		if got, err := find(t, script, "http://x.example/"); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, %v; want an error with %q", script, got, err, want)
		}
	}
	// That a script which never ends is stopped in time is shown with one that has none.
	u, _ := url.Parse("http://x.example/")
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	w := world()
	w.Resolve = func(context.Context, string) (netip.Addr, bool) {
		close(asked)
		return netip.Addr{}, false
	}
	go func() {
		<-asked
		cancel()
	}()
	if got, err := pac.Find(ctx, "function FindProxyForURL() { dnsResolve('a.example'); for (;;) {} }", u, w); err == nil || !strings.Contains(err.Error(), "come to an end") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWays(t *testing.T) {
	for says, want := range map[string]string{
		"DIRECT":                         "direct",
		" PROXY a.example:8080 ;DIRECT;": "http://a.example:8080 direct",
		"proxy a.example; HTTPS b.example; SOCKS c; SOCKS5 [::1]":           "http://a.example:80 https://b.example:443 socks4://c:1080 socks5://[::1]:1080",
		"PROXY; QUIC a:1; PROXY a b; PROXY http://a; PROXY x:y; SOCKS4 d:1": "socks4://d:1",
		"": "",
	} {
		var got []string
		for _, w := range pac.Ways(says) {
			if w.Proxy == nil {
				got = append(got, "direct")
			} else {
				got = append(got, w.Proxy.String())
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q is %q, want %q", says, g, want)
		}
	}
}
