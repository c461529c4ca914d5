//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
)

const (
	// keysEvery is faster than anybody types for long.
	keysEvery = 50 * time.Millisecond
	keysOnce  = 30 * time.Second // how long an echo is waited for
)

// terminalRow is the row “terminal key → echo on loopback”.
func terminalRow(ctx context.Context, b *bench) (*Result, error) {
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	state := filepath.Join(t.data, "agent")
	client, number, err := b.rung(ctx, t, state)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	p, err := (&deskDay{t: t, base: "https://" + t.address}).signIn(ctx, 0)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go client.WatchAndAsk(ctx, func(s local.Status) {
		for _, q := range s.Consents {
			client.Consent(ctx, q.ID, local.ConsentAnswer{Yes: true}) // one that failed shows when the terminal does not open
		}
	})
	shown, place, err := p.openTerminal(ctx, number)
	if err != nil {
		return nil, err
	}
	took, err := p.typeKeys(ctx, place, shown, int(b.For/keysEvery))
	if err != nil {
		return nil, err
	}
	ended, gone, err := endTerminal(ctx, client, shown)
	if err != nil {
		return nil, err
	}
	raw := slices.Clone(took)
	slices.Sort(took)
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1))] }
	return &Result{
		How: fmt.Sprintf("A real agent is connected and its employee has said yes to a terminal. Every %v a key is typed as the console's page does it, and timed is from before the request is written until its echo is read from the page's stream: "+
			"request over TLS, server, agent, the shell's pseudo-terminal, and back; what the browser draws comes on top. %d keys. "+
			"Then the employee ends it: timed is from before their program says so until the technician's page is told, and until a program that was started in the background there is gone.", keysEvery, len(took)),
		Lines: []Line{
			{What: "terminal key → echo on loopback, p99", Unit: "ms", Deskbell: at(0.99), Target: 20, Sense: AtMost},
			{What: "the same, p50", Unit: "ms", Deskbell: at(0.5)},
			{What: "“End it” by the employee → all that ran in the terminal is gone", Unit: "ms", Deskbell: gone, Target: 1000, Sense: AtMost},
			{What: "the same → the technician is told", Unit: "ms", Deskbell: ended},
		},
		Notes: []string{fmt.Sprintf("The longest took %.1f ms.", took[len(took)-1])},
		Raw:   map[string]any{"milliseconds": raw},
	}, nil
}

// rung starts a real agent that allows a terminal, and rings there; it returns how
// the employee's programs talk to it, and the ticket's number.
func (b *bench) rung(ctx context.Context, t *target, state string) (*local.Client, int64, error) {
	enrolment, err := t.enrol(ctx)
	if err != nil {
		return nil, 0, err
	}
	program := filepath.Join(b.bin, "deskbell-agent")
	if _, err := b.output(ctx, program, "enrol", enrolment, "--state", state); err != nil {
		return nil, 0, err
	}
	agent, err := b.start("", 0, program, "run", "--state", state, "--allow", string(wire.ActTerminal), "--allow", string(wire.ActRootTerminal))
	if err != nil {
		return nil, 0, err
	}
	if err := t.up(ctx, 1, 30*time.Second); err != nil {
		return nil, 0, fmt.Errorf("%w\n%s", err, agent.tail())
	}
	client := local.NewClient(state)
	if _, err := client.Ring(ctx, local.Draft{Ref: ulid.Make().String(), Title: "The printer prints grey"}); err != nil {
		return nil, 0, errors.Join(err, agent.end(syscall.SIGTERM))
	}
	var number int64
	err = until(ctx, "the ticket's number", keysOnce, func() bool {
		list, err := client.Tickets(ctx)
		if err == nil && len(list.Items) == 1 {
			number = list.Items[0].Number
		}
		return number != 0
	})
	return client, number, err
}

// openTerminal has a terminal opened, and returns what it shows from the moment when
// it is open on, and the path of its page.
func (p *technician) openTerminal(ctx context.Context, number int64) (<-chan ask.Shown, string, error) {
	var place string
	err := until(ctx, "somebody to be asked", keysOnce, func() bool { // the employee's programs are there after a moment
		answer, err := p.post(ctx, fmt.Sprintf("/tickets/%d/acts", number), url.Values{"kind": {string(wire.ActTerminal)}}.Encode())
		if err != nil {
			return false
		}
		answer.Body.Close()
		place = answer.Header.Get("Location")
		return strings.HasPrefix(place, "/terminals/")
	})
	if err != nil {
		return nil, "", err
	}
	shown := make(chan ask.Shown, 1000)
	go p.read(ctx, place+"/output", shown)
	_, err = next(ctx, shown, func(s ask.Shown) bool { return s.State == wire.TerminalOpen })
	return shown, place, err
}

// read reads what a terminal shows until it ends.
func (p *technician) read(ctx context.Context, path string, shown chan<- ask.Shown) {
	defer close(shown)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return
	}
	r.AddCookie(p.cookie)
	answer, err := p.http.Do(r)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	for lines := json.NewDecoder(answer.Body); ; {
		var s ask.Shown
		if lines.Decode(&s) != nil {
			return
		}
		select {
		case shown <- s:
		case <-ctx.Done():
			return
		}
	}
}

// next waits for what a terminal shows.
func next(ctx context.Context, shown <-chan ask.Shown, is func(ask.Shown) bool) (ask.Shown, error) {
	enough := time.After(keysOnce)
	for {
		select {
		case s, ok := <-shown:
			if !ok || s.State == wire.TerminalEnded {
				return s, fmt.Errorf("the terminal has ended: %s", s.Sentence)
			}
			if is(s) {
				return s, nil
			}
		case <-enough:
			return ask.Shown{}, errors.New("the terminal did not show what was waited for")
		case <-ctx.Done():
			return ask.Shown{}, ctx.Err()
		}
	}
}

// typeKeys types n keys, and returns how many milliseconds each took until it was seen.
func (p *technician) typeKeys(ctx context.Context, place string, shown <-chan ask.Shown, n int) ([]float64, error) {
	key := func(typed string) error {
		answer, err := p.post(ctx, place+"/input", typed)
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			return fmt.Errorf("typing: %s", answer.Status)
		}
		return nil
	}
	// A program that reads lines stands behind the terminal's own echo: what a shell
	// draws around its prompt would be taken for keys.
	if err := key("PS1=; sleep " + leftBehind + " & exec cat\r"); err != nil {
		return nil, err
	}
	if err := pause(ctx, time.Second); err != nil {
		return nil, err
	}
	for len(shown) > 0 {
		<-shown
	}
	var took []float64
	for i := range n {
		k := string(rune('a' + i%26))
		begun := time.Now()
		if err := key(k); err != nil {
			return nil, err
		}
		if _, err := next(ctx, shown, func(s ask.Shown) bool { return strings.Contains(string(s.Data), k) }); err != nil {
			return nil, err
		}
		took = append(took, float64(time.Since(begun).Microseconds())/1000)
		if i%60 == 59 { // the terminal takes lines of 4096 at most
			if err := key("\r"); err != nil {
				return nil, err
			}
			ends := 0 // the key's own, and that of the line which cat says again
			if _, err := next(ctx, shown, func(s ask.Shown) bool { ends += strings.Count(string(s.Data), "\n"); return ends == 2 }); err != nil {
				return nil, err
			}
		}
		if err := pause(ctx, keysEvery-time.Since(begun)); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// leftBehind is told to a program that only its own terminal would start so.
const leftBehind = "86417"

func leftThere() bool {
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		if line, err := os.ReadFile(name); err == nil && string(line) == "sleep\x00"+leftBehind+"\x00" {
			return true
		}
	}
	return err != nil
}

// endTerminal ends what somebody does on the machine, and returns how many
// milliseconds it took until they were told and until nothing of it was left.
func endTerminal(ctx context.Context, client *local.Client, shown <-chan ask.Shown) (told, gone float64, err error) {
	if !leftThere() {
		return 0, 0, errors.New("the program in the background does not run")
	}
	s, err := client.Status(ctx)
	if err != nil {
		return 0, 0, err
	}
	if len(s.Looking) != 1 {
		return 0, 0, fmt.Errorf("%d look at the machine", len(s.Looking))
	}
	begun := time.Now()
	since := func() float64 { return float64(time.Since(begun).Microseconds()) / 1000 }
	if err := client.EndLook(ctx, s.Looking[0].ID); err != nil {
		return 0, 0, err
	}
	for s := range shown {
		if s.State == wire.TerminalEnded {
			told = since()
		}
	}
	for leftThere() {
		if since() > 10_000 {
			return told, 0, errors.New("the program in the background does not end")
		}
	}
	if told == 0 {
		return 0, 0, errors.New("the technician was not told")
	}
	return told, max(told, since()), nil
}

func (p *technician) post(ctx context.Context, path, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(p.cookie)
	return p.http.Do(r)
}
