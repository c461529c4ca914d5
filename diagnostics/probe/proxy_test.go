package probe

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// dconf is a database that GNOME's own program has written: a proxy for each scheme,
// exceptions, an address of a script that the mode leaves unused, and a password.
const dconf = "R1ZhcmlhbnQAAAAAAAAAABgAAACMAQAAAAAAKA0AAAAAAAAAAQAAAAIAAAADAAAABQAAAAcAAAAIAAAACAAAAAgAAAAIAAAACgAAAAoAAAALAAAAKObq5gkAAACMAQAABQBMAJQBAACgAQAA1LUCAP////+gAQAAAQBMAKQBAACoAQAAG7RHxAkAAACoAQAABgBMALABAAC4AQAAiG/dGQkAAAC4AQAADgB2AMgBAADrAQAA7QsBkQAAAADrAQAABAB2APABAAD2AQAA6I65vAAAAAD2AQAAFwB2ABACAAAZAgAA6DfVkgEAAAAZAgAABwBMACACAAAkAgAAeTglSwIAAAAkAgAABAB2ACgCAAA8AgAABqn8kAAAAAA8AgAABAB2AEACAABSAgAAGSL5MQYAAABSAgAABgBMAFgCAABsAgAA21g9TgkAAABsAgAADAB2AHgCAAClAgAAXjG87wkAAAClAgAABAB2ALACAAC5AgAAYJspSwIAAAC5AgAABAB2AMACAADGAgAAaHR0cC8AAAAFAAAACAAAAAQAAAAvAAAABgAAAGh0dHBzLwAABwAAAAwAAABhdXRvY29uZmlnLXVybAAAaHR0cDovL3BhYy5leGFtcGxlLmNvbS9wcm94eS5wYWMAAHNwb3J0AJAfAAAAaWF1dGhlbnRpY2F0aW9uLXBhc3N3b3JkAAAAc2VzYW1lAABzc3lzdGVtLwkAAABob3N0cHJveHkuZXhhbXBsZS5jb20AAHNob3N0d2ViLmV4YW1wbGUuY29tAABzcHJveHkvAwAAAAAAAAACAAAACgAAAAsAAABpZ25vcmUtaG9zdHNsb2NhbGhvc3QAMTAuMC4wLjAvOAAuY29ycC5leGFtcGxlLmNvbQAKFScAYXNtb2RlAAAAAAAAAG1hbnVhbAAAc3BvcnQAAAA4DAAAAGk="

func recordedDconf(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(dconf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// leads is what settings come to, in one word.
func leads(s ProxySettings, to *url.URL) string {
	switch c := s.Choose(to); {
	case c.Script != "":
		return "script " + c.Script
	case c.Via != nil:
		return c.Via.String()
	case c.Except != "":
		return "except " + c.Except
	}
	return "direct"
}

func TestProxyOfGNOME(t *testing.T) {
	s := parseGNOMEProxy(recordedDconf(t))
	for to, want := range map[string]string{
		"https://intranet.example.com/":  "http://proxy.example.com:3128",
		"http://intranet.example.com/":   "http://web.example.com:8080",
		"http://10.1.2.3/":               "except 10.0.0.0/8",
		"https://a.corp.example.com/":    "except .corp.example.com",
		"https://localhost/":             "except localhost",
		"https://corp.example.com.evil/": "http://proxy.example.com:3128",
	} {
		if got := leads(s, parse(t, to)); got != want {
			t.Errorf("%s: %s, not %s", to, got, want)
		}
	}
	for _, v := range s.Value {
		if strings.Contains(v.Name+v.Value, "sesame") || strings.Contains(v.Name, "password") {
			t.Errorf("a password is told: %+v", v)
		}
	}
	if len(s.Value) < 5 {
		t.Errorf("%+v", s.Value)
	}
	// An organisation's database counts where the person's own says nothing.
	if got := leads(parseGNOMEProxy(nil, recordedDconf(t)), parse(t, "https://x.example.com/")); got != "http://proxy.example.com:3128" {
		t.Errorf("of the system's database: %s", got)
	}
	if parseGNOMEProxy(nil).set() || parseGNOMEProxy([]byte("GVariant")).set() {
		t.Error("nothing is something")
	}
}

func TestProxyOfKDE(t *testing.T) {
	const manual = "[Other]\nProxyType=2\n[Proxy Settings]\nProxyType=1\nhttpProxy=http://web.example.com 8080\nhttpsProxy=http://user:hush@proxy.example.com:3128\nNoProxyFor=.corp.example.com,10.0.0.0/8\nProxy Config Script[$e]=http://pac/\n"
	s := parseKDEProxy(manual)
	for to, want := range map[string]string{
		"https://x.example.com/":      "http://user:hush@proxy.example.com:3128",
		"http://x.example.com/":       "http://web.example.com:8080",
		"http://x.corp.example.com/":  "except .corp.example.com",
		"https://10.4.4.4:8443/login": "except 10.0.0.0/8",
	} {
		if got := leads(s, parse(t, to)); got != want {
			t.Errorf("%s: %s, not %s", to, got, want)
		}
	}
	for _, v := range s.Value {
		if strings.Contains(v.Value, "hush") {
			t.Errorf("a password is told: %+v", v)
		}
	}
	only := parseKDEProxy(manual + "ReversedException=true\n")
	if a, b := leads(only, parse(t, "https://x.example.com/")), leads(only, parse(t, "http://x.corp.example.com/")); a != "except all but those that are named" || b != "http://web.example.com:8080" {
		t.Errorf("the other way round: %s, %s", a, b)
	}
	if s := parseKDEProxy("[Proxy Settings]\nProxyType=2\nProxy Config Script=http://pac.example.com/p.pac\n"); leads(s, parse(t, "https://x/")) != "script http://pac.example.com/p.pac" {
		t.Errorf("%+v", s)
	}
	if s := parseKDEProxy("[Proxy Settings]\nProxyType=3\n"); !s.WPAD {
		t.Errorf("%+v", s)
	}
	if s := parseKDEProxy("[Proxy Settings]\nProxyType=4\nhttpProxy=HTTP_PROXY\n"); s.set() {
		t.Errorf("%+v", s)
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	s := parseEnvironmentFile("# all\nPATH=/bin\nexport https_proxy=\"proxy.example.com:3128\"\nALL_PROXY='socks5://gate.example.com'\nNO_PROXY=.corp.example.com,192.168.0.0/16\n")
	for to, want := range map[string]string{
		"https://x.example.com/":      "http://proxy.example.com:3128",
		"http://x.example.com/":       "socks5://gate.example.com:1080",
		"https://x.corp.example.com/": "except .corp.example.com",
		"http://192.168.7.7/":         "except 192.168.0.0/16",
		"http://localhost:8080/":      "except this machine itself",
	} {
		if got := leads(s, parse(t, to)); got != want {
			t.Errorf("%s: %s, not %s", to, got, want)
		}
	}
	t.Setenv("HTTPS_PROXY", "http://me:hush@[2001:db8::1]:3128")
	t.Setenv("https_proxy", "")
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	mine := agentProxies()
	if got := leads(mine, parse(t, "https://x/")); got != "http://me:hush@[2001:db8::1]:3128" {
		t.Errorf("%s", got)
	}
	if i := slices.IndexFunc(mine.Value, func(v ProxyValue) bool { return v.Name == "HTTPS_PROXY" }); i < 0 || mine.Value[i].Value != "http://[redacted]@[2001:db8::1]:3128" {
		t.Errorf("%+v", mine.Value)
	}
}

// What “scutil --proxy” prints on macOS, written by hand: no Mac was asked.
const scutil = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : web.example.com
  HTTPSEnable : 1
  HTTPSPort : 3128
  HTTPSProxy : proxy.example.com
  ProxyAutoConfigEnable : 0
  ProxyAutoConfigURLString : http://pac.example.com/p.pac
  SOCKSEnable : 0
  SOCKSPort : 1080
  SOCKSProxy : gate.example.com
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      HTTPSEnable : 1
      HTTPSPort : 1
      HTTPSProxy : other.example.com
    }
  }
}
`

func TestProxyOfMacOS(t *testing.T) {
	s := parseScutilProxy(scutil)
	for to, want := range map[string]string{
		"https://x.example.com/": "http://proxy.example.com:3128",
		"http://x.example.com/":  "http://web.example.com:8080",
		"http://printer.local/":  "except *.local",
		"http://169.254.9.9/":    "except 169.254/16",
		"https://intranet/":      "except names without a dot",
	} {
		if got := leads(s, parse(t, to)); got != want {
			t.Errorf("%s: %s, not %s", to, got, want)
		}
	}
	script := parseScutilProxy(strings.Replace(scutil, "ProxyAutoConfigEnable : 0", "ProxyAutoConfigEnable : 1", 1))
	if got := leads(script, parse(t, "https://x/")); got != "script http://pac.example.com/p.pac" {
		t.Errorf("%s", got)
	}
	if parseScutilProxy("<dictionary> {\n}\n").set() {
		t.Error("nothing is something")
	}
}

// connection is a value as Windows writes it.
func connection(flags uint32, texts ...string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x46)
	b = binary.LittleEndian.AppendUint32(b, 12)
	b = binary.LittleEndian.AppendUint32(b, flags)
	for _, t := range texts {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(t)))
		b = append(b, t...)
	}
	return append(b, make([]byte, 32)...)
}

func TestProxyOfWindows(t *testing.T) {
	for name, x := range map[string]struct {
		value    []byte
		by       string
		to, want string
	}{
		"one for all":     {connection(3, "proxy.example.com:8080", "<local>;*.corp.example.com", ""), "windows", "https://x.example.com/", "http://proxy.example.com:8080"},
		"local":           {connection(3, "proxy.example.com:8080", "<local>;*.corp.example.com", ""), "windows", "https://intranet/", "except <local>"},
		"an exception":    {connection(3, "proxy.example.com:8080", "<local>;*.corp.example.com", ""), "windows", "https://a.b.corp.example.com/", "except *.corp.example.com"},
		"not what is it":  {connection(3, "proxy.example.com:8080", "*.corp.example.com", ""), "windows", "https://corp.example.com/", "http://proxy.example.com:8080"},
		"addresses":       {connection(3, "p:1", "192.168.*", ""), "windows", "https://192.168.3.4/", "except 192.168.*"},
		"one for each":    {connection(3, "http=a:1;https=b:2;socks=c:3", "", ""), "windows", "https://x/", "http://b:2"},
		"socks":           {connection(3, "socks=c:3", "", ""), "windows", "https://x/", "socks4://c:3"},
		"a script":        {connection(7, "p:1", "", "http://pac.example.com/p.pac"), "windows", "https://x/", "script http://pac.example.com/p.pac"},
		"switched off":    {connection(1, "p:1", "", "http://pac.example.com/p.pac"), "windows", "https://x/", "direct"},
		"WinHTTP":         {connection(3, "p:1", "<local>"), "winhttp", "https://x.y/", "http://p:1"},
		"WinHTTP without": {connection(1), "winhttp", "https://x.y/", "direct"},
		"cut":             {connection(3, "p:1")[:16], "windows", "https://x.y/", "direct"},
	} {
		s, ok := parseConnectionSettings(x.value, x.by)
		if got := leads(s, parse(t, x.to)); !ok || got != x.want {
			t.Errorf("%s: %s, not %s", name, got, x.want)
		}
	}
	if s, _ := parseConnectionSettings(connection(9, "", "", ""), "windows"); !s.WPAD || leads(s, parse(t, "https://x/")) != "direct" {
		t.Errorf("%+v", s)
	}
	if _, ok := parseConnectionSettings(nil, "winhttp"); ok {
		t.Error("nothing is a value")
	}
}

func TestWithoutPassword(t *testing.T) {
	for in, want := range map[string]string{
		"http://me:hush@p:1":         "http://[redacted]@p:1",
		"me:hu@sh@p:1":               "[redacted]@p:1",
		"http=a:1;https=me:hush@p:1": "http=a:1 https=[redacted]@p:1",
		"https=http://me:hush@p:1":   "https=http://[redacted]@p:1",
		"p:1":                        "p:1",
		"<local>;*.corp":             "<local>;*.corp",
		"http://pac.example.com/?token=hush@evil:1/x": "http://[redacted]@evil:1/x",
	} {
		if got := withoutPassword(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// hostile is what all parsers are held to, whatever they are given.
func hostile(t *testing.T, s ProxySettings) {
	t.Helper()
	if len(s.Value) > maxProxyValues || len(s.Skip) > maxProxySkips {
		t.Fatalf("%d values, %d exceptions", len(s.Value), len(s.Skip))
	}
	for _, v := range s.Value {
		if len(v.Value) > 310 || strings.ContainsAny(v.Name+v.Value, "\n\x1b\x00") {
			t.Fatalf("%+q", v)
		}
	}
	for _, to := range []string{"https://x.example.com/", "http://[::1]:80/", "https://intranet/"} {
		if c := s.Choose(parse(t, to)); c.Via != nil {
			if shown := ShownProxy(c.Via); c.Via.Port() == "" || len(shown) > 310 {
				t.Fatalf("%q", shown)
			}
		}
	}
}

// A database that is damaged at any place, or cut there.
func TestDamagedDconf(t *testing.T) {
	whole := recordedDconf(t)
	for i := range whole {
		hostile(t, parseGNOMEProxy(whole[:i]))
		for _, to := range []byte{0, 0x7f, 0xff} {
			damaged := slices.Clone(whole)
			damaged[i] = to
			hostile(t, parseGNOMEProxy(damaged))
		}
	}
}

func FuzzProxySettings(f *testing.F) {
	f.Add(recordedDconf(f))
	f.Add([]byte(scutil))
	f.Add([]byte("[Proxy Settings]\nProxyType=1\nhttpProxy=http://a b\nNoProxyFor=[,*.,/,::/0,a:b:c"))
	f.Add([]byte("HTTPS_PROXY=http://\x1b[31m:hush@x\nNO_PROXY=*,[::1]:80,<local>"))
	f.Add(connection(15, "http=;https==;=:;socks=", "<local>;[;*?\\", "\xff\xfe"))
	f.Add(connection(3)[:12])
	f.Fuzz(func(t *testing.T, b []byte) {
		hostile(t, parseGNOMEProxy(b))
		hostile(t, parseKDEProxy(string(b)))
		hostile(t, parseEnvironmentFile(string(b)))
		hostile(t, parseScutilProxy(string(b)))
		for _, by := range []string{"windows", "winhttp"} {
			s, _ := parseConnectionSettings(b, by)
			hostile(t, s)
		}
	})
}
