package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/rulebook"
)

// findBook tells package find what the desk has configured.
type findBook struct {
	book func() *rulebook.Book
	vips func(context.Context) ([]string, error)
	now  func() time.Time

	mu   sync.Mutex
	list []string
	at   time.Time
}

// vipAge is how old the list of important people may be.
const vipAge = 10 * time.Second

// Teams implements find.Book.
func (b *findBook) Teams() []find.Choice {
	var out []find.Choice
	for _, t := range rulebook.All[*rulebook.Team](b.book()) {
		out = append(out, find.Choice{ID: t.ID, Name: t.Name, Retired: t.Retired})
	}
	return out
}

// Categories implements find.Book.
func (b *findBook) Categories() []find.Choice {
	var out []find.Choice
	book := b.book()
	for _, c := range rulebook.All[*rulebook.Category](book) {
		out = append(out, find.Choice{ID: c.ID, Name: c.Name, Parent: c.Parent, Path: rulebook.PathOf(book, c.ID), Retired: c.Retired})
	}
	return out
}

// VIPs implements find.Book.
func (b *findBook) VIPs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.now(); b.at.IsZero() || now.Sub(b.at) > vipAge {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if list, err := b.vips(ctx); err == nil {
			slices.Sort(list)
			b.list, b.at = list, now
		}
	}
	return b.list
}

// findDesk does what package find changes many tickets by.
type findDesk struct{ *desk.Desk }

// Merge implements find.Desk.
func (d findDesk) Merge(ctx context.Context, actor auth.Actor, id string, seen int64, into string) error {
	_, err := d.Desk.Merge(ctx, actor, into, []string{id}, map[string]int64{id: seen})
	return err
}
