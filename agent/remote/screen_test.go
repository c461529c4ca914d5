package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// screens are the screens of 1000.
type screens struct {
	picture []byte
	held    context.Context // a yes that lasts
	begun   []local.Look
	taken   []string
	during  func()
}

func (s *screens) Lasting(account string, ticket int64) (string, context.Context, error) {
	return "1000", s.held, nil
}

func (s *screens) Begin(uid, account string, l local.Look) (context.Context, error) {
	s.begun = append(s.begun, l)
	return context.Background(), nil
}

func (s *screens) Take(_ context.Context, uid string) ([]byte, error) {
	s.taken = append(s.taken, uid)
	if s.during != nil {
		s.during()
	}
	return s.picture, nil
}

func noisy(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 800, 600))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A screen is looked at only where the machine names it and the person says yes.
func TestAScreenNeedsThePolicyAndAYes(t *testing.T) {
	allowed := Policy{Allow: map[wire.AskKind]bool{wire.ActScreen: true}}
	for name, c := range map[string]struct {
		policy Policy
		says   error
		code   fault.Code
		asked  int
	}{
		"yes": {allowed, nil, "", 1}, "no": {allowed, consent.ErrRefused, fault.Forbidden, 1}, "silence": {allowed, consent.ErrUnanswered, fault.Forbidden, 1},
		"not set": {Policy{}, nil, fault.Forbidden, 0},
	} {
		var told looks
		p, s := &person{err: c.says}, &screens{picture: noisy(t)}
		q := ask(t, wire.ActScreen, nil)
		q.Who.ID = "01JQANNA"
		a := do(t, New(Options{Policy: c.policy, Consent: p, Screens: s, OnLook: told.add}), q)
		if a.last.Code != c.code || len(p.asked) != c.asked || (len(s.taken) == 1) != (name == "yes") || (len(s.begun) == 1) != (name == "yes") {
			t.Errorf("%s: %+v, asked %v, taken of %v, begun %v", name, a.last, p.asked, s.taken, s.begun)
		}
		if name != "yes" {
			continue
		}
		if q := p.asked[0]; !q.Once || q.For != ScreenLasts || q.Ticket != 1042 || s.taken[0] != "1000" || s.begun[0].Until.IsZero() {
			t.Errorf("asked %+v, begun %+v", q, s.begun)
		}
		var got []byte
		var last wire.ScreenPart
		for _, raw := range a.parts {
			last = decode[wire.ScreenPart](t, raw)
			if int64(len(got)) != last.Offset && len(last.Data) > 0 {
				t.Errorf("a chunk at %d after %d bytes", last.Offset, len(got))
			}
			got = append(got, last.Data...)
		}
		sum := sha256.Sum256(s.picture)
		if !bytes.Equal(got, s.picture) || len(s.picture) <= wire.FileChunk || last.Taken == nil || last.Taken.SHA256 != hex.EncodeToString(sum[:]) || last.Taken.Width != 800 || last.Taken.Bytes != int64(len(got)) {
			t.Errorf("%d bytes of %d, %+v", len(got), len(s.picture), last.Taken)
		}
	}
	for name, o := range map[string]Options{"nobody to ask": {Screens: &screens{}}, "no screens": {Consent: &person{}}} {
		o.Policy = allowed
		if a := do(t, New(o), ask(t, wire.ActScreen, nil)); a.last.Code == "" {
			t.Errorf("%s: it was done", name)
		}
	}
}

// A server that does not say whose account it is gets one picture for each yes.
func TestANameAloneGetsOnePicture(t *testing.T) {
	p, s := &person{}, &screens{picture: noisy(t), held: context.Background()}
	a := do(t, New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{wire.ActScreen: true}}, Consent: p, Screens: s}), ask(t, wire.ActScreen, nil))
	if a.last.Code != "" || len(p.asked) != 1 || p.asked[0].For != 0 || len(s.begun) != 0 {
		t.Errorf("%+v, asked %+v, begun %v", a.last, p.asked, s.begun)
	}
}

// While a yes lasts nobody is asked again; what is on its way stops when it ends.
func TestAYesThatLasts(t *testing.T) {
	allowed := Policy{Allow: map[wire.AskKind]bool{wire.ActScreen: true}}
	held, end := context.WithCancel(t.Context())
	var told looks
	p, s := &person{}, &screens{picture: noisy(t), held: held}
	r := New(Options{Policy: allowed, Consent: p, Screens: s, OnLook: told.add})
	q := ask(t, wire.ActScreen, nil)
	q.Who.ID = "01JQANNA"
	if a := do(t, r, q); a.last.Code != "" || len(p.asked) != 0 || told.all[0].Consent != local.ConsentBefore || len(told.all) != 2 {
		t.Errorf("%+v, asked %v, told %+v", a.last, p.asked, told.all)
	}
	s.during = end
	if a := do(t, r, q); a.last.Code != fault.Forbidden || len(a.parts) > 1 || told.all[3].Result != "failed" {
		t.Errorf("after it was ended: %+v, %d parts, %+v", a.last, len(a.parts), told.all)
	}
}
