package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func newKey(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

// transcripts returns a transcript and every other that differs in one thing.
func transcripts() (wire.Transcript, map[string]wire.Transcript) {
	t := wire.Transcript{Binding: bytes.Repeat([]byte{1}, 32), AgentNonce: wire.NewNonce(), ServerNonce: wire.NewNonce()}
	other := func(f func(*wire.Transcript)) wire.Transcript {
		x := wire.Transcript{Binding: bytes.Clone(t.Binding), AgentNonce: bytes.Clone(t.AgentNonce), ServerNonce: bytes.Clone(t.ServerNonce)}
		f(&x)
		return x
	}
	return t, map[string]wire.Transcript{
		"another connection":     other(func(x *wire.Transcript) { x.Binding[31] ^= 1 }),
		"no binding":             other(func(x *wire.Transcript) { x.Binding = make([]byte, 32) }),
		"another agent's nonce":  other(func(x *wire.Transcript) { x.AgentNonce[0] ^= 1 }),
		"another server's nonce": other(func(x *wire.Transcript) { x.ServerNonce[0] ^= 1 }),
		"the nonces swapped":     other(func(x *wire.Transcript) { x.AgentNonce, x.ServerNonce = x.ServerNonce, x.AgentNonce }),
		"a short nonce":          other(func(x *wire.Transcript) { x.AgentNonce = x.AgentNonce[:31] }),
		"a long nonce":           other(func(x *wire.Transcript) { x.ServerNonce = append(x.ServerNonce, 0) }),
	}
}

func TestProofsHoldForOneConnectionAndOnePurpose(t *testing.T) {
	x, others := transcripts()
	public, key := newKey(t)
	stranger, _ := newKey(t)
	server, endpoint, enrol := x.ServerProof(key), x.EndpointProof(key, "e1"), x.EnrolProof(key, "token")
	if err := x.CheckServer(public, public, server); err != nil {
		t.Error(err)
	}
	if err := x.CheckEndpoint(public, "e1", endpoint); err != nil {
		t.Error(err)
	}
	if err := x.CheckEnrol(public, "token", enrol); err != nil {
		t.Error(err)
	}
	for name, o := range others {
		if o.CheckServer(public, public, server) == nil || o.CheckEndpoint(public, "e1", endpoint) == nil || o.CheckEnrol(public, "token", enrol) == nil {
			t.Errorf("%s: a proof holds", name)
		}
	}
	for name, err := range map[string]error{
		"an endpoint's for a server's":     x.CheckServer(public, public, endpoint),
		"an enrolment's for a server's":    x.CheckServer(public, public, enrol),
		"a server's for an endpoint's":     x.CheckEndpoint(public, "e1", server),
		"an enrolment's for an endpoint's": x.CheckEndpoint(public, "e1", enrol),
		"an endpoint's for an enrolment's": x.CheckEnrol(public, "e1", endpoint),
		"another endpoint":                 x.CheckEndpoint(public, "e2", endpoint),
		"another token":                    x.CheckEnrol(public, "token2", enrol),
		"another key of a server":          x.CheckServer(stranger, stranger, server),
		"not the pinned server":            x.CheckServer(stranger, public, server),
		"another key of an endpoint":       x.CheckEndpoint(stranger, "e1", endpoint),
		"another key of an enrolment":      x.CheckEnrol(stranger, "token", enrol),
		"half a key":                       x.CheckEndpoint(public[:16], "e1", endpoint),
		"no key":                           x.CheckServer(nil, nil, server),
		"no proof":                         x.CheckEndpoint(public, "e1", nil),
		"a server's, named by its key":     x.CheckEndpoint(public, string(public), server),
	} {
		if err == nil {
			t.Errorf("%s: the proof holds", name)
		}
	}
	if err := x.CheckServer(stranger, public, server); !fault.Is(err, fault.WrongServer) {
		t.Errorf("a server that is not pinned: %v", err)
	}
}

// TestPartsDoNotRunIntoEachOther moves a byte from one part of what is signed to the
// next.
func TestPartsDoNotRunIntoEachOther(t *testing.T) {
	x, _ := transcripts()
	public, key := newKey(t)
	y := x
	y.Binding = append(bytes.Clone(x.Binding), x.AgentNonce[0])
	y.AgentNonce = append(bytes.Clone(x.AgentNonce[1:]), x.ServerNonce[0])
	y.ServerNonce = append(bytes.Clone(x.ServerNonce[1:]), 'e')
	if err := y.CheckEndpoint(public, "1", x.EndpointProof(key, "e1")); err == nil {
		t.Error("another transcript of the same bytes has the same proof")
	}
}

func TestEnrolmentStrings(t *testing.T) {
	public, _ := newKey(t)
	e := wire.Enrolment{URL: "https://desk.example:8443", Token: "deskbell_enrol_x", Key: public, Pin: bytes.Repeat([]byte{7}, 32)}
	s := e.String()
	for name, in := range map[string]string{"as it is": s, "with blanks around": " " + s + "\r\n", "wrapped by a mail program": s[:40] + "\r\n  " + s[40:]} {
		if got, err := wire.ParseEnrolment(in); err != nil || cmp.Diff(e, got) != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	bad := map[string]string{
		"nothing": "", "a word": "hello", "the beginning": s[:len(s)-1], "the beginning only": "deskbell-enrol-1.", "another version": strings.Replace(s, "-1.", "-2.", 1),
		"no base64": s + "!", "a checksum and nothing more": "deskbell-enrol-1." + base64.RawURLEncoding.EncodeToString([]byte("1234")),
	}
	for _, x := range []wire.Enrolment{
		{URL: "ftp://desk.example", Token: "t", Key: public}, {URL: "https://", Token: "t", Key: public}, {URL: e.URL, Key: public},
		{URL: e.URL, Token: "t", Key: public[:31]}, {URL: e.URL, Token: "t", Key: public, Pin: []byte{1}}, {URL: "://", Token: "t", Key: public},
	} {
		bad[x.URL+" "+x.Token] = x.String()
	}
	for i := len("deskbell-enrol-1."); i < len(s); i++ { // a letter mistyped, anywhere
		c := byte('A')
		if s[i] == c {
			c = 'B'
		}
		bad[s[:i]+"_"] = s[:i] + string(c) + s[i+1:]
	}
	for name, in := range bad {
		if got, err := wire.ParseEnrolment(in); !fault.Is(err, fault.Invalid) || got.Token != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
