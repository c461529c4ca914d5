package availability_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/server/availability"
)

// TestARenamedGroupGoesOn: the minutes of a group that are in memory go on under its new
// name, a group that is gone and had that name in the same hour does not count, and nothing
// is written under the old one any more.
func TestARenamedGroupGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		begin := time.Now().UTC().Truncate(time.Hour)
		named := func(name string) availability.Glance {
			g := site(name, 0, 90)
			g.Kind, g.Name = availability.Group, name
			return g
		}
		h.is(named("Old"), named("New"))
		h.start()
		time.Sleep(5 * time.Minute)
		h.is(named("Old"))
		time.Sleep(20 * time.Minute)
		rename := func(write func(map[string][]byte) error) error {
			return h.RenameGroup(t.Context(), "Old", "New", write, func() { h.is(named("New")) })
		}
		if err := rename(func(map[string][]byte) error { return context.Canceled }); err == nil {
			t.Error("what was not stored counts")
		}
		if err := rename(func(docs map[string][]byte) error {
			if len(docs) > 0 {
				t.Error(docs)
			}
			return h.shelf.rename("Old", "New")
		}); err != nil {
			t.Fatal(err)
		}
		if list := h.Things(); len(list) != 1 || list[0].ID != "New" {
			t.Errorf("there is %v", list)
		}
		time.Sleep(10 * time.Minute)
		h.stop()
		r := h.report(availability.Query{Kind: availability.Group, From: begin, To: begin.Add(time.Hour)})
		if len(r.Lines) != 1 || r.Lines[0].ID != "New" || r.Lines[0].Name != "New" || r.Lines[0].Count.Up != 35 {
			t.Errorf("%+v", r.Lines)
		}
		for _, row := range h.shelf.rows {
			if row.ID != "New" {
				t.Errorf("%s is written", row.ID)
			}
		}
	})
}

// rename is what the store does of it.
func (s *shelf) rename(from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.rows[:0]
	for _, r := range s.rows {
		switch r.ID {
		case to:
			continue
		case from:
			r.ID, r.Name = to, to
		}
		kept = append(kept, r)
	}
	s.rows = kept
	return nil
}
