package console

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/heartbeat"
)

// Heartbeats are jobs that call in.
type Heartbeats interface {
	List(actor auth.Actor) ([]heartbeat.Standing, error)
	Get(ctx context.Context, actor auth.Actor, id string) (heartbeat.Standing, []heartbeat.Call, error)
	Save(ctx context.Context, actor auth.Actor, h heartbeat.Heartbeat, fresh bool) (heartbeat.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Back() time.Time
}

const (
	heartbeatsPath   = "/noc/heartbeats"
	newHeartbeatPath = "/noc/new-heartbeat"
)

type heartbeatsView struct {
	Frame frame
	List  []heartbeat.Standing
	May   bool
}

// heartbeatsPage lists the jobs that call in, what is down first.
func (c *Console) heartbeatsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := heartbeatsView{May: auth.May(actor, auth.ChecksManage)}
	var err error
	if v.List, err = c.Heartbeats.List(actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Heartbeats", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, heartbeatsWhole(v))
}

type heartbeatView struct {
	Frame frame
	Beat  heartbeat.Standing
	Typed heartbeatTyped
	Calls []heartbeat.Call
	Next  []time.Time
	Back  time.Time
	URL   string // only for whoever may change it
	Form  kit.Form
	May   bool
}

// heartbeatTyped is a heartbeat as it stands in the form.
type heartbeatTyped struct {
	Name, Note, Every, Cron, Zone, Grace, Severity string
	Paused                                         bool
	Version                                        int
}

func typedBeat(h heartbeat.Heartbeat) heartbeatTyped {
	t := heartbeatTyped{
		Name: h.Name, Note: h.Note, Cron: h.Schedule.Cron, Zone: h.Schedule.Zone, Grace: spanText(h.Grace), Severity: string(h.Severity), Paused: h.Paused, Version: h.Version,
	}
	if h.Schedule.Cron == "" {
		t.Every = spanText(h.Schedule.Every)
	}
	return t
}

// spanText is a length of time as it is typed: 1d12h.
func spanText(d time.Duration) string { return model.Duration(d).String() }

// lengthOf reads it; what cannot be read is none, which the use case refuses.
func lengthOf(s string) time.Duration {
	d, err := model.ParseDuration(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	if err != nil {
		return -1
	}
	return time.Duration(d)
}

func (c *Console) newHeartbeatPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showHeartbeat(w, r, actor, http.StatusOK, heartbeatView{Typed: typedBeat(heartbeat.Usual())})
}

func (c *Console) heartbeatPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.heartbeatOf(r, actor)
	if err != nil {
		return err
	}
	v.Typed = typedBeat(v.Beat.Heartbeat)
	return c.showHeartbeat(w, r, actor, http.StatusOK, v)
}

func (c *Console) heartbeatOf(r *http.Request, actor auth.Actor) (v heartbeatView, err error) {
	if v.Beat, v.Calls, err = c.Heartbeats.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return v, err
	}
	if v.Beat.Key != "" {
		v.URL = c.PortalURL() + "/beat/" + v.Beat.Key
	}
	if v.Beat.Schedule.Cron != "" && !v.Beat.Paused {
		v.Next = v.Beat.Schedule.Upcoming(c.Now(), 3)
	}
	return v, nil
}

func (c *Console) showHeartbeat(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v heartbeatView) error {
	v.May, v.Back = auth.May(actor, auth.ChecksManage), c.Heartbeats.Back()
	title := "New heartbeat"
	if v.Beat.ID != "" {
		title = v.Beat.Name
	}
	var err error
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, heartbeatWhole(v))
}

// saveHeartbeat saves, deletes or gives another address, by the button that was pressed.
// What somebody has written comes back when it is refused.
func (c *Console) saveHeartbeat(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, get := r.PathValue("id"), r.PostFormValue
	if get("do") == "delete" && id != "" {
		if err := c.Heartbeats.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, heartbeatsPath, http.StatusSeeOther)
		return nil
	}
	t := heartbeatTyped{
		Name: get("name"), Note: get("note"), Every: get("every"), Cron: get("cron"), Zone: get("zone"), Grace: get("grace"), Severity: get("severity"), Paused: get("paused") != "", Version: small(r, "version"),
	}
	saved, err := c.Heartbeats.Save(r.Context(), actor, heartbeat.Heartbeat{
		ID: id, Version: t.Version, Name: t.Name, Note: t.Note, Grace: lengthOf(t.Grace), Severity: alert.Severity(t.Severity), Paused: t.Paused,
		Schedule: heartbeat.Schedule{Cron: t.Cron, Zone: t.Zone, Every: lengthOf(t.Every)},
	}, get("do") == "address")
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, heartbeatsPath+"/"+saved.ID, http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Stale, fault.Full:
		v := heartbeatView{}
		if id != "" {
			var lost error
			if v, lost = c.heartbeatOf(r, actor); lost != nil {
				return lost
			}
		}
		v.Typed, v.Form = t, kit.Form{}.Refused(err)
		return c.showHeartbeat(w, r, actor, gate.Status(err), v)
	}
	return err
}

// beatSign is a state's icon, and its class.
func beatSign(s heartbeat.State) string {
	switch s {
	case heartbeat.Up:
		return "healthy"
	case heartbeat.Late:
		return "warning"
	case heartbeat.Missed, heartbeat.Failed, heartbeat.Stuck:
		return "critical"
	case heartbeat.Paused:
		return "maintenance"
	}
	return "unknown"
}

// beatWord is a state in a word.
func beatWord(s heartbeat.State) string {
	return map[heartbeat.State]string{
		heartbeat.Awaited: "Not called yet", heartbeat.Up: "Up", heartbeat.Late: "Late", heartbeat.Missed: "Missed", heartbeat.Failed: "Failed", heartbeat.Stuck: "Does not end",
		heartbeat.Unknown: "Unknown", heartbeat.Paused: "Paused",
	}[s]
}

// beatSentence says what a state means.
func beatSentence(v heartbeatView) string {
	switch v.Beat.State {
	case heartbeat.Awaited:
		return "It has not called in yet. Nothing is missed before its first call."
	case heartbeat.Late:
		return "It is due, and has not called in. It is missed when its grace is over."
	case heartbeat.Missed:
		return "It was due, and did not call in."
	case heartbeat.Failed:
		return "It called in, and said that it failed."
	case heartbeat.Stuck:
		return "It said that it begins, and did not come to an end within its grace."
	case heartbeat.Unknown:
		return "It was due while this server was away, and may have called meanwhile. It is missed when a whole grace passes without a call."
	case heartbeat.Paused:
		return "Its calls are written down, and nothing is missed."
	}
	return "It calls in as it should."
}

// beatSchedule is a schedule in words.
func beatSchedule(s heartbeat.Schedule) string {
	if s.Cron != "" {
		return s.Cron + ", " + s.Zone
	}
	return "every " + kit.Duration(s.Every)
}

// callWord is what a call said.
func callWord(c heartbeat.Call) string {
	switch c.Kind {
	case heartbeat.Start:
		return "begins"
	case heartbeat.Failure:
		if c.Exit > 0 {
			return "failed with code " + kit.Count(c.Exit)
		}
		return "failed"
	}
	return "all is well"
}

func callSign(k heartbeat.Kind) string {
	return map[heartbeat.Kind]string{heartbeat.Success: "healthy", heartbeat.Failure: "critical", heartbeat.Start: "info"}[k]
}
