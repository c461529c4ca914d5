package wire

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// AskCheck has a machine look once at a service that is looked at again and again, for
// all: CheckParams → CheckPart. It is no tool of a person's, and no question to the fleet.
const AskCheck AskKind = "probe.check"

// CheckParams says what is looked at. There is no place in it for what could be a secret:
// no headers, no text that is sent.
type CheckParams struct {
	Kind    check.Kind    `json:"kind"`                 // http, tcp, icmp, dns, tls; line, with nothing else: the machine's own line
	Host    string        `json:"host,omitempty"`       // of icmp, tcp and tls; of dns the name
	Port    int           `json:"port,omitempty"`       // of tcp and tls
	Timeout time.Duration `json:"timeout_ns"`           // 1 to 30 s
	Slowest time.Duration `json:"slowest_ns,omitempty"` // what takes longer has failed; 0: it may

	URL        string `json:"url,omitempty"` // of http; nothing follows a question mark
	Method     string `json:"method,omitempty"`
	Status     string `json:"status,omitempty"` // 200-299, 401
	Contains   string `json:"contains,omitempty"`
	JSONPath   string `json:"json_path,omitempty"`
	JSONValue  string `json:"json_value,omitempty"`
	HeaderName string `json:"header_name,omitempty"` // of the answer, that has to contain
	HeaderHas  string `json:"header_has,omitempty"`
	Stay       bool   `json:"stay,omitempty"` // redirects are the answer, and not followed

	Type   string `json:"type,omitempty"`   // of dns
	Server string `json:"server,omitempty"` // empty: those of the machine
	Expect string `json:"expect,omitempty"` // one of the answers

	Name string `json:"name,omitempty"` // of tls: that the certificate has to be for
}

// CheckPart is what the look came to.
type CheckPart struct{ check.Result }

// CheckOf are the parameters by which a machine looks at a service. What must not leave
// the server is not in them: check.Spec's Afar says whether something is lost.
func CheckOf(s check.Spec) CheckParams {
	return CheckParams{
		Kind: s.Kind, Host: s.Host, Port: s.Port, Timeout: s.Timeout, Slowest: s.Slowest,
		URL: s.URL, Method: s.Method, Status: s.Status, Contains: s.Contains, JSONPath: s.JSONPath, JSONValue: s.JSONValue, HeaderName: s.HeaderName, HeaderHas: s.HeaderHas, Stay: s.Stay,
		Type: s.Type, Server: s.Server, Expect: s.Expect, Name: s.Name,
	}
}

// Spec is what is looked at, unchecked.
func (p CheckParams) Spec() check.Spec {
	return check.Spec{
		Kind: p.Kind, Host: p.Host, Port: p.Port, Timeout: p.Timeout, Slowest: p.Slowest,
		URL: p.URL, Method: p.Method, Status: p.Status, Contains: p.Contains, JSONPath: p.JSONPath, JSONValue: p.JSONValue, HeaderName: p.HeaderName, HeaderHas: p.HeaderHas, Stay: p.Stay,
		Type: p.Type, Server: p.Server, Expect: p.Expect, Name: p.Name,
	}
}
