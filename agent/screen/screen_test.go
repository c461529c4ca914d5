package screen

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// house is a host with ticket 1042, which 1000 rang for.
type house struct {
	*Host
	tickets change.Signal
	closed  atomic.Bool
	full    error

	mu   sync.Mutex
	told []local.Look
}

func in(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{}
		h.Host = New(Options{
			Open:           func(uid string, n int64) bool { return uid == "1000" && n == 1042 && !h.closed.Load() },
			TicketsChanged: h.tickets.Changed,
			Tell: func(l local.Look) error {
				h.mu.Lock()
				defer h.mu.Unlock()
				if h.full == nil {
					h.told = append(h.told, l)
				}
				return h.full
			},
		})
		f(t, h)
		h.Close()
		synctest.Wait()
	})
}

// lines are what the ledger was told.
func (h *house) lines() []local.Look {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.told)
}

func made(t *testing.T, w, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// huge is a small picture whose header says that it is 60 000 pixels wide and high.
func huge(t *testing.T) []byte {
	b := made(t, 8, 8)
	at := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[at+5:], 60000)
	binary.BigEndian.PutUint16(b[at+7:], 60000)
	return b
}

type result struct {
	data []byte
	err  error
}

func (h *house) take(t *testing.T) (over chan result, id string) {
	t.Helper()
	over = make(chan result, 1)
	go func() {
		b, err := h.Take(t.Context(), "1000")
		over <- result{b, err}
	}()
	synctest.Wait()
	if ids := h.Wanted("1000"); len(ids) == 1 {
		id = ids[0]
	}
	return over, id
}

func TestOnlyThePersonHandsTheirScreenOver(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		if over, id := h.take(t); id != "" || !errors.Is((<-over).err, ErrUnable) {
			t.Error("with no program there, somebody is asked")
		}
		defer h.CanShow("1000")()
		defer h.CanShow("1001")()
		over, id := h.take(t)
		if id == "" || len(h.Wanted("1001")) != 0 {
			t.Fatalf("wanted of 1000: %q, of 1001: %v", id, h.Wanted("1001"))
		}
		good := made(t, 64, 48)
		for _, uid := range []string{"1001", "0", ""} {
			if err := h.Show(uid, id, good); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q hands it over: %v", uid, err)
			}
		}
		if other, _ := h.take(t); !fault.Is((<-other).err, fault.Conflict) {
			t.Error("two pictures at once")
		}
		if err := h.Show("1000", id, good); err != nil {
			t.Fatal(err)
		}
		if r := <-over; r.err != nil || !bytes.Equal(r.data, good) {
			t.Errorf("%d bytes, %v", len(r.data), r.err)
		}
		synctest.Wait()
		if err := h.Show("1000", id, good); !fault.Is(err, fault.NotFound) || len(h.Wanted("1000")) != 0 {
			t.Errorf("handed over again: %v", err)
		}
	})
}

func TestWhatIsNoPictureOfAScreen(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		code fault.Code
	}{
		"none":      {nil, fault.Unavailable},
		"a page":    {[]byte("<!doctype html><script>alert(1)</script>"), fault.Invalid},
		"a drawing": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`), fault.Invalid},
		"a header":  {huge(t), fault.Invalid},
		"too large": {append(made(t, 64, 48), make([]byte, wire.MaxScreen)...), fault.TooLarge},
	} {
		in(t, func(t *testing.T, h *house) {
			defer h.CanShow("1000")()
			over, id := h.take(t)
			err := h.Show("1000", id, c.data)
			if r := <-over; r.data != nil || !fault.Is(r.err, c.code) || (err == nil) != (name == "none") {
				t.Errorf("%s: %d bytes, %v; told %v", name, len(r.data), r.err, err)
			}
		})
	}
}

func TestAProgramThatDoesNotAnswer(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		defer h.CanShow("1000")()
		start := time.Now()
		over, id := h.take(t)
		r := <-over
		if !errors.Is(r.err, ErrSilent) || time.Since(start) != Patience {
			t.Errorf("%v after %v", r.err, time.Since(start))
		}
		synctest.Wait()
		if err := h.Show("1000", id, made(t, 8, 8)); !fault.Is(err, fault.NotFound) {
			t.Errorf("late: %v", err)
		}
	})
}

func (h *house) begin(t *testing.T) context.Context {
	t.Helper()
	held, err := h.Begin("1000", "anna", local.Look{ID: "A", Who: "Anna", Kind: wire.ActScreen, Ticket: 1042, At: time.Now(), Until: time.Now().Add(10 * time.Minute)})
	if err != nil || held.Err() != nil {
		t.Fatal(err, held)
	}
	synctest.Wait()
	return held
}

// A yes holds for one account and one ticket, for ten minutes, until the ticket is
// closed or somebody ends it, and is in the ledger for as long as it does.
func TestHowLongAYesHolds(t *testing.T) {
	for name, end := range map[string]func(h *house){
		"time":       func(*house) { time.Sleep(10 * time.Minute) },
		"the ticket": func(h *house) { h.closed.Store(true); h.tickets.Notify() },
		"the person": func(h *house) {
			if h.End("A") || !h.End("A-on") {
				t.Error("there is no such look")
			}
		},
		"the agent": func(h *house) { h.Close() },
	} {
		in(t, func(t *testing.T, h *house) {
			held := h.begin(t)
			if _, again, err := h.Lasting("anna", 1042); again != nil || !fault.Is(err, fault.TooMany) {
				t.Errorf("%s: within a second: %v", name, err)
			}
			time.Sleep(pause)
			if uid, again, err := h.Lasting("anna", 1042); uid != "1000" || again == nil || err != nil {
				t.Errorf("%s: it does not hold: %q %v", name, uid, err)
			}
			for _, who := range []pair{{"bob", 1042}, {"anna", 7}, {"", 1042}} {
				if _, again, err := h.Lasting(who.account, who.ticket); again != nil || err != nil {
					t.Errorf("%s: it holds for %v: %v", name, who, err)
				}
			}
			if told := h.lines(); len(told) != 1 || told[0].ID != "A-on" || !told[0].Ended.IsZero() || told[0].Until.IsZero() {
				t.Errorf("%s: the ledger says %+v", name, told)
			}
			time.Sleep(pause)
			end(h)
			synctest.Wait()
			if _, again, err := h.Lasting("anna", 1042); again != nil || err != nil || held.Err() == nil {
				t.Errorf("%s: it still holds: %v", name, err)
			}
			if told := h.lines(); len(told) != 2 || told[1].Ended.IsZero() || told[1].Result != "ended" || !slices.Contains([]string{"time", "the ticket", "the person", "the agent"}, name) {
				t.Errorf("%s: the ledger says %+v", name, told)
			}
		})
	}
}

// What cannot be written down does not happen, and nobody collects looks.
func TestALookThatDoesNotBegin(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.full = errors.New("no room")
		if held, err := h.Begin("1000", "anna", local.Look{ID: "A", Ticket: 1042, Until: time.Now().Add(time.Minute)}); err == nil || held != nil {
			t.Error("it began without a line in the ledger")
		}
		h.full = nil
		for i := range most {
			if _, err := h.Begin("1000", strings.Repeat("x", i+1), local.Look{ID: "A", Ticket: 1042, Until: time.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.Begin("1000", "anna", local.Look{ID: "B", Ticket: 1042, Until: time.Now().Add(time.Minute)}); !fault.Is(err, fault.TooMany) {
			t.Errorf("one more: %v", err)
		}
	})
}
