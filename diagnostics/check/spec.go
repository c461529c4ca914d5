// Package check is the vocabulary of synthetic checks: what is looked at, and what came
// of it. It looks at nothing itself; diagnostics/reach does.
package check

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/fault"
)

// Kind is how a service is looked at.
type Kind string

// The kinds.
const (
	ICMP Kind = "icmp" // it answers an echo
	TCP  Kind = "tcp"  // its port is open
	HTTP Kind = "http" // a page answers, and as is asked for
	DNS  Kind = "dns"  // a name server answers, and as is asked for
	TLS  Kind = "tls"  // its certificate is valid, and stays so

	// Line is no service, and no check of anybody's: whoever is asked looks at the own line
	// to the network.
	Line Kind = "line"
)

// Kinds lists them, the most used first.
func Kinds() []Kind { return []Kind{HTTP, TCP, ICMP, DNS, TLS} }

// Spec says what is looked at, and what has to come of it. Fields of other kinds are
// empty.
type Spec struct {
	Kind    Kind          `json:"kind"`
	Host    string        `json:"host,omitempty"`    // of icmp, tcp and tls; of dns the name
	Port    int           `json:"port,omitempty"`    // of tcp and tls
	Timeout time.Duration `json:"timeout,omitempty"` // for all of it
	Slowest time.Duration `json:"slowest,omitempty"` // what takes longer has failed; 0: it may

	// Of http.
	URL        string   `json:"url,omitempty"`
	Method     string   `json:"method,omitempty"`
	Headers    []Header `json:"headers,omitempty"`
	Body       string   `json:"body,omitempty"`
	Status     string   `json:"status,omitempty"` // 200-299, 401
	Contains   string   `json:"contains,omitempty"`
	JSONPath   string   `json:"json_path,omitempty"`
	JSONValue  string   `json:"json_value,omitempty"`
	HeaderName string   `json:"header_name,omitempty"` // of the answer, that has to contain
	HeaderHas  string   `json:"header_has,omitempty"`
	Stay       bool     `json:"stay,omitempty"` // redirects are the answer, and not followed

	// Of dns.
	Type   string `json:"type,omitempty"`
	Server string `json:"server,omitempty"` // empty: that of whoever looks
	Expect string `json:"expect,omitempty"` // one of the answers

	// Of tls.
	Name string `json:"name,omitempty"` // that the certificate has to be for; empty: the host
}

// Header is one line of a request's head.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The limits.
const (
	MaxTimeout   = 30 * time.Second
	LineTimeout  = 10 * time.Second // of a look at the own line
	usualTimeout = 10 * time.Second
	maxHeaders   = 10
	maxText      = 1000
	maxURL       = 2000
	maxBody      = 4 << 10
)

// Methods lists how a page can be asked for.
func Methods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost}
}

// Types lists what a name server can be asked for.
func Types() []string {
	return []string{"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "SRV", "PTR", "CAA"}
}

// Check brings a spec into its form, or says what is wrong with it. What does not
// belong to its kind is taken out.
func (s *Spec) Check() error {
	if s.Timeout == 0 {
		s.Timeout = usualTimeout
	}
	switch {
	case s.Timeout < time.Second || s.Timeout > MaxTimeout:
		return fault.Field("timeout", "A check has 1 to 30 seconds.")
	case s.Slowest < 0 || s.Slowest > s.Timeout:
		return fault.Field("slowest", "What is too slow lies between nothing and the time that the check has.")
	}
	clean := Spec{Kind: s.Kind, Timeout: s.Timeout, Slowest: s.Slowest}
	var err error
	switch s.Kind {
	case ICMP:
		clean.Host, err = host("host", s.Host)
	case TCP, TLS:
		if s.Port == 0 && s.Kind == TLS {
			s.Port = 443
		}
		if s.Port < 1 || s.Port > 65535 {
			return fault.Field("port", "A port is a number from 1 to 65535.")
		}
		clean.Port = s.Port
		if clean.Host, err = host("host", s.Host); err == nil && s.Kind == TLS && strings.TrimSpace(s.Name) != "" {
			clean.Name, err = host("server_name", s.Name)
		}
	case HTTP:
		err = s.http(&clean)
	case DNS:
		err = s.dns(&clean)
	default:
		return fault.Field("kind", "A check is one of http, tcp, icmp, dns and tls.")
	}
	if err == nil {
		*s = clean
	}
	return err
}

func (s *Spec) http(to *Spec) error {
	u, err := Address(s.URL)
	if err != nil {
		return err
	}
	to.URL, to.Method, to.Stay = u.String(), strings.ToUpper(strings.TrimSpace(s.Method)), s.Stay
	if to.Method == "" {
		to.Method = http.MethodGet
	}
	if !slices.Contains(Methods(), to.Method) {
		return fault.Field("method", "A page is asked for by GET, HEAD, OPTIONS or POST.")
	}
	if len(s.Headers) > maxHeaders {
		return fault.Field("headers", "At most ten headers can be sent.")
	}
	for _, h := range s.Headers {
		h.Name, h.Value = http.CanonicalHeaderKey(strings.TrimSpace(h.Name)), strings.TrimSpace(h.Value)
		if !token(h.Name) || !plain(h.Value) || slices.Contains([]string{"Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer"}, h.Name) {
			return fault.Field("headers", "A header is written as “Name: value”, on a line of its own. Those that belong to the connection cannot be set.")
		}
		to.Headers = append(to.Headers, h)
	}
	if to.Body = s.Body; len(s.Body) > maxBody || s.Body != "" && to.Method != http.MethodPost {
		return fault.Field("body", "A text of at most 4 KiB is sent with POST, and with nothing else.")
	}
	if to.Status = strings.TrimSpace(s.Status); to.Status == "" {
		to.Status = "200-299"
	}
	if _, err := statuses(to.Status); err != nil {
		return err
	}
	to.Contains, to.JSONPath, to.JSONValue = s.Contains, strings.TrimSpace(s.JSONPath), strings.TrimSpace(s.JSONValue)
	if len(to.Contains) > maxText || len(to.JSONValue) > maxText {
		return fault.Field("contains", "What is looked for has at most 1000 characters.")
	}
	if to.JSONPath != "" {
		if _, err := steps(to.JSONPath); err != nil {
			return err
		}
	} else if to.JSONValue != "" {
		return fault.Field("json_path", "Say where in the answer this value stands.")
	}
	if to.Method == http.MethodHead && (to.Contains != "" || to.JSONPath != "") {
		return fault.Field("method", "HEAD brings no text in which something could be looked for.")
	}
	to.HeaderName, to.HeaderHas = http.CanonicalHeaderKey(strings.TrimSpace(s.HeaderName)), strings.TrimSpace(s.HeaderHas)
	if to.HeaderName != "" && !token(to.HeaderName) || !plain(to.HeaderHas) || to.HeaderName == "" && to.HeaderHas != "" {
		return fault.Field("header_name", "That is not the name of a header.")
	}
	return nil
}

func (s *Spec) dns(to *Spec) error {
	var err error
	if to.Type = strings.ToUpper(strings.TrimSpace(s.Type)); to.Type == "" {
		to.Type = "A"
	}
	if !slices.Contains(Types(), to.Type) {
		return fault.Field("type", "A name server is asked for one of "+strings.Join(Types(), ", ")+".")
	}
	if to.Host, err = name("host", s.Host); err != nil {
		return err
	}
	if _, err := netip.ParseAddr(to.Host); err == nil && to.Type != "PTR" {
		return fault.Field("host", "This is an address; only PTR is asked of one.")
	}
	if to.Server = strings.TrimSpace(s.Server); to.Server != "" {
		ip := to.NameServer()
		if !ip.IsValid() {
			return fault.Field("server", "The name server is named by its address, for example 10.0.0.2.")
		}
		if why := Refused(ip); why != "" {
			return fault.Field("server", why)
		}
	}
	if to.Expect = strings.TrimSpace(s.Expect); len(to.Expect) > maxText {
		return fault.Field("expect", "What is looked for has at most 1000 characters.")
	}
	return nil
}

// token reports whether a text can be the name of a header.
func token(s string) bool {
	return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func plain(s string) bool {
	return len(s) <= 2*maxText && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) })
}
