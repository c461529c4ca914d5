package probe

import (
	"encoding/binary"
	"net"
	"strings"
	"unicode/utf8"
)

// parseGNOMEProxy reads what dconf keeps under /system/proxy/, the person's own
// database first. A name or a password that stands there is left alone.
func parseGNOMEProxy(databases ...[]byte) ProxySettings {
	s := ProxySettings{By: "gnome", Under: true}
	values := map[string][]byte{}
	for _, b := range databases {
		for name, v := range gvdbValues(b, "/system/proxy/") {
			if _, ok := values[name]; !ok {
				values[name] = v
			}
		}
	}
	text := func(name string) string {
		v := gvariantText(values[name])
		s.say(name, v)
		return v
	}
	mode := text("mode")
	if mode != "manual" && mode != "auto" {
		return s
	}
	if mode == "auto" {
		s.PAC = text("autoconfig-url")
		s.WPAD = s.PAC == ""
		return s
	}
	at := func(kind string) string {
		host, port := text(kind+"/host"), text(kind+"/port")
		if host == "" || port == "" || port == "0" {
			return ""
		}
		return net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	s.HTTP, s.HTTPS = at("http"), at("https")
	if socks := at("socks"); socks != "" {
		s.SOCKS = "socks5://" + socks
	}
	s.Skip = gvariantTexts(values["ignore-hosts"])
	if _, set := values["ignore-hosts"]; !set {
		s.Skip = []string{"localhost", "127.0.0.0/8", "::1"} // the schema's own
	}
	s.say("ignore-hosts", strings.Join(s.Skip, ", "))
	return s
}

// parseKDEProxy reads kioslaverc. Where it says that the environment decides, it says
// no more than that.
func parseKDEProxy(text string) ProxySettings {
	s := ProxySettings{By: "kde", Under: true}
	values := map[string]string{}
	within := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			within = line == "[Proxy Settings]"
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name, _, _ = strings.Cut(name, "["); within && ok && len(values) < 100 { // Name[$e]=: expanded
			values[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	told := func(name string) string {
		s.say(name, values[name])
		return values[name]
	}
	switch told("ProxyType") {
	case "1":
		s.HTTP, s.HTTPS, s.SOCKS = told("httpProxy"), told("httpsProxy"), told("socksProxy")
		s.Skip, s.Only = splitSkips(told("NoProxyFor")), told("ReversedException") == "true"
	case "2":
		s.PAC = told("Proxy Config Script")
	case "3":
		s.WPAD = true
	}
	return s
}

// parseEnvironmentFile reads /etc/environment, which sets the environment of those
// who sign in.
func parseEnvironmentFile(text string) ProxySettings {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		if ok && !strings.HasPrefix(name, "#") && len(values) < 1000 {
			values[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return fromEnvironment(func(name string) string { return values[name] }, "environment", "/etc/environment", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
}

// parseScutilProxy reads what “scutil --proxy” prints on macOS. What is scoped to one
// network card is left out: it is for those who bind to it.
func parseScutilProxy(text string) ProxySettings {
	s := ProxySettings{By: "macos", From: "scutil --proxy"}
	values := map[string]string{}
	var inside []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, " : ")
		switch {
		case line == "}":
			if len(inside) > 0 {
				inside = inside[:len(inside)-1]
			}
		case strings.HasSuffix(line, "{"):
			if len(inside) > 20 {
				return s
			}
			inside = append(inside, strings.TrimSpace(name))
		case ok && len(inside) == 1 && len(values) < 200:
			values[name] = value
		case ok && len(inside) == 2 && inside[1] == "ExceptionsList" && len(s.Skip) < maxProxySkips:
			s.Skip = append(s.Skip, value)
		}
	}
	on := func(name string) bool { return values[name+"Enable"] == "1" }
	at := func(kind string) string {
		host, port := values[kind+"Proxy"], values[kind+"Port"]
		if !on(kind) || host == "" {
			return ""
		}
		if port != "" {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		s.say(kind+"Proxy", host)
		return host
	}
	s.HTTP, s.HTTPS = at("HTTP"), at("HTTPS")
	if socks := at("SOCKS"); socks != "" {
		s.SOCKS = "socks5://" + socks
	}
	if on("ProxyAutoConfig") {
		s.PAC = values["ProxyAutoConfigURLString"]
		s.say("ProxyAutoConfigURLString", s.PAC)
	}
	if s.WPAD = on("ProxyAutoDiscovery"); s.WPAD {
		s.say("ProxyAutoDiscoveryEnable", "1")
	}
	if s.Plain = values["ExcludeSimpleHostnames"] == "1"; s.Plain {
		s.say("ExcludeSimpleHostnames", "1")
	}
	s.say("ExceptionsList", strings.Join(s.Skip, ", "))
	return s
}

// The bits of Windows' connection settings.
const (
	connectionProxy  = 2
	connectionScript = 4
	connectionDetect = 8
)

// parseConnectionSettings reads DefaultConnectionSettings of Internet Settings, or
// WinHttpSettings, which begins alike: three numbers, then texts with their lengths
// before them: proxies, exceptions, the script's address.
func parseConnectionSettings(b []byte, by string) (s ProxySettings, ok bool) {
	s.By = by
	if len(b) < 12 {
		return s, false
	}
	flags := binary.LittleEndian.Uint32(b[8:])
	b = b[12:]
	text := func() string {
		if len(b) < 4 {
			return ""
		}
		n := binary.LittleEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			b = nil
			return ""
		}
		t := string(b[:n])
		b = b[n:]
		if !utf8.ValidString(t) {
			return strings.ToValidUTF8(t, "\uFFFD")
		}
		return t
	}
	servers, skips, script := text(), text(), text()
	if flags&connectionProxy != 0 {
		s.servers(servers, skips)
	}
	if flags&connectionScript != 0 && by == "windows" {
		s.PAC = script
		s.say("AutoConfigURL", script)
	}
	if s.WPAD = flags&connectionDetect != 0 && by == "windows"; s.WPAD {
		s.say("AutoDetect", "1")
	}
	return s, true
}

// servers reads Windows' ProxyServer, “host:port” for all or “https=host:port;…”, and
// ProxyOverride.
func (s *ProxySettings) servers(servers, skips string) {
	s.say("ProxyServer", servers)
	s.say("ProxyOverride", skips)
	for one := range strings.FieldsFuncSeq(servers, func(r rune) bool { return r == ';' || r == ' ' }) {
		kind, at, ok := strings.Cut(one, "=")
		switch {
		case !ok:
			s.HTTP, s.HTTPS = one, one
		case strings.EqualFold(kind, "http"):
			s.HTTP = at
		case strings.EqualFold(kind, "https"):
			s.HTTPS = at
		case strings.EqualFold(kind, "socks"):
			if !strings.Contains(at, "://") {
				at = "socks4://" + at // all that WinINET speaks
			}
			s.SOCKS = at
		}
	}
	s.Skip = splitSkips(skips)
}
