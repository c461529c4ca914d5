package survey

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// checked returns the parameters in the form in which they are sent: of the kind's
// own type, with nothing else beside. The endpoint checks them again.
func checked(k wire.AskKind, raw json.RawMessage) (json.RawMessage, error) {
	switch k {
	case wire.AskHasFinding:
		return typed(raw, func(p *wire.HasFindingParams) error { return word("code", &p.Code, "the code of a finding") })
	case wire.AskHasProcess:
		return typed(raw, func(p *wire.HasProcessParams) error { return word("name", &p.Name, "the name of a process") })
	case wire.AskHasSoftware:
		return typed(raw, func(p *wire.HasSoftwareParams) error {
			return word("name", &p.Name, "the name of a program or package")
		})
	case wire.AskPing:
		return typed(raw, func(p *wire.PingParams) error {
			if p.Count <= 0 || p.Count > maxPings {
				p.Count = maxPings
			}
			return word("host", &p.Host, "the host to ping")
		})
	case wire.AskPath:
		return typed(raw, func(p *wire.PathParams) error {
			p.Rounds = maxRounds
			return word("host", &p.Host, "the host to which the way leads")
		})
	case wire.AskPortal:
		return typed(raw, func(*wire.PortalParams) error { return nil })
	case wire.AskSpeed:
		return nil, fault.Field("kind", "A whole fleet does not measure its speed: all at once would fill the server's own line, and measure that. Ask one machine.")
	case wire.AskDNS:
		return typed(raw, func(p *wire.DNSParams) error { return word("name", &p.Name, "the name to look up") })
	case wire.AskTCP:
		return typed(raw, func(p *wire.TCPParams) error {
			if p.Port < 1 || p.Port > 65535 {
				return fault.Field("port", "A port is a number from 1 to 65535.")
			}
			return word("host", &p.Host, "the host to connect to")
		})
	case wire.AskProxy:
		return typed(raw, func(p *wire.ProxyParams) error {
			return word("url", &p.URL, "the address that the proxy is to lead to")
		})
	case wire.AskHTTP:
		return typed(raw, func(p *wire.HTTPParams) error { return word("url", &p.URL, "the address to fetch") })
	case wire.AskTLS:
		return typed(raw, func(p *wire.TLSParams) error { return word("host", &p.Host, "the host whose certificate is looked at") })
	}
	return nil, fault.Field("kind", "The fleet cannot be asked that. It can be asked for a finding, a process, software, ping, a path, DNS, TCP, HTTP, TLS, a sign-in page or a proxy.")
}

// Thousands of machines do it at once, and their answers are kept.
const (
	maxPings  = 2
	maxRounds = 3
)

func typed[P any](raw json.RawMessage, check func(*P) error) (json.RawMessage, error) {
	var p P
	if len(raw) > 4<<10 || (len(raw) > 0 && json.Unmarshal(raw, &p) != nil) {
		return nil, fault.Field("params", "The parameters do not have the form that this question needs.")
	}
	if err := check(&p); err != nil {
		return nil, err
	}
	return json.Marshal(p)
}

func word(field string, s *string, what string) error {
	*s = strings.TrimSpace(*s)
	if *s == "" {
		return fault.Field(field, "Say "+what+".")
	}
	if utf8.RuneCountInString(*s) > 500 || !utf8.ValidString(*s) {
		return fault.Field(field, "That is longer than 500 characters.")
	}
	return nil
}

// Words says a question in few words: what is asked, and of what.
func Words(k wire.AskKind, params json.RawMessage) string {
	var p struct {
		Code, Name, Host, URL, Server, Type string
		Port                                int
	}
	if json.Unmarshal(params, &p) != nil {
		return string(k)
	}
	switch k {
	case wire.AskHasFinding:
		return "Which show the finding " + p.Code + "?"
	case wire.AskHasProcess:
		return "Which run " + p.Name + "?"
	case wire.AskHasSoftware:
		return "Which version of " + p.Name + " is installed?"
	case wire.AskPing:
		return "Which reach " + p.Host + " by ping?"
	case wire.AskPath:
		return "Which way leads to " + p.Host + "?"
	case wire.AskPortal:
		return "Which have to sign in to their network?"
	case wire.AskDNS:
		if p.Server != "" {
			return "What does " + p.Server + " say of " + p.Name + "?"
		}
		return "What do their name servers say of " + p.Name + "?"
	case wire.AskTCP:
		return fmt.Sprintf("Which reach %s on port %d?", p.Host, p.Port)
	case wire.AskProxy:
		return "By which proxy do they come to " + p.URL + "?"
	case wire.AskHTTP:
		return "Which can open " + p.URL + "?"
	case wire.AskTLS:
		return "Which certificate do they see of " + p.Host + "?"
	}
	return string(k)
}
