package people

import (
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/wire"
)

// TellMended keeps a person's word on a fix until the server has it. Where there is
// no server, nobody is to be told.
func (d *Desk) TellMended(uid string, f local.Fix) error {
	if f.Helped == nil || !d.Config.Status().Enrolled {
		return nil
	}
	// The time is the fix's: the same message again has to be the same.
	body, err := json.Marshal(wire.FixTold{Recipe: f.Recipe, Finding: f.Finding, Outcome: string(f.Outcome), Works: *f.Helped, At: f.EndedAt.UTC().Truncate(time.Millisecond)})
	if err != nil {
		return err
	}
	_, err = d.Box.Append(outbox.Entry{ID: f.ID, Owner: uid, Type: wire.TypeFixTold, At: now(), Body: body})
	return err
}
