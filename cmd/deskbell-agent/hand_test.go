//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The program is its own hands: started as such it takes the one step that it is
// told, and no command that somebody gives it.
func TestHands(t *testing.T) {
	p := newPlace(t)
	runaway := exec.Command("sleep", "1000")
	if err := runaway.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- runaway.Wait() }()
	t.Cleanup(func() { runaway.Process.Kill() })
	tell := func(act, kind, step, plan string) (string, error) {
		c := exec.Command(p.program, handCommand)
		c.Stdin = strings.NewReader(fmt.Sprintf(`{"act":%q,"kind":%q,"step":%s,"plan":%s,"seconds":20}`+"\n", act, kind, step, plan))
		out, err := c.Output()
		return string(out), err
	}
	step := fmt.Sprintf(`{"pid":%d,"name":"sleep","seen":%q}`, runaway.Process.Pid, time.Now().Add(time.Minute).Format(time.RFC3339))
	out, err := tell("plan", "end_process", step, "{}")
	var planned struct {
		Plan json.RawMessage `json:"plan"`
	}
	if err != nil || json.Unmarshal([]byte(out), &planned) != nil || len(planned.Plan) == 0 {
		// Standard input ends at once here, which tells hands to stop; a plan is quick.
		t.Fatalf("%s, %v", out, err)
	}
	if out, err := tell("do", "shell", `{"command":"true"}`, "{}"); err == nil {
		t.Errorf("a step that is none: %s", out)
	}
	select {
	case <-ended:
		t.Error("the dry run has ended it")
	default:
	}
}
