package console

import (
	"encoding/json"
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// askLog answers with the end of a log that is followed, as it is: what comes after it
// is in the stream of events.
func (c *Console) askLog(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := c.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	a := kit.AnswerOf(q)
	if a.Followed == nil {
		return fault.New(fault.NotFound, "This question follows no log.")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(struct {
		State ask.State     `json:"state"`
		Log   *ask.Followed `json:"log"`
	}{q.State, a.Followed})
}
