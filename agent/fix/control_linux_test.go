package fix

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
)

func TestControlService(t *testing.T) {
	state := `case "$1" in show) echo LoadState=loaded; echo ActiveState=$(cat "$(dirname "$0")/state"); echo SubState=x; echo Result=success;;
start|restart) echo active > "$(dirname "$0")/state";; stop) echo inactive > "$(dirname "$0")/state";; esac`
	dir := smallSystem(t, map[string]string{"systemctl": state})
	write(t, dir+"/run/systemd/system/.keep", "")
	write(t, dir+"/usr/bin/state", "inactive\n")
	for _, c := range []struct {
		act        ServiceAct
		says, verb string
	}{{StartIt, "is active now", "start"}, {RestartIt, "is active now", "restart"}, {StopIt, "is inactive now", "stop"}} {
		s := ControlService{Name: "cups", Act: c.act}
		plan, err := s.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done, err := s.Do(t.Context(), plan)
		if err != nil || !strings.Contains(done.Says, c.says) {
			t.Errorf("%s: %+v, %v", c.act, done, err)
		}
		if all := strings.Join(calls(t, dir), "\n"); !strings.Contains(all, "systemctl "+c.verb+" --no-ask-password --no-pager -- cups.service") {
			t.Errorf("%s: %s", c.act, all)
		}
	}
	before := len(calls(t, dir))
	for name, want := range map[string]fault.Code{"deskbell-agent": fault.Forbidden, "dbus.service": fault.Forbidden, "gdm": fault.Forbidden, "-cups": fault.Invalid, "cups;reboot": fault.Invalid, "": fault.Invalid} {
		s := ControlService{Name: name, Act: StopIt}
		if _, err := s.Do(t.Context(), Plan{}); !fault.Is(err, want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
	if got := len(calls(t, dir)); got != before {
		t.Errorf("the system was asked %v", calls(t, dir)[before:])
	}
	if _, err := (ControlService{Name: "cups", Act: "mask"}).Do(t.Context(), Plan{}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("another act: %v", err)
	}
	write(t, dir+"/usr/bin/systemctl", "#!/bin/sh\n[ \"$1\" = show ] && { echo LoadState=loaded; echo ActiveState=failed; exit 0; }\nexit 1\n")
	if _, err := (ControlService{Name: "cups", Act: StartIt}).Do(t.Context(), Plan{}); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Sentence(err), "failed now") {
		t.Errorf("a service that fails: %v", err)
	}
}
