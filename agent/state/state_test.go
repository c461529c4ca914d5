package state_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/internal/fault"
)

// Of any number that come at once one has the folder, and the next when it is let go.
func TestLock(t *testing.T) {
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	if err := dir.Make(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		var got atomic.Int32
		var unlock atomic.Value
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				u, err := dir.Lock()
				switch {
				case err == nil:
					got.Add(1)
					unlock.Store(u)
				case !fault.Is(err, fault.Conflict):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got.Load() != 1 {
			t.Fatalf("%d have the folder", got.Load())
		}
		unlock.Load().(func())()
	}
}
