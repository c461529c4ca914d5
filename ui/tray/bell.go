package tray

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/session"
)

// bell shows how things stand, and announces what the person wants announced, when
// they want it.
type bell struct {
	ctx   context.Context
	prefs func() prefs.Prefs
	show  func(model.Tray)
	note  func(context.Context, model.Note)
	take  func(ctx context.Context, key string) // takes a note away
	told  func(context.Context, model.ToldOf)   // has the agent remember what the person was told
	asked func(ctx context.Context, id string)  // likewise of a question

	mu        sync.Mutex
	status    local.Status
	news      model.News
	outages   model.Announcing
	approvals model.Approvals
	later     *time.Timer // the end of the quiet hours
}

func newBell(ctx context.Context, s *prefs.Store, t *tray) *bell {
	b := &bell{ctx: ctx, prefs: func() prefs.Prefs { return prefs.Prefs{} }, show: t.icon.set, note: t.note, take: func(ctx context.Context, key string) { t.notes.Withdraw(ctx, key) }, status: model.Away(), told: t.told, asked: t.askedOf}
	if s != nil {
		b.prefs = s.Now
	}
	return b
}

// set takes a status in.
func (b *bell) set(s local.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = s
	b.tell()
}

// again shows and announces what there is, after the settings or the time of day
// have changed.
func (b *bell) again() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() == nil {
		b.tell()
	}
}

func (b *bell) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.later != nil {
		b.later.Stop()
	}
}

func (b *bell) tell() {
	now, p := time.Now(), b.prefs()
	b.show(model.TrayOf(b.status, now))
	if b.later != nil {
		b.later.Stop()
		b.later = nil
	}
	if until, quiet := p.Quiet(now); quiet { // the icon's dot says enough
		b.later = time.AfterFunc(until.Sub(now), b.again)
		return
	}
	if !p.AnswersOnly {
		ask, answered := b.approvals.Next(b.status)
		if ask != nil {
			b.note(b.ctx, *ask)
		} else if answered {
			b.take(b.ctx, model.ApprovalsKey)
		}
	}
	notes, told, over := b.outages.Next(b.status)
	for _, key := range over {
		b.take(b.ctx, key)
	}
	for _, n := range notes {
		b.note(b.ctx, n)
	}
	for _, one := range told {
		b.told(b.ctx, one)
	}
	notes, asks, done := b.outages.Ask(b.status)
	for _, key := range done {
		b.take(b.ctx, key)
	}
	for _, n := range notes {
		b.note(b.ctx, n)
	}
	for _, id := range asks {
		b.asked(b.ctx, id)
	}
	show, withdraw := b.news.Next(b.status)
	for _, key := range withdraw {
		b.take(b.ctx, key)
	}
	for _, n := range show {
		b.note(b.ctx, n)
	}
}

// renew takes other settings of the person's over.
func (t *tray) renew(o Options) {
	if o.Prefs == nil {
		return
	}
	p := o.Prefs.Read()
	tongue.Use(session.Language(cmp.Or(o.Language, string(p.Language))))
	t.bell.again()
}
