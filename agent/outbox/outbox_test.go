package outbox_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// clock is a clock that a test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)} }

func open(t *testing.T, dir string, o outbox.Options) *outbox.Box {
	t.Helper()
	b, err := outbox.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ring(owner, title string) outbox.Entry {
	body, err := json.Marshal(wire.TicketOpen{Account: wire.Account{UID: owner}, Title: title})
	if err != nil {
		panic(err)
	}
	return outbox.Entry{Owner: owner, Type: wire.TypeTicketOpen, At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Body: body}
}

func add(t *testing.T, b *outbox.Box, e outbox.Entry) string {
	t.Helper()
	i, err := b.Append(e)
	if err != nil {
		t.Fatal(err)
	}
	return i.ID
}

func seqOf(t *testing.T, b *outbox.Box, id string) string {
	t.Helper()
	i, ok := b.Item(id)
	if !ok {
		t.Fatalf("no item %s", id)
	}
	return i.Seq
}

// fileOf is where an entry stands.
func fileOf(t *testing.T, b *outbox.Box, dir, id string) string {
	t.Helper()
	return filepath.Join(dir, "entries", seqOf(t, b, id)+"."+id+".1000")
}

func next(t *testing.T, b *outbox.Box, owner string) string {
	t.Helper()
	i, _, _ := b.Next(owner)
	return i.ID
}

func TestLifeOfAnEntry(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "outbox"), newClock()
	b := open(t, dir, outbox.Options{Now: c.now})
	one, two := add(t, b, ring("1000", "one")), add(t, b, ring("1000", "two"))
	other := add(t, b, ring("1001", "other"))
	if got := b.Owners(); !slices.Equal(got, []string{"1000", "1001"}) {
		t.Errorf("owners %v", got)
	}
	if next(t, b, "1000") != one || next(t, b, "1001") != other {
		t.Fatal("not the oldest of each")
	}
	if err := b.Settle(one, "e1", wire.Ack{OK: true, Ticket: "T", Number: 1042}); err != nil {
		t.Fatal(err)
	}
	if err := b.Settle(two, "e1", wire.Ack{Code: fault.Invalid, Sentence: "No."}); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir, outbox.Options{Now: c.now}) // as after a restart
	if i, _ := b.Item(one); i.State != outbox.Sent || i.Ack.Number != 1042 {
		t.Errorf("one: %+v", i)
	}
	if i, _ := b.Item(two); i.State != outbox.Refused || i.Ack.Sentence != "No." {
		t.Errorf("two: %+v", i)
	}
	if n := next(t, b, "1000"); n != "" {
		t.Errorf("%s would be sent again", n)
	}
	if e, err := b.Read(other); err != nil || !strings.Contains(string(e.Body), `"other"`) {
		t.Errorf("other reads %s, %v", e.Body, err)
	}
	c.t = c.t.Add(outbox.KeepSent + time.Minute)
	b.Sweep()
	if _, there := b.Item(one); there {
		t.Error("what was sent is kept for ever")
	}
	if _, there := b.Item(two); !there {
		t.Error("what was refused is gone before the person could see it")
	}
	if _, there := b.Item(other); !there {
		t.Error("what waits is gone")
	}
	c.t = c.t.Add(outbox.KeepRefused)
	b.Sweep()
	if _, there := b.Item(two); there {
		t.Error("what was refused is kept for ever")
	}
	if _, there := b.Item(other); !there {
		t.Error("what waits is gone")
	}
}

// A writer that lost the answer writes again, and there is one entry; of another
// writer's id nobody learns more than that it is taken.
func TestSameIDAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	b := open(t, dir, outbox.Options{})
	e := ring("1000", "first")
	e.ID = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" // whatever time it claims, it takes its turn
	add(t, b, e)
	after := add(t, b, ring("1000", "second"))
	for _, b := range []*outbox.Box{b, open(t, dir, outbox.Options{})} {
		if next(t, b, "1000") != e.ID {
			t.Errorf("next is %s", next(t, b, "1000"))
		}
		again := ring("1000", "again")
		again.ID = e.ID
		if add(t, b, again) != e.ID || b.Waiting("1000") != 2 {
			t.Error("it is there twice")
		}
		if got, err := b.Read(e.ID); err != nil || !strings.Contains(string(got.Body), "first") {
			t.Errorf("it was replaced: %s, %v", got.Body, err)
		}
		again.Owner = "1001"
		if _, err := b.Append(again); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "ref" {
			t.Errorf("another person's: %v", err)
		}
	}
	b.Settle(e.ID, "e1", wire.Ack{OK: true})
	if next(t, b, "1000") != after {
		t.Error("the second one does not follow")
	}
}

func TestIDsRiseThoughTheClockFalls(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "outbox"), newClock()
	b := open(t, dir, outbox.Options{Now: c.now})
	var ids []string
	for i := range 20 {
		ids = append(ids, add(t, b, ring("1000", "x")))
		c.t = c.t.Add(-time.Hour)
		if i == 10 {
			b = open(t, dir, outbox.Options{Now: c.now})
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 20 {
		t.Errorf("ids out of order or doubled: %v", ids)
	}
}

// One failure holds a person's queue for a while, a stubborn one only its ticket.
func TestOrderAndPatience(t *testing.T) {
	c := newClock()
	b := open(t, filepath.Join(t.TempDir(), "outbox"), outbox.Options{Now: c.now})
	bad := add(t, b, ring("1000", "bad"))
	reply := ring("1000", "reply to bad")
	reply.Type, reply.Ticket = wire.TypeTicketReply, bad
	replyID, good := add(t, b, reply), add(t, b, ring("1000", "good"))
	for range 3 {
		b.Failed(bad, 0)
		if i, wait, ok := b.Next("1000"); ok || wait <= 0 {
			t.Fatalf("%s passed an entry that failed once or twice", i.ID)
		}
		c.t = c.t.Add(time.Hour)
		if next(t, b, "1000") != bad {
			t.Fatal("it is not tried again")
		}
	}
	b.Failed(bad, 30*time.Second)
	if got := next(t, b, "1000"); got != good {
		t.Fatalf("next is %s, want the ticket that can go (%s), not the reply (%s)", got, good, replyID)
	}
	b.Settle(good, "e1", wire.Ack{OK: true})
	if _, wait, ok := b.Next("1000"); ok || wait < 30*time.Second {
		t.Errorf("wait %v: the server's word counts", wait)
	}
	c.t = c.t.Add(time.Hour)
	if next(t, b, "1000") != bad {
		t.Error("the bad one is never tried again")
	}
	b.Settle(bad, "e1", wire.Ack{OK: true})
	if next(t, b, "1000") != replyID {
		t.Error("the reply does not follow")
	}
}

// A server that was restored from a backup gets back what it lacks, and what it
// could not be asked about for want of room in the question.
func TestRequeue(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "outbox"), newClock()
	b := open(t, dir, outbox.Options{Now: c.now})
	var ids []string
	for range wire.MaxRecent + 5 {
		id := add(t, b, ring("1000", "x"))
		ids = append(ids, id)
		b.Settle(id, "e1", wire.Ack{OK: true, Number: 7})
	}
	elsewhere := add(t, b, ring("1000", "sent by another identity"))
	b.Settle(elsewhere, "e0", wire.Ack{OK: true})
	recent := b.Recent("e1")
	if len(recent) != wire.MaxRecent || recent[0] != ids[len(ids)-1] || slices.Contains(recent, elsewhere) {
		t.Fatalf("recent has %d ids and starts with %s", len(recent), recent[0])
	}
	if err := b.Requeue("e1", nil, recent); err != nil || b.Waiting("1000") != 0 {
		t.Fatalf("nothing is missing, and %d wait: %v", b.Waiting("1000"), err)
	}
	if err := b.Requeue("e1", recent[:2], recent); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*outbox.Box{b, open(t, dir, outbox.Options{Now: c.now})} {
		var waiting []string
		for _, i := range b.Of("1000") {
			if i.State == outbox.Waiting {
				waiting = append(waiting, i.ID)
			}
		}
		want := append(slices.Clone(ids[:5]), ids[len(ids)-2:]...)
		if !slices.Equal(waiting, want) {
			t.Errorf("%d wait, want %d: the five oldest and the two missing", len(waiting), len(want))
		}
	}
}

func TestBounds(t *testing.T) {
	c := newClock()
	b := open(t, filepath.Join(t.TempDir(), "outbox"), outbox.Options{Now: c.now, MaxEntries: 8, MaxBytes: 100 << 10})
	var mine []string
	for range 6 { // three quarters
		mine = append(mine, add(t, b, ring("1000", strings.Repeat("x", 4<<10))))
	}
	if _, err := b.Append(ring("1000", "one too many")); !fault.Is(err, fault.Full) {
		t.Fatalf("a seventh of one person: %v", err)
	}
	add(t, b, ring("1001", "x"))
	add(t, b, ring("1002", "x"))
	if _, err := b.Append(ring("1001", "the ninth")); !fault.Is(err, fault.Full) {
		t.Fatalf("a ninth: %v", err)
	}
	if len(b.Of("1000")) != 6 || b.Waiting("1000") != 6 {
		t.Error("something was dropped")
	}
	for _, id := range mine {
		b.Settle(id, "e1", wire.Ack{OK: true})
	}
	big := ring("1001", strings.Repeat("x", 70<<10))
	add(t, b, big)
	if _, err := b.Append(ring("1001", strings.Repeat("x", 20<<10))); !fault.Is(err, fault.Full) {
		t.Fatalf("more than three quarters of the bytes: %v", err)
	}
	before := len(b.Of("1000"))
	add(t, b, ring("1003", strings.Repeat("x", 20<<10))) // there is room when what was sent goes
	if after := len(b.Of("1000")); after >= before {
		t.Error("what the server has already did not make room")
	}
	if _, err := b.Append(ring("1004", strings.Repeat("x", wire.MaxMessage))); !fault.Is(err, fault.TooLarge) {
		t.Fatalf("more than a message: %v", err)
	}
}

func TestAttachments(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "outbox"), newClock()
	b := open(t, dir, outbox.Options{Now: c.now})
	data := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("x"), 1000)...)
	a, err := b.Put("1000", "../..\\evil\u202e\x00name.png", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if want := (wire.Attachment{SHA256: hex.EncodeToString(sum[:]), Name: "evilname.png", Size: int64(len(data)), Type: "image/png"}); a.Name != "evilname.png" && a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
	theft := ring("1001", "theft")
	theft.Attachments = []wire.Attachment{a}
	if _, err := b.Append(theft); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "attachments" {
		t.Errorf("another person attached it: %v", err)
	}
	if _, _, err := b.Attachment("1001", a.SHA256); !fault.Is(err, fault.NotFound) {
		t.Errorf("another person reads it: %v", err)
	}
	b = open(t, dir, outbox.Options{Now: c.now}) // the agent restarts while the person still writes
	e := ring("1000", "with a picture")
	e.Attachments = []wire.Attachment{{SHA256: a.SHA256, Name: "pic.png", Size: 5, Type: "text/html"}}
	i, err := b.Append(e)
	if err != nil {
		t.Fatal(err)
	}
	if got := i.Attachments[0]; got.Size != a.Size || got.Type != "image/png" || got.Name != "pic.png" {
		t.Errorf("the entry believes what it was told: %+v", got)
	}
	unused, err := b.Put("1000", "unused", strings.NewReader("unused"))
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(2 * outbox.KeepUnused)
	b.Sweep()
	if _, _, err := b.Attachment("1000", unused.SHA256); !fault.Is(err, fault.NotFound) {
		t.Errorf("an attachment that nothing names stays: %v", err)
	}
	if _, err := b.Put("1000", "big", bytes.NewReader(make([]byte, wire.MaxBlob+1))); !fault.Is(err, fault.TooLarge) {
		t.Errorf("25 MiB and a byte: %v", err)
	}
	if _, err := b.Put("1000", "empty", strings.NewReader("")); !fault.Is(err, fault.Invalid) {
		t.Errorf("nothing at all: %v", err)
	}
	b.Settle(i.ID, "e1", wire.Ack{OK: true})
	if f, _, err := b.Attachment("1000", a.SHA256); err != nil {
		t.Errorf("a restored server could not ask for it: %v", err)
	} else {
		f.Close()
	}
	c.t = c.t.Add(outbox.KeepSent + time.Hour)
	b.Sweep()
	if left, _ := os.ReadDir(filepath.Join(dir, "files")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A message that is written needs its attachments even when room is short.
func TestRoomIsNotMadeOfWhatIsNeeded(t *testing.T) {
	c := newClock()
	b := open(t, filepath.Join(t.TempDir(), "outbox"), outbox.Options{Now: c.now, MaxBytes: 40 << 10})
	sent := add(t, b, ring("1001", strings.Repeat("x", 18<<10)))
	b.Settle(sent, "e1", wire.Ack{OK: true})
	a, err := b.Put("1000", "a", bytes.NewReader(make([]byte, 15<<10)))
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(10 * time.Minute)
	e := ring("1000", strings.Repeat("x", 12<<10))
	e.Attachments = []wire.Attachment{a}
	add(t, b, e)
	f, _, err := b.Attachment("1000", a.SHA256)
	if err != nil {
		t.Fatalf("the attachment made room for its own message: %v", err)
	}
	f.Close()
}

// Whatever a crash or a bad disk made of the files, the box opens, the rest is
// there, and whoever wrote what is lost is told.
func TestDamage(t *testing.T) {
	damage := map[string]func(path string) error{
		"cut off":  func(p string) error { return os.Truncate(p, 50) },
		"empty":    func(p string) error { return os.Truncate(p, 0) },
		"bit flip": func(p string) error { return change(p, func(b []byte) []byte { b[len(b)-10] ^= 1; return b }) },
		"garbage":  func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte{0xff}, 1000), 0o600) },
		"a folder": func(p string) error { os.Remove(p); return os.Mkdir(p, 0o700) },
	}
	for name, hurt := range damage {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "outbox")
			b := open(t, dir, outbox.Options{})
			lost, kept := add(t, b, ring("1000", "lost")), add(t, b, ring("1000", "kept"))
			if err := hurt(fileOf(t, b, dir, lost)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "entries", ".new-123"), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // found at the first start, still told at the second
				b = open(t, dir, outbox.Options{})
				i, there := b.Item(lost)
				if !there || i.State != outbox.Refused || !strings.Contains(i.Ack.Sentence, "write it again") {
					t.Errorf("the lost one: %v %+v", there, i)
				}
				if next(t, b, "1000") != kept || b.Waiting("1000") != 1 {
					t.Error("the other one does not go")
				}
				if left, err := os.ReadDir(filepath.Join(dir, "entries")); err != nil || len(left) != 1 {
					t.Errorf("entries: %v, %v", left, err)
				}
			}
		})
	}
}

func change(path string, f func([]byte) []byte) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, f(b), 0o600)
}

// A mark that cannot be read has the entry sent again; the server knows its id.
func TestDamagedMark(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	b := open(t, dir, outbox.Options{})
	id := add(t, b, ring("1000", "x"))
	b.Settle(id, "e1", wire.Ack{OK: true})
	if err := os.Truncate(filepath.Join(dir, "marks", seqOf(t, b, id)), 20); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir, outbox.Options{})
	if next(t, b, "1000") != id {
		t.Error("it is neither sent nor waiting")
	}
}

// Damage that happens while the box is open is found when the entry is read.
func TestDamageWhileOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	b := open(t, dir, outbox.Options{})
	id := add(t, b, ring("1000", "x"))
	if err := os.Truncate(fileOf(t, b, dir, id), 20); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read(id); !fault.Is(err, fault.Internal) {
		t.Fatalf("got %v", err)
	}
	if i, _ := b.Item(id); i.State != outbox.Refused || next(t, b, "1000") != "" {
		t.Errorf("it would be tried for ever: %+v", i)
	}
}

func TestChanged(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "outbox"), outbox.Options{})
	for what, act := range map[string]func(){
		"append": func() { add(t, b, ring("1000", "x")) },
		"settle": func() { b.Settle(next(t, b, "1000"), "e1", wire.Ack{OK: true}) },
	} {
		ch := b.Changed()
		if what == "settle" {
			add(t, b, ring("1000", "y"))
			ch = b.Changed()
		}
		act()
		select {
		case <-ch:
		default:
			t.Errorf("%s tells nobody", what)
		}
	}
}

func ExampleBox() {
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	b, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Options{})
	if err != nil {
		panic(err)
	}
	e, err := b.Append(outbox.Entry{Owner: "1000", Type: wire.TypeTicketOpen, Body: json.RawMessage(`{"title":"No sound"}`)})
	if err != nil {
		panic(err)
	}
	b.Settle(e.ID, "e1", wire.Ack{OK: true, Number: 1042})
	i, _ := b.Item(e.ID)
	fmt.Println(i.State, i.Ack.Number)
	// Output: sent 1042
}
