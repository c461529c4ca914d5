package console

import (
	"encoding/json"
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// watchFor is for how many seconds all processes are watched at a click. One that is
// forgotten in a tab ends by itself.
const watchFor = 180

// askProcesses answers with the table of all processes as it is: what comes after it
// is in the stream of events.
func (c *Console) askProcesses(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q, err := c.Asks.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	a := kit.AnswerOf(q)
	if a.Table == nil {
		return fault.New(fault.NotFound, "This question has no table of processes.")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(struct {
		State ask.State  `json:"state"`
		Table *ask.Table `json:"table"`
	}{q.State, a.Table})
}
