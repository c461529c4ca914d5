//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/miekg/dns"
)

// far is the world behind the gateway. The zero value is a good one.
type far struct {
	first, second names
	web           web
	clock         time.Duration // how far its time server is ahead
	noTime        bool          // it has a time server that says nothing
	proxy         bool          // it has a proxy
	hidden        bool          // the server is reached through the proxy only
	mute          bool          // its gateway answers no echo
}

// names is how a name service behaves.
type names int

const (
	namesGood names = iota
	namesSlow
	namesLie
	namesRefuse
	namesFail
	namesSilent
	namesUnknown // of the server it knows nothing
)

// web is what answers at the server's address.
type web int

const (
	webGood web = iota
	webShut
	webExpired
	webExpiring
	webIntercepted
	webPortal
)

// authorityFile is the certificate of the authority that the machine trusts.
const authorityFile = "/run/lab/authority.pem"

// world is the network at the other end of the cable: its process has a network
// of its own, and the machine's mounts.
func world(args []string) error {
	s, err := scenarioNamed(args[0])
	if err != nil {
		return err
	}
	log.SetOutput(io.Discard) // a handshake that the machine ends is none of our troubles
	if err := s.cable.lay(); err != nil {
		return err
	}
	lines := []string{"link set lo up", "addr add " + gatewayAt + "/24 dev far0"}
	for _, a := range []string{firstName, secondName, serverAt, proxyAt, timeAt} {
		lines = append(lines, "addr add "+a+"/32 dev lo")
	}
	if s.six {
		lines = append(lines, "addr add fd00::1/64 dev far0 nodad", "addr add fd00:53::53/128 dev lo nodad", "addr add fd00:53::10/128 dev lo nodad")
	}
	for _, line := range lines {
		if err := ip(line); err != nil {
			return err
		}
	}
	if s.far.mute {
		if err := os.WriteFile("/proc/sys/net/ipv4/icmp_echo_ignore_all", []byte("1"), 0o644); err != nil {
			return err
		}
	}
	if err := s.far.open(s.six); err != nil {
		return err
	}
	fmt.Println("up")
	_, err = io.Copy(io.Discard, os.Stdin) // until the machine goes
	return err
}

// open starts every service of the world.
func (w far) open(six bool) error {
	services := map[string]names{firstName: w.first, secondName: w.second}
	if six {
		services["fd00:53::53"] = w.first
	}
	for address, behaviour := range services {
		if err := behaviour.serve(address); err != nil {
			return err
		}
	}
	at := []string{serverAt}
	if six {
		at = append(at, "fd00:53::10")
	}
	authority, leaf, err := w.web.certificate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(authorityFile, authority, 0o644); err != nil {
		return err
	}
	for _, a := range at {
		if w.hidden {
			a = "127.0.0.1"
		}
		if err := w.web.serve(a, leaf); err != nil {
			return err
		}
	}
	if w.proxy {
		if err := serveProxy(); err != nil {
			return err
		}
	}
	return w.serveTime()
}

func (n names) serve(address string) error {
	handler := dns.HandlerFunc(func(out dns.ResponseWriter, q *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(q)
		if len(q.Question) != 1 || n == namesSilent {
			return
		}
		name, kind := q.Question[0].Name, q.Question[0].Qtype
		a := func(ip string) {
			answer.Answer = append(answer.Answer, &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(ip)})
		}
		switch {
		case n == namesRefuse:
			answer.Rcode = dns.RcodeRefused
		case n == namesFail:
			answer.Rcode = dns.RcodeServerFailure
		case n == namesLie && kind == dns.TypeA:
			a(proxyAt) // one address for every name: an advertiser's, a blocker's
		case name == serverName+"." && n != namesUnknown:
			if kind == dns.TypeA {
				a(serverAt)
			}
			if kind == dns.TypeAAAA {
				answer.Answer = append(answer.Answer, &dns.AAAA{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeAAAA, Class: dns.ClassINET, Ttl: 60}, AAAA: net.ParseIP("fd00:53::10")})
			}
		case name == ".":
			answer.Answer = append(answer.Answer, &dns.NS{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 60}, Ns: "a.root-servers.net."})
		default:
			answer.Rcode = dns.RcodeNameError
		}
		if n == namesSlow {
			time.Sleep(time.Second) // what is slow takes its time
		}
		out.WriteMsg(answer)
	})
	conn, err := net.ListenPacket("udp", net.JoinHostPort(address, "53"))
	if err != nil {
		return err
	}
	go (&dns.Server{PacketConn: conn, Handler: handler}).ActivateAndServe()
	return nil
}

// certificate makes the server's, and an authority's that the machine trusts.
func (w web) certificate() (authority []byte, leaf tls.Certificate, err error) {
	trusted, trustedKey, err := newAuthority("Lab authority")
	if err != nil {
		return nil, leaf, err
	}
	authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.Raw})
	signer, signerKey := trusted, trustedKey
	from, to := time.Now().Add(-30*24*time.Hour), time.Now().Add(300*24*time.Hour)
	switch w {
	case webIntercepted:
		if signer, signerKey, err = newAuthority("Company inspection"); err != nil {
			return nil, leaf, err
		}
	case webExpired:
		to = time.Now().Add(-48 * time.Hour)
	case webExpiring:
		to = time.Now().Add(5 * 24 * time.Hour)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: serverName}, NotBefore: from, NotAfter: to, DNSNames: []string{serverName}}
	for i := range 40 { // so that it does not fit into one small packet
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("other-service-number-%d.example.test", i))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, leaf, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, &key.PublicKey, signerKey)
	return authority, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func newAuthority(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-300 * 24 * time.Hour), NotAfter: time.Now().Add(3000 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	c, err := x509.ParseCertificate(der)
	return c, key, err
}

// serve answers at the server's address.
func (w web) serve(address string, leaf tls.Certificate) error {
	if w == webShut {
		return nil
	}
	if w == webPortal {
		// The sign-in page of a network: it takes every plain request, and lets no
		// encrypted one through.
		l, err := net.Listen("tcp", net.JoinHostPort(address, "80"))
		if err != nil {
			return err
		}
		go http.Serve(l, http.RedirectHandler("http://welcome.hotel.example/sign-in?mac=02:00", http.StatusFound))
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(address, "443"))
	if err != nil {
		return err
	}
	go http.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{leaf}}), http.NotFoundHandler())
	return nil
}

// serveProxy connects whoever asks to the server, which only it can reach.
func serveProxy() error {
	l, err := net.Listen("tcp", net.JoinHostPort(proxyAt, "3128"))
	if err != nil {
		return err
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		to, err := net.Dial("tcp", "127.0.0.1:443")
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer to.Close()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		go io.Copy(to, conn)
		io.Copy(conn, to)
	}))
	return nil
}

// serveTime answers as a time server of the second stratum does (RFC 4330).
func (w far) serveTime() error {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(timeAt, "123"))
	if err != nil {
		return err
	}
	go func() {
		var b [512]byte
		for {
			n, from, err := conn.ReadFrom(b[:])
			if err != nil {
				return
			}
			if n < 48 || w.noTime {
				continue
			}
			var a [48]byte
			a[0], a[1], a[3] = 4<<3|4, 2, 0xec
			copy(a[24:32], b[40:48])
			now := time.Now().Add(w.clock)
			for _, at := range []int{16, 32, 40} {
				binary.BigEndian.PutUint32(a[at:], uint32(now.Unix()+2208988800))
				binary.BigEndian.PutUint32(a[at+4:], uint32(uint64(now.Nanosecond())<<32/1e9))
			}
			conn.WriteTo(a[:], from)
		}
	}()
	return nil
}
