package remote

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Scripts run reviewed scripts; *script.Runner does.
type Scripts interface {
	Allows(p wire.RunScriptParams) error
	Run(ctx context.Context, uid string, p wire.RunScriptParams, each func([]byte)) (exit int, err error)
}

// Once does what is ordered one time; *act.Doer does.
type Once interface {
	Script(ctx context.Context, id, name string, run func(context.Context) (exit int, err error)) (exit int, err error)
}

// sayEvery keeps what a script says below the rate of messages that the server takes.
const sayEvery = 250 * time.Millisecond

func (r *Runner) script(kind wire.AskKind, p wire.RunScriptParams) (job, error) {
	if r.options.Scripts == nil || r.options.Once == nil {
		return job{}, errNoHands
	}
	if p.Script.Root != (kind == wire.ActRunRootScript) {
		return job{}, fault.Field("script", "The script is for other rights than it was ordered with.")
	}
	if err := r.options.Scripts.Allows(p); err != nil {
		return job{}, err
	}
	name := "the script “" + oneLine(p.Name, 80) + "”"
	with := " with your rights"
	if p.Script.Root {
		with = " with an administrator's rights"
	}
	j := job{what: "ran " + name + with, wants: "run " + name + with, about: oneLine(p.Name, 80) + " (" + p.Script.Hash()[:16] + ")", personal: !p.Script.Root, limit: time.Duration(p.Script.Seconds)*time.Second + 30*time.Second}
	j.run = func(ctx context.Context, out *output) error {
		if out.id == "" || len(out.id) > 64 {
			return fault.Field("id", "The order has no id, so nobody could tell whether it was done before. Nothing was done.")
		}
		said := &said{most: wire.MaxScriptOutput, gone: make(chan struct{})}
		exit, err := 0, error(nil)
		go func() {
			defer close(said.gone)
			if p := caught(func() {
				exit, err = r.options.Once.Script(ctx, out.id, oneLine(p.Name, 80), func(ctx context.Context) (int, error) {
					return r.options.Scripts.Run(ctx, out.uid, p, said.hear)
				})
			}); p != nil {
				err = p
			}
		}()
		told := said.tell(out)
		<-said.gone
		if err != nil {
			return err
		}
		if told != nil {
			return told
		}
		return send(out, wire.ScriptPart{Ended: true, Exit: exit, Cut: said.cut})
	}
	return j, nil
}

// said is what a script says, before it is told: bounded, and whole lines at a time.
type said struct {
	most int
	gone chan struct{}

	mu   sync.Mutex
	text []byte
	all  int
	cut  bool
}

func (s *said) hear(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := s.most - s.all; len(b) > room {
		b, s.cut = b[:max(room, 0)], true
	}
	s.all += len(b)
	s.text = append(s.text, b...)
}

// tell sends what was said, without its secrets, until the script is gone.
func (s *said) tell(out *output) error {
	tick := time.NewTicker(sayEvery)
	defer tick.Stop()
	for over := false; !over; {
		select {
		case <-tick.C:
		case <-s.gone:
			over = true
		}
		s.mu.Lock()
		n := len(s.text)
		if !over {
			n = files.SafeCut(s.text)
		}
		now := string(s.text[:n])
		s.text = append([]byte(nil), s.text[n:]...)
		s.mu.Unlock()
		clean, _ := redact.Text(strings.ToValidUTF8(now, "�"))
		for len(clean) > 0 {
			part := clean[:min(len(clean), 128<<10)]
			for len(part) < len(clean) && !utf8.RuneStart(clean[len(part)]) {
				part = part[:len(part)-1]
			}
			clean = clean[len(part):]
			if err := send(out, wire.ScriptPart{Out: part}); err != nil {
				return err
			}
		}
	}
	return nil
}
