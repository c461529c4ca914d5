//go:build linux

package storm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fleet"
)

// load is a fleet that rings without rest and notes what it was told.
type load struct {
	fleet *fleet.Fleet
	told  *told
	stop  func() // no new tickets; those under way are waited for
	end   func() // the fleet
}

// ring starts the load: so many senders on so many endpoints, each sending a
// ticket, waiting to hear that it is sent, and replying to some of them.
func ring(t *testing.T, enrolment string, endpoints, senders int) *load {
	t.Helper()
	f, err := fleet.New(fleet.Options{
		Enrolments: []string{enrolment}, Endpoints: endpoints, Interval: time.Second, Quiet: true,
		Again: func(uplink.Ending) time.Duration { return rand.N(60 * time.Millisecond) },
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &load{fleet: f, told: newTold()}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := f.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	l.end = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(l.end)
	select {
	case <-f.Ready():
	case <-time.After(30 * time.Second):
		t.Fatal("the fleet did not enrol")
	}
	enough := make(chan struct{})
	var ringers sync.WaitGroup
	for s := range senders {
		ringers.Go(func() { l.send(ctx, t, enough, s, endpoints) })
	}
	var once sync.Once
	l.stop = func() {
		once.Do(func() { close(enough) })
		ringers.Wait()
	}
	return l
}

func (l *load) send(ctx context.Context, t *testing.T, enough <-chan struct{}, sender, endpoints int) {
	for n := 0; ; n++ {
		select {
		case <-enough:
			return
		case <-ctx.Done():
			return
		default:
		}
		at, title := rand.IntN(endpoints), fmt.Sprintf("sender %d, ticket %d", sender, n)
		ack, err := l.fleet.Ring(ctx, at, fleet.Ring{Title: title, Plain: n%4 != 0})
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("%s: %v", title, err)
			}
			return
		}
		l.told.ticket(title)
		if n%5 != 0 {
			continue
		}
		body := "a reply to " + title
		if _, err := l.fleet.Reply(ctx, at, 0, ack.Ticket, body); err == nil {
			l.told.reply(ack.Ticket, body)
		} else if ctx.Err() == nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// kills is how often each program is killed.
const kills = 200

// However often the server is killed, and at whatever moment, also while it
// starts: every ticket of which somebody was told “sent” is there once.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	s := newServer(t, "deskbell-server", t.TempDir())
	s.start()
	s.ready()
	l := ring(t, s.enrolment(40), 40, 32)
	var took []time.Duration
	unready := 0
	for range kills {
		pause(300 * time.Millisecond)
		l.told.waitForMore(t) // a slow machine: a kill without a ticket before it shows nothing
		s.kill()
		for s.start(); rand.IntN(8) == 0; s.start() { // and now and then before it is there
			pause(120 * time.Millisecond)
			s.kill()
			unready++
		}
		took = append(took, s.ready())
	}
	l.stop()
	report := l.fleet.Report()
	l.end()
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	k := read(t, s.data, true)
	slices.Sort(took)
	t.Logf("%d kills and %d while starting: ready again in %v (median), %v (longest); %d tickets and %d replies were told sent, %d sent more than once, %d tickets are there",
		kills, unready, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), len(l.told.titles), len(l.told.replies), report.Rings.Again, len(k.titles))
	if lost := l.told.lost(k); len(lost) > 0 {
		t.Errorf("%d are lost: %.20q", len(lost), lost)
	}
	if twice := k.doubled(); len(twice) > 0 {
		t.Errorf("%d are there twice: %.20q", len(twice), twice)
	}
	if report.Rings.Lost > 0 {
		t.Errorf("the server lacked %d that it had acknowledged", report.Rings.Lost)
	}
	if l.told.count() < kills || report.Rings.Again == 0 || report.Sessions.Lost < kills {
		t.Errorf("too little happened for this test to show anything: %+v", report)
	}
	intact(t, s.data)
}

// A server that acknowledges before it commits loses tickets, and the storm
// notices. Were it not to, it would show nothing about the real one either.
func TestAServerThatAcknowledgesEarlyIsCaught(t *testing.T) {
	t.Parallel()
	const most = 100
	s := newServer(t, "deskbell-server-early", t.TempDir())
	s.start()
	s.ready()
	l := ring(t, s.enrolment(40), 40, 32)
	for n := range most {
		// While it is killed it has to be at work: how long that takes, the machine says.
		for busy := l.told.count() + 32; l.told.count() < busy; {
			pause(5 * time.Millisecond)
		}
		s.kill()
		if lost := l.told.lost(read(t, s.data, true)); len(lost) > 0 {
			t.Logf("caught after %d kills: %d of %d are lost", n+1, len(lost), l.told.count())
			return
		}
		s.start()
		s.ready()
	}
	t.Errorf("%d kills of a server that acknowledges early lost nothing of %d tickets: the storm would not notice", most, l.told.count())
}
