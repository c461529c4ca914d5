package presence_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/presence"
)

var (
	anna = auth.Actor{Kind: auth.Staff, Person: "a", Name: "Anna", Role: auth.Technician}
	ben  = auth.Actor{Kind: auth.Staff, Person: "b", Name: "Ben", Role: auth.Operator}
)

// TestPresence follows two people at one ticket: what is told, once each, and that
// who falls silent is gone.
func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New()
		l := hub.Listen(func(e *live.Event) bool { return e.Topic == live.People })
		b := presence.New(hub, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		told := func(want ...presence.Person) {
			t.Helper()
			synctest.Wait()
			select {
			case e := <-l.C:
				var h presence.Here
				if err := json.Unmarshal(e.Data, &h); err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = []presence.Person{}
				}
				if d := cmp.Diff(presence.Here{Ticket: "t1", People: want}, h); d != "" {
					t.Errorf("told otherwise (-want +got)\n%s", d)
				}
			default:
				t.Errorf("not told of %v", want)
			}
		}
		quiet := func() {
			t.Helper()
			synctest.Wait()
			select {
			case e := <-l.C:
				t.Errorf("told without a change: %s", e.Data)
			default:
			}
		}
		beat := func(a auth.Actor, page string, s presence.State) {
			t.Helper()
			if err := b.Beat(a, "t1", page, s); err != nil {
				t.Fatal(err)
			}
		}
		readsA, readsB := presence.Person{ID: "a", Name: "Anna", State: presence.Reading}, presence.Person{ID: "b", Name: "Ben", State: presence.Reading}
		writesB := presence.Person{ID: "b", Name: "Ben", State: presence.Writing}

		beat(anna, "1", presence.Reading)
		told(readsA)
		beat(anna, "1", presence.Reading)
		quiet()
		beat(ben, "1", presence.Reading)
		told(readsA, readsB)
		beat(ben, "2", presence.Writing) // in a second window
		told(readsA, writesB)
		beat(ben, "2", presence.Gone)
		told(readsA, readsB)
		beat(ben, "2", presence.Gone)
		quiet()

		time.Sleep(20 * time.Second)
		beat(anna, "1", presence.Reading)
		time.Sleep(20 * time.Second) // Ben has said nothing for 40 seconds
		told(readsA)
		time.Sleep(time.Minute)
		told()
		if all, err := b.All(anna); err != nil || len(all) != 0 {
			t.Errorf("still there: %v, %v", all, err)
		}

		for i := range 1000 { // what one person can make us keep is bounded
			if err := b.Beat(anna, "t"+strconv.Itoa(1000+i), "1", presence.Reading); err != nil {
				t.Fatal(err)
			}
		}
		if all, _ := b.All(anna); len(all) != 50 {
			t.Errorf("one person is at %d tickets", len(all))
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestPresenceRefuses(t *testing.T) {
	b := presence.New(live.New(), time.Now)
	jonas := auth.Actor{Kind: auth.Requester, Person: "j", Name: "Jonas"}
	if err := b.Beat(jonas, "t1", "1", presence.Reading); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a requester among the staff: %v", err)
	}
	if _, err := b.All(jonas); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a requester sees who reads: %v", err)
	}
	if err := b.Beat(anna, "t1", "1", "dancing"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown state: %v", err)
	}
}
