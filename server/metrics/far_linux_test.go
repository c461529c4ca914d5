package metrics_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/metrics"
)

// TestFar knows of another store whether it is there: by what is sent to it and by what it
// is asked, each for itself. Nothing is known at first, and a question that is wrong or too
// dear says nothing of it.
func TestFar(t *testing.T) {
	var dear atomic.Bool
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/write":
			w.WriteHeader(http.StatusNoContent)
		case dear.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"status":"error","errorType":"timeout","error":"query timed out"}`)
		default:
			_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
		}
	})
	store := httptest.NewServer(answer)
	address := store.Listener.Addr().String()
	quiet := slog.New(slog.DiscardHandler)
	s, stop := startWith(t, metrics.Options{Dir: t.TempDir(), Away: &metrics.Away{Write: store.URL + "/write", Query: store.URL}}, quiet)
	defer stop()
	e := metrics.NewEngine(s, func() []metrics.Facts { return nil }, quiet)
	ask := func() { _, _ = e.Vector(t.Context(), "up", time.Now()) }
	far := func() metrics.Far {
		f, ok := s.Far()
		if !ok {
			t.Fatal("the series are elsewhere")
		}
		return f
	}
	if f := far(); f.Known || f.Away {
		t.Errorf("at first: %+v", f)
	}
	s.Append("e1", samples(time.Now().Add(-time.Minute), 1), 50)
	ask()
	until(t, "it is known to be there", func() bool { return far().Known })
	dear.Store(true)
	ask()
	if f := far(); f.Away {
		t.Errorf("after a question that was too dear: %+v", f)
	}
	dear.Store(false)

	store.Close()
	ask()
	if f := far(); !f.Away || f.What != "answers no questions" || time.Since(f.Since) > time.Minute {
		t.Errorf("after one that was in vain: %+v", f)
	}
	s.Append("e1", samples(time.Now(), 1), 50)
	until(t, "it takes no readings", func() bool { return far().What == "takes no readings and answers no questions" })

	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	back := &httptest.Server{Listener: l, Config: &http.Server{Handler: answer, ReadHeaderTimeout: time.Minute}}
	back.Start()
	defer back.Close()
	until(t, "it takes readings again", func() bool { return far().What == "answers no questions" })
	ask()
	if f := far(); f.Away || !f.Known {
		t.Errorf("back again: %+v", f)
	}
	here, stop := start(t, t.TempDir())
	defer stop()
	if _, ok := here.Far(); ok {
		t.Error("the series are here, and it speaks of another store")
	}
}
