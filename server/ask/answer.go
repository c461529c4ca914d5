package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
)

// Answer takes one part of an answer in. Parts of what is not running are late,
// or forged, and forgotten.
func (a *Asker) Answer(ctx context.Context, endpoint, id string, part wire.Answer) {
	a.mu.Lock()
	r, ok := a.running[id]
	if !ok || r.ask.Endpoint != endpoint {
		a.mu.Unlock()
		return
	}
	patience := patienceWith(r.ask.Kind)
	switch {
	case len(part.Data) == 0:
	case r.table != nil:
		var understood bool
		if part.Data, understood = r.table.fold(part.Part, part.Data); !understood {
			r.keep(part.Data)
		}
	case r.log != nil:
		part.Data = r.log.fold(part.Part, part.Data)
	case r.term != nil:
		r.term.part(part.Data, a.now())
		patience = terminalFor
	case r.file != nil:
		r.file.take(part.Data)
		r.ask.Answer = r.file.shown()
		part.Data = r.ask.Answer[0] // who watches is told how far it is, and not sent the file
	case r.shot != nil:
		r.shot.take(part.Data)
		r.ask.Answer = r.shot.shown()
		part.Data = r.ask.Answer[0]
	default:
		r.keep(part.Data)
	}
	tooMuch := r.bytes > maxAnswer
	r.timer.Reset(patience)
	a.mu.Unlock()
	if len(part.Data) > 0 { // the end of the answer is told once it is stored
		a.publish(id, r.ask.Ticket, wire.Answer{Part: part.Part, Data: part.Data}, Running)
	}
	switch {
	case tooMuch:
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.TooLarge, "The answer is larger than 4 MiB; the rest was cut off.")
	case part.Done && part.Code == fault.Unknown:
		a.end(ctx, id, Unknown, part.Code, part.Sentence)
	case part.Done && part.Code != "" && r.term != nil && r.term.lines() != nil: // it was open, and somebody or something ended it
		a.end(ctx, id, Done, "", part.Sentence)
	case part.Done && part.Code != "":
		a.end(ctx, id, Failed, part.Code, part.Sentence)
	case part.Done && r.file != nil:
		a.arrived(ctx, id)
	case part.Done && r.shot != nil:
		a.pictured(ctx, id)
	case r.shot != nil && r.shot.bad != "":
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.Invalid, r.shot.bad)
	case r.file != nil && r.file.bad != "":
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.Invalid, r.file.bad)
	case part.Done:
		a.end(ctx, id, Done, "", "")
	}
}

// keep stores a part: of those that replace the one before only the newest.
func (r *running) keep(data json.RawMessage) {
	switch r.ask.Kind {
	case wire.AskSnapshot, wire.AskProcesses, wire.AskSpeed:
		r.ask.Answer, r.bytes = []json.RawMessage{data}, len(data)
	default:
		r.ask.Answer = append(r.ask.Answer, data)
		r.bytes += len(data)
	}
}

// Cancel ends a question that nobody waits for any more.
func (a *Asker) Cancel(ctx context.Context, actor auth.Actor, id string) error {
	q, err := a.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if q.State.Ended() {
		return nil
	}
	if !q.Kind.Withdrawable() {
		return fault.New(fault.Conflict, "What is being done on a machine is not stopped half way. Wait until it has ended.")
	}
	if q.State == Waiting {
		q.State, q.EndedAt = Cancelled, a.now()
		return a.store.Update(ctx, func(tx Tx) error { return tx.SaveAsk(q) })
	}
	a.line.Cancel(q.Endpoint, id)
	if q.Kind.Script() {
		a.end(ctx, id, Unknown, fault.Unknown, "The script was stopped half way. Look before you run it again.")
		return nil
	}
	a.end(ctx, id, Cancelled, "", "")
	return nil
}

func (a *Asker) giveUp(id string) {
	a.mu.Lock()
	r, ok := a.running[id]
	a.mu.Unlock()
	if ok {
		a.line.Cancel(r.ask.Endpoint, id)
		a.lost(context.Background(), id, fmt.Sprintf("The machine did not answer within %d seconds.", int(patienceWith(r.ask.Kind).Seconds())))
	}
}

// patienceWith is how long a machine may say nothing. A script may work all its time
// and be silent.
func patienceWith(k wire.AskKind) time.Duration {
	if k.Script() {
		return runFor + wire.MaxScriptTime*time.Second
	}
	return runFor
}

// end stores what became of a question and tells who watches.
func (a *Asker) end(ctx context.Context, id string, s State, code fault.Code, sentence string) {
	if r, ok := a.forget(id); ok {
		a.settle(ctx, r, s, code, sentence)
	}
}

// settle stores what became of a question that runs no more.
func (a *Asker) settle(ctx context.Context, r *running, s State, code fault.Code, sentence string) {
	q, id := r.ask, r.ask.ID
	q.Answer = r.parts()
	if r.file != nil {
		q.Answer = r.file.shown()
	}
	if r.shot != nil {
		q.Answer = nil // half a picture is none
	}
	q.State, q.Code, q.Sentence, q.EndedAt = s, code, sentence, a.now()
	if r.term != nil {
		q.Answer = r.term.lines()
		defer r.term.end(sentence)
	}
	err := a.store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		if err := tx.SaveAsk(q); err != nil || !q.Kind.Acts() {
			return err
		}
		return a.recordEnd(tx, q)
	})
	if err != nil {
		a.log.Error("an answer was not stored", "ask", id, "err", err)
	}
	a.publish(id, q.Ticket, wire.Answer{Done: true, Code: code, Sentence: sentence}, s)
}

func (a *Asker) publish(id, ticketID string, p wire.Answer, s State) {
	if !a.live.Wanted(live.Asks, id) {
		return
	}
	data, err := json.Marshal(Part{Ask: id, Ticket: ticketID, State: s, Part: p})
	if err != nil {
		a.log.Error("an answer's part was not published", "ask", id, "err", err)
		return
	}
	a.live.Publish(live.Event{Topic: live.Asks, Key: id, Data: data})
}
