package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestTheServersDiskIsNearlyFull: readings are stored no more, the wall says so and an
// alert does, tickets are rung as ever; with room again all of it ends by itself.
func TestTheServersDiskIsNearlyFull(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=128m"); err != nil {
		t.Fatalf("mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(mount, syscall.MNT_DETACH) }) // after the server has ended
	s := servertest.Start(t, func(o *server.Options) {
		o.Data, o.AlertsEvery, o.Reserve, o.Retention = filepath.Join(mount, "data"), 200*time.Millisecond, 48<<20, 30*24*time.Hour
	})
	m := browsertest.NewMachine(t, s, "Berlin", "PC-1")
	m.Join()
	m.History(7*time.Hour, func(i int) (cpu, memory, disk float64) { return 20, 30, float64(i % 7) })
	wall, p := open(t, s, auth.Operator), open(t, s, auth.Admin)
	wall.Go("/noc")
	wall.Live()
	wall.Shows("#noc-lists", "Nothing fires.")
	wall.Gone("#noc-lists .notice")
	p.Go("/admin/series")
	p.Shows("#main", "Reaches back to")
	p.Gone("#main .notice")
	p.Accessible("time series")
	p.Fits("time series")
	p.Picture("series-kept")

	room, err := durable.RoomOf(mount)
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(mount, "filler")
	if err := os.WriteFile(filler, make([]byte, room.Free-32<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	wall.Shows("#noc-lists .notice", "Readings of machines are not stored.")
	wall.Shows("#noc-lists .alert-row", "the disk of the server is nearly full")
	wall.Accessible("the wall while the server's disk is full")
	wall.Picture("wall-disk-full")
	m.Health(99, 40, 50) // is lost, and the machine notices nothing of it
	if n := m.Ring(wire.Account{UID: "1000", Name: "eva"}, "The printer is dead", "", nil, nil); n == 0 {
		t.Error("the ticket has no number")
	}
	p.Go("/admin/series")
	p.Shows("#main .notice", "Tickets and all else go on")
	p.Accessible("time series while the disk is full")
	p.Fits("time series while the disk is full")
	p.Picture("series-full")
	p.Go("/?view=all")
	p.Shows("#main", "The printer is dead")

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	wall.Shows("#noc-lists", "Nothing fires.")
	wall.Gone("#noc-lists .notice")
	p.Go("/admin/series")
	p.Gone("#main .notice")
}

// TestTheOtherStoreDoesNotAnswer: where the series are kept elsewhere and nobody is there,
// the wall and the page say so, what waits is shown, and tickets are rung as ever.
func TestTheOtherStoreDoesNotAnswer(t *testing.T) {
	var well atomic.Bool
	var took atomic.Int64
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !well.Load() {
			http.Error(w, "<b>out of order</b>", http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path == "/write" {
			took.Add(1)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if _, err := io.WriteString(w, `{"status":"success","data":{"resultType":"matrix","result":[]}}`); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(store.Close)
	s := servertest.Start(t, func(o *server.Options) { o.MetricsURL, o.MetricsWrite = store.URL, store.URL+"/write" })
	m := browsertest.NewMachine(t, s, "Berlin", "PC-1")
	m.Join()
	m.Health(20, 40, 50)
	p := open(t, s, auth.Admin)
	servertest.Wait(t, "an attempt has failed", func() bool {
		p.Go("/admin/series")
		return strings.Contains(p.Text("#main"), "The store of the time series does not answer.")
	})
	p.Shows("#main", "<b>out of order</b>")
	p.Accessible("the other store is away")
	p.Fits("the other store is away")
	p.Picture("series-away")
	p.Go("/noc")
	p.Shows("#noc-lists .notice", "Readings wait on this server's disk")
	p.Go("/endpoints/" + m.ID)
	p.Shows("#main", "PC-1")
	if n := m.Ring(wire.Account{UID: "1000", Name: "eva"}, "The printer is dead", "", nil, nil); n == 0 {
		t.Error("the ticket has no number")
	}
	well.Store(true)
	servertest.Wait(t, "what waited has arrived", func() bool {
		p.Go("/admin/series")
		return took.Load() > 0 && !strings.Contains(p.Text("#main"), "does not answer")
	})
}
