package ring

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
)

// checkupError is why there is no check-up. A stream that ended early without an
// error is the agent's end.
func checkupError(err error) error {
	if err != nil {
		return err
	}
	return fault.Say(fault.Unavailable, "error.checkup_ended")
}

// send hands the ring to the agent: as soon as the check-up is over, or without it
// when that takes too long for somebody who needs help.
func (r *Ring) send() {
	if v := r.state.View(); !v.CanEdit || r.state.Picturing {
		return // who sends now would send without the picture
	}
	if err := r.state.Draft.Check(); err != nil {
		r.failed(err)
		if fault.FieldOf(err) == "title" {
			r.host.Window.Canvas().Focus(r.question)
		}
		return
	}
	if r.state.Draft.Ref == "" {
		r.state.Draft.Ref = ulid.Make().String()
		r.drafts.SetRing(r.state.Draft)
	}
	r.drafts.Flush()
	r.state.Stage, r.state.Problem = model.Sending, nil
	if r.stop == nil && r.host.Now().Sub(r.checkedAt) > stale {
		r.check()
	}
	r.render()
	checked := r.checked
	r.host.Go(func(ctx context.Context) {
		wait := time.NewTimer(patience)
		defer wait.Stop()
		if checked != nil {
			select {
			case <-checked:
			case <-wait.C:
			case <-ctx.Done():
				return
			}
		}
		r.host.Main(func() { r.hand() })
	})
}

// hand gives the agent the files and then the ring.
func (r *Ring) hand() {
	state := r.state
	r.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, sending)
		defer cancel()
		files, err := r.attach(ctx, state.Draft.Files)
		if recording := state.RecordingToSend(); recording != nil && err == nil {
			var one wire.Attachment
			if one, err = r.attachRecording(ctx, *recording); err == nil {
				files = append(files, one)
			}
		}
		if changes := state.ChangesToSend(); changes != nil && err == nil {
			var one wire.Attachment
			if one, err = r.attachChanges(ctx, *changes); err == nil {
				files = append(files, one)
			}
		}
		var receipt local.Receipt
		if err == nil {
			receipt, err = r.agent.Ring(ctx, state.Message(files))
		}
		if program.Err() != nil {
			return
		}
		r.host.Main(func() {
			if err != nil {
				r.failed(err)
				return
			}
			r.arrived(receipt)
		})
	})
}

func (r *Ring) attach(ctx context.Context, files []model.File) ([]wire.Attachment, error) {
	var out []wire.Attachment
	for _, f := range files {
		data, err := os.Open(f.Path)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, model.WordsFileGone(f))
		}
		a, err := r.agent.Attach(ctx, f.Name, data)
		data.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// attachRecording hands over the very recording that was shown.
func (r *Ring) attachRecording(ctx context.Context, recording diagnostics.Recording) (wire.Attachment, error) {
	b, err := json.Marshal(recording)
	if err != nil {
		return wire.Attachment{}, err
	}
	return r.agent.Attach(ctx, diagnostics.RecordingName, bytes.NewReader(b))
}

// attachChanges hands over the very list that was shown.
func (r *Ring) attachChanges(ctx context.Context, changes inventory.Changes) (wire.Attachment, error) {
	b, err := json.Marshal(changes)
	if err != nil {
		return wire.Attachment{}, err
	}
	return r.agent.Attach(ctx, inventory.ChangesName, bytes.NewReader(b))
}

// failed shows why nothing was sent; the words stay.
func (r *Ring) failed(err error) {
	r.state.Stage, r.state.Problem = model.NotSaved, err
	r.render()
}

// arrived shows what has become of the ring. Once it is safe elsewhere the draft
// is forgotten.
func (r *Ring) arrived(receipt local.Receipt) {
	r.state.Receipt, r.state.Stage = receipt, model.StageOf(receipt)
	if r.state.Stage != model.Refused {
		r.drafts.SetRing(model.Draft{})
		r.drafts.Flush()
	}
	r.render()
	if r.main.Visible() {
		r.host.Window.Canvas().Focus(r.main)
	}
}

// follow asks what has become of a ring that was saved.
func (r *Ring) follow(ref string) {
	r.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, sending)
		defer cancel()
		receipt, err := r.agent.Receipt(ctx, ref)
		if err != nil {
			return // the next change of the status asks again
		}
		r.host.Main(func() {
			if r.state.Stage == model.Saved && r.state.Receipt.Ref == ref {
				r.state.Receipt, r.state.Stage = receipt, model.StageOf(receipt)
				r.render()
			}
		})
	})
}
