package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
)

// Demo is a small fleet with a story: machines that are ill, people who ring, and
// what a help desk has done about it.
type Demo struct {
	Server     string // the console's address
	Token      string // of an administrator
	State      string // folder; a second run on it is the same fleet
	Enrolments []string
	Endpoints  int     // 0 is DemoEndpoints
	Rings      float64 // tickets an hour beside the staged ones
	Log        *slog.Logger

	told func() // in tests: everything that is staged has happened
}

// DemoEndpoints is how many endpoints a demonstration has.
const DemoEndpoints = 60

// minDemo is what the staged tickets need.
const minDemo = 12

// shownIll are the machines whose illness is certain. What the others have is
// theirs by chance.
var shownIll = map[int]machine.Ill{
	1: machine.DiskFull, 2: machine.Swapping, 3: machine.NamesFail, 4: machine.ServiceDown, 5: machine.Healthy, 6: machine.Healthy,
	7: machine.DiskFilling, 8: machine.RestartNeeded, 9: machine.Healthy, 11: machine.Runaway,
}

// gone is the machine that was switched off and is not heard of again.
const gone = 10

// Run plays until ctx ends. That the story cannot be told to its end is logged and
// leaves the fleet running: what is missing is made up for by the next run.
func (d Demo) Run(ctx context.Context) error {
	if d.Endpoints == 0 {
		d.Endpoints = DemoEndpoints
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case d.Endpoints < minDemo:
		return fault.Field("--endpoints", "A demonstration needs at least 12 endpoints.")
	case d.Server == "":
		return fault.Field("--server", "--server is the address of the console, as in http://127.0.0.1:8443.")
	case d.Token == "":
		return fault.Field("--token", "--token is a token of an administrator: “deskbell-server token create --user EMAIL” prints one.")
	}
	s, err := openStage(d.State)
	if err != nil {
		return err
	}
	away := map[int]bool{}
	if s.Gone {
		away[gone] = true
	}
	f, err := New(Options{
		Enrolments: d.Enrolments, Endpoints: d.Endpoints, State: d.State, Rings: d.Rings / 60, After: time.Minute, Log: d.Log,
		ills: shownIll, past: true, facts: true, away: away,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-f.Ready():
	}
	client := f.webClient()
	client.Timeout = 30 * time.Second
	defer client.CloseIdleConnections()
	s.fleet, s.desk = f, &rest{client: client, base: strings.TrimSuffix(d.Server, "/"), token: d.Token}
	if err := s.play(ctx); err != nil && ctx.Err() == nil {
		d.Log.Warn("not all of the demonstration could be staged; the next start goes on with it", "err", err)
	} else if d.told != nil && ctx.Err() == nil {
		d.told()
	}
	return <-ended
}

// stage is what has been played, kept so that a second run doubles nothing.
type stage struct {
	Tokens map[string]string  `json:"tokens"`  // of the technicians, by address
	Scenes map[string]*played `json:"scenes"`  // by the ticket's title
	Gone   bool               `json:"is_gone"` // the machine that was switched off

	file  string
	fleet *Fleet
	desk  *rest
}

// played is how far a scene has come.
type played struct {
	Ticket string `json:"ticket"`
	Steps  int    `json:"steps"`
}

func openStage(dir string) (*stage, error) {
	s := &stage{Tokens: map[string]string{}, Scenes: map[string]*played{}}
	if dir == "" {
		return s, nil
	}
	s.file = filepath.Join(dir, "demo.json")
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(b, s)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "What the demonstration keeps in "+s.file+" cannot be read: "+err.Error()+".")
	}
	return s, nil
}

func (s *stage) save() error {
	if s.file == "" {
		return nil
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return durable.Write(s.file, append(b, '\n'), 0o600)
}
