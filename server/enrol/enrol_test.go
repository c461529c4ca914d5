package enrol_test

import (
	"bytes"
	"crypto/ed25519"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var root = auth.SystemActor("test")

// desk is a registry over a real database, with a clock of its own.
type desk struct {
	*enrol.Registry
	t       *testing.T
	db      *store.DB
	now     time.Time
	changes []enrol.State
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "test.db"), Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t: t, db: db, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	d.restart()
	return d
}

// restart forgets what is in memory, as a server that crashes does.
func (d *desk) restart() {
	d.Registry = enrol.New(d.db.Enrol(), []byte("the server's secret"), func() time.Time { return d.now })
	d.Watch(func(_ string, s enrol.State) { d.changes = append(d.changes, s) })
}

func (d *desk) create(uses int, ttl time.Duration) (token, id string) {
	d.t.Helper()
	token, e, err := d.Create(d.t.Context(), root, "Berlin", uses, ttl)
	if err != nil {
		d.t.Fatal(err)
	}
	return token, e.ID
}

func newKey(t *testing.T) []byte {
	t.Helper()
	key, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func request(token string, key []byte) wire.Enrol {
	return wire.Enrol{Token: token, Key: key, Machine: wire.Machine{Hostname: "PC-17", OS: "linux", Agent: "test"}}
}

func (d *desk) machine() enrol.Identity {
	d.t.Helper()
	token, _ := d.create(1, time.Hour)
	i, err := d.Enrol(d.t.Context(), request(token, newKey(d.t)))
	if err != nil {
		d.t.Fatal(err)
	}
	return i
}

func TestEnrolmentIsWorthWhatItSays(t *testing.T) {
	d := newDesk(t)
	token, _ := d.create(2, time.Hour)
	first, second := newKey(t), newKey(t)
	a, err := d.Enrol(t.Context(), request(token, first))
	if err != nil {
		t.Fatal(err)
	}
	// The same machine again, whose answer was lost: the same identity, and no use spent.
	again, err := d.Enrol(t.Context(), request(token, first))
	if err != nil || again.ID != a.ID {
		t.Errorf("the same machine again became %v, %v", again.ID, err)
	}
	if b, err := d.Enrol(t.Context(), request(token, second)); err != nil || b.ID == a.ID || b.Site.Name != "Berlin" {
		t.Errorf("the second machine: %+v, %v", b, err)
	}
	if _, err := d.Enrol(t.Context(), request(token, newKey(t))); !fault.Is(err, fault.Used) {
		t.Errorf("a third machine: %v", err)
	}
	other, _ := d.create(1, time.Hour)
	if _, err := d.Enrol(t.Context(), request(other, first)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a key of another enrolment's endpoint: %v", err)
	}
	list, _, err := d.Enrolments(t.Context(), root, "", 0)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, e := range list {
		if bytes.Contains(e.Hash, []byte("deskbell")) || len(e.Hash) != 32 {
			t.Errorf("the secret stands in the database: %q", e.Hash)
		}
	}
}

func TestEnrolmentsThatAreNotGood(t *testing.T) {
	d := newDesk(t)
	short, _ := d.create(1, time.Hour)
	withdrawn, id := d.create(1, 48*time.Hour)
	if err := d.Revoke(t.Context(), root, id); err != nil {
		t.Fatal(err)
	}
	good, _ := d.create(1, 48*time.Hour)
	d.now = d.now.Add(time.Hour) // exactly its end
	key := newKey(t)
	for name, c := range map[string]struct {
		q    wire.Enrol
		want fault.Code
	}{
		"an expired one":    {request(short, key), fault.Expired},
		"a withdrawn one":   {request(withdrawn, key), fault.Expired},
		"one that is none":  {request("deskbell_enrol_x", key), fault.NotFound},
		"nothing":           {request("", key), fault.NotFound},
		"half a key":        {request(good, key[:16]), fault.Invalid},
		"an endless secret": {request(strings.Repeat("x", 201), key), fault.Invalid},
		"an endless name":   {wire.Enrol{Token: good, Key: key, Machine: wire.Machine{Hostname: strings.Repeat("x", 257)}}, fault.Invalid},
	} {
		if _, err := d.Enrol(t.Context(), c.q); !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := d.Enrol(t.Context(), request(good, key)); err != nil {
		t.Errorf("the good one after all that: %v", err)
	}
	for name, c := range map[string]struct {
		site  string
		uses  int
		ttl   time.Duration
		field string
	}{
		"no site": {" ", 1, time.Hour, "site"}, "a site of two lines": {"a\nb", 1, time.Hour, "site"}, "no uses": {"a", 0, time.Hour, "uses"},
		"too many uses": {"a", 100_001, time.Hour, "uses"}, "no time": {"a", 1, time.Second, "ttl"}, "years": {"a", 1, 10_000 * time.Hour, "ttl"},
	} {
		if _, _, err := d.Create(t.Context(), root, c.site, c.uses, c.ttl); fault.FieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := d.Create(t.Context(), auth.Actor{Kind: auth.Staff, Role: auth.Manager}, "a", 1, time.Hour); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a manager's enrolment: %v", err)
	}
}

// connect shows a step and, when stored is true, stores the one that comes back.
func (d *desk) connect(endpoint string, shown []byte, stored bool) []byte {
	d.t.Helper()
	_, next, err := d.Connect(d.t.Context(), endpoint, shown)
	if err != nil {
		d.t.Fatal(err)
	}
	if stored {
		d.Stored(endpoint, next)
	}
	return next
}

// A machine that is switched off and on says late that it has a step, when the next
// session has issued one more that it never got. It is not its own copy.
func TestStoredIsHeardLate(t *testing.T) {
	d := newDesk(t)
	i := d.machine()
	one := d.connect(i.ID, nil, false)
	d.connect(i.ID, one, false) // and this answer is lost
	d.Stored(i.ID, one)
	d.connect(i.ID, one, true)
}

func TestCopyIsHeldWhereverItShowsAnOldStep(t *testing.T) {
	for name, between := range map[string]func(*desk){
		"at once":                     func(*desk) {},
		"after the server restarted":  func(d *desk) { d.flush(); d.restart() },
		"after it flushed and forgot": func(d *desk) { d.flush(); d.flush(); d.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			i := d.machine()
			one := d.connect(i.ID, nil, true)
			two := d.connect(i.ID, one, true)
			between(d)
			if _, _, err := d.Connect(t.Context(), i.ID, one); !fault.Is(err, fault.Held) {
				t.Fatalf("the copy was told: %v", err)
			}
			if len(d.changes) != 1 || d.changes[0] != enrol.Held {
				t.Errorf("the session that is up was told %v", d.changes)
			}
			// The true machine is held too: nobody knows which is which.
			if _, _, err := d.Connect(t.Context(), i.ID, two); !fault.Is(err, fault.Held) {
				t.Errorf("the machine itself: %v", err)
			}
			if now, err := d.Identity(t.Context(), i.ID); err != nil || now.State != enrol.Held || now.Reason == "" {
				t.Errorf("%+v, %v", now, err)
			}
			if err := d.Release(t.Context(), auth.Actor{Kind: auth.Staff, Role: auth.Manager}, i.ID); !fault.Is(err, fault.Forbidden) {
				t.Errorf("a manager's release: %v", err)
			}
			if err := d.Release(t.Context(), root, i.ID); err != nil {
				t.Fatal(err)
			}
			three := d.connect(i.ID, two, true)
			if _, _, err := d.Connect(t.Context(), i.ID, two); !fault.Is(err, fault.Held) {
				t.Errorf("a copy after the release: %v", err)
			}
			if err := d.Release(t.Context(), root, i.ID); err != nil {
				t.Fatal(err)
			}
			d.connect(i.ID, three, true)
		})
	}
}

func (d *desk) flush() {
	d.t.Helper()
	if err := d.Flush(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func TestWhatIsNoCopyIsNotHeld(t *testing.T) {
	d := newDesk(t)
	i := d.machine()
	one := d.connect(i.ID, nil, true)
	d.connect(i.ID, one, false) // the welcome was lost: it comes with the old step again
	d.connect(i.ID, one, false)
	two := d.connect(i.ID, one, true)
	// The server crashed before it wrote the steps down, or was restored from a backup:
	// a higher step than it knows, signed by it, is believed.
	d.restart()
	three := d.connect(i.ID, two, true)
	d.flush()
	if now, _ := d.Identity(t.Context(), i.ID); now.Ratchet == 0 {
		t.Error("the step is not written down")
	}
	d.restart()
	d.connect(i.ID, three, true)
	if len(d.changes) != 0 {
		t.Errorf("it was %v", d.changes)
	}
}

// TestTwoWelcomesAreNeverTheSame has a copy store a step whose acknowledgement is
// lost: the machine's next step is another, so the copy's is old.
func TestTwoWelcomesAreNeverTheSame(t *testing.T) {
	d := newDesk(t)
	i := d.machine()
	one := d.connect(i.ID, nil, true)
	copied := d.connect(i.ID, one, false)
	d.connect(i.ID, one, true)
	if _, _, err := d.Connect(t.Context(), i.ID, copied); !fault.Is(err, fault.Held) {
		t.Errorf("the copy was told: %v", err)
	}
}

func TestForgedStepsAreHeld(t *testing.T) {
	for name, forge := range map[string]func(d *desk, one []byte) []byte{
		"a higher number":     func(_ *desk, one []byte) []byte { b := bytes.Clone(one); b[7]++; return b },
		"another signature":   func(_ *desk, one []byte) []byte { b := bytes.Clone(one); b[23] ^= 1; return b },
		"half of it":          func(_ *desk, one []byte) []byte { return one[:12] },
		"another endpoint's":  func(d *desk, _ []byte) []byte { return d.connect(d.machine().ID, nil, true) },
		"none, though it had": func(*desk, []byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			i := d.machine()
			one := d.connect(i.ID, nil, true)
			if _, _, err := d.Connect(t.Context(), i.ID, forge(d, one)); !fault.Is(err, fault.Held) {
				t.Errorf("it was told: %v", err)
			}
		})
	}
}

func TestWithdrawalIsForGood(t *testing.T) {
	d := newDesk(t)
	i := d.machine()
	one := d.connect(i.ID, nil, true)
	if err := d.Withdraw(t.Context(), root, i.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Connect(t.Context(), i.ID, one); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a withdrawn machine: %v", err)
	}
	if err := d.Release(t.Context(), root, i.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("a release of it: %v", err)
	}
	if err := d.Hold(t.Context(), i.ID, "again"); err != nil {
		t.Fatal(err)
	}
	if now, _ := d.Identity(t.Context(), i.ID); now.State != enrol.Revoked {
		t.Errorf("a hold made it %s", now.State)
	}
	log, err := d.db.AuditLog(t.Context(), "endpoint:"+i.ID, 0, 10)
	if err != nil || len(log) != 2 {
		t.Errorf("the audit log has %d lines, %v", len(log), err)
	}
	if err := d.Withdraw(t.Context(), root, "nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the withdrawal of nothing: %v", err)
	}
}
