package fix

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// hands are those of a copy of this test program that everybody may run.
func hands(t *testing.T, small ...string) Child {
	t.Helper()
	dir, err := os.MkdirTemp("", "hands")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(dir+"/program", os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return Child{append([]string{dir + "/program", "fix-hand"}, small...)}
}

const nobody = "65534"

// Steps for a person's own things are carried out as that person: the system keeps
// them to what is theirs, whoever the agent is.
func TestHandsAreThePersons(t *testing.T) {
	h := hands(t)
	theirs, ended := runaway(t, spin, &syscall.Credential{Uid: 65534, Gid: 65534})
	roots, _ := runaway(t, spin, nil)
	if _, err := h.Plan(t.Context(), nobody, roots); !fault.Is(err, fault.Forbidden) {
		t.Errorf("nobody plans to end root's: %v", err)
	}
	p, err := readProc(roots.PID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Do(t.Context(), nobody, roots, Plan{Mark: fmt.Sprint(p.started)}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("nobody ends root's: %v", err)
	}
	if _, err := h.Plan(t.Context(), "0", theirs); !fault.Is(err, fault.Forbidden) {
		t.Errorf("root plans to end nobody's: %v", err)
	}
	plan, err := h.Plan(t.Context(), nobody, theirs)
	if err != nil {
		t.Fatal(err)
	}
	done, err := h.Do(t.Context(), nobody, theirs, plan)
	if err != nil || !strings.Contains(done.Says, "has closed") {
		t.Fatalf("%+v, %v", done, err)
	}
	<-ended
}

// Hands that are told to stop do so, with what they have started; and hands that
// die are not believed to have done anything.
func TestHandsAreStopped(t *testing.T) {
	dir := smallSystem(t, map[string]string{"resolvectl": "echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 1000"})
	write(t, dir+"/run/systemd/resolve/.keep", "")
	h := hands(t, dir)
	plan, err := h.Plan(t.Context(), "0", FlushDNS{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for range 5000 {
			if b, err := os.ReadFile(dir + "/usr/bin/pid"); err == nil && strings.HasSuffix(string(b), "\n") {
				break
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	started := time.Now()
	if _, err := h.Do(ctx, "0", FlushDNS{}, plan); err == nil || fault.Is(err, fault.Unknown) {
		t.Errorf("told to stop: %v", err)
	}
	if took := time.Since(started); took > safely {
		t.Errorf("it had to be killed, after %v", took)
	}
	b, err := os.ReadFile(dir + "/usr/bin/pid")
	if err != nil {
		t.Fatal(err)
	}
	if stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(b)) + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("the program runs on: %s", stat)
	}
	if _, err := (Child{[]string{"/bin/true"}}).Do(t.Context(), "0", FlushDNS{}, plan); !fault.Is(err, fault.Unknown) {
		t.Errorf("hands that die: %v", err)
	}
	if _, err := (Child{}).Do(t.Context(), "0", FlushDNS{}, plan); !fault.Is(err, fault.Unavailable) {
		t.Errorf("no hands: %v", err)
	}
}

// The installed agent, which may not become anybody, has systemd start its hands:
// as the person, or with two rights of the machine's.
func TestManagedHands(t *testing.T) {
	dir := smallSystem(t, map[string]string{"systemd-run": ""})
	c := Child{[]string{"/usr/bin/deskbell-agent", "fix-hand"}}
	for rights, want := range map[Rights]string{
		Person:  "--uid=1000 --property=CapabilityBoundingSet= -- /usr/bin/deskbell-agent fix-hand",
		Machine: "--property=CapabilityBoundingSet=CAP_NET_ADMIN CAP_SYS_TIME --property=ProtectHome=yes -- /usr/bin/deskbell-agent fix-hand",
	} {
		got := strings.Join(c.managed(rights, "1000", time.Minute), " ")
		if !strings.HasPrefix(got, dir+"/usr/bin/systemd-run ") || !strings.HasSuffix(got, want) || !strings.Contains(got, "--property=RuntimeMaxSec=61") {
			t.Errorf("%s: %s", rights, got)
		}
		if strings.Contains(got, "--uid=1000") != (rights == Person) {
			t.Errorf("%s: %s", rights, got)
		}
	}
}

// What arrives at hands and is no order is refused, whatever it is.
func TestOrdersThatAreNone(t *testing.T) {
	for _, in := range []string{"", "{}\n", "x\n", `{"act":"do","kind":"shell","step":{"command":"true"}}` + "\n", `{"act":"do","kind":"delete_files","step":[]}` + "\n", strings.Repeat("x", 100_000) + "\n"} {
		var out strings.Builder
		if status := RunHand(t.Context(), strings.NewReader(in), &out, io.Discard); status != 2 || out.Len() != 0 {
			t.Errorf("%.40q: status %d, %s", in, status, out.String())
		}
	}
	var out strings.Builder
	if RunHand(t.Context(), strings.NewReader(`{"act":"eat","kind":"flush_dns","step":{}}`+"\n"), &out, io.Discard); !strings.Contains(out.String(), `"code":"internal"`) {
		t.Errorf("an act that is none: %s", out.String())
	}
}

// realRoom finds a real program running away, as long as it does.
type realRoom struct{ step EndProcess }

func (r realRoom) find() (diagnostics.Snapshot, []diagnostics.Finding) {
	s := machine()
	s.TakenAt = r.step.Seen
	s.CPU = diagnostics.Section[diagnostics.CPU]{State: diagnostics.StateOK, Data: &diagnostics.CPU{Cores: 1, BusyPercent: 100}}
	s.Processes = diagnostics.Section[diagnostics.Processes]{State: diagnostics.StateOK, Data: &diagnostics.Processes{}}
	if p, err := readProc(r.step.PID); err == nil && p.state != 'Z' {
		s.Processes.Data.Top = []diagnostics.Process{{PID: r.step.PID, Name: r.step.Name, Started: r.step.Started, CPUPct: 99}}
	}
	early := s // the rule lets the young go
	early.TakenAt = s.TakenAt.Add(time.Hour)
	return s, diagnostics.Judge(early)
}

func (r realRoom) Take(string, string, []diagnostics.SectionName) (*diagnostics.Snapshot, []diagnostics.Finding, error) {
	s, f := r.find()
	return &s, f, nil
}

func (r realRoom) Look(context.Context) (local.Checkup, error) {
	s, f := r.find()
	return local.Checkup{Done: true, Snapshot: s, Findings: f}, nil
}

// The whole way: a real program, found by the rules, ended by hands that are its
// owner, and not found any more.
func TestRunawayIsMended(t *testing.T) {
	theirs, ended := runaway(t, spin, &syscall.Credential{Uid: 65534, Gid: 65534})
	e, err := Open(Options{Journal: t.TempDir() + "/fixes.json", Hands: hands(t), Room: realRoom{theirs}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, uid := range []string{"0", nobody} {
		can := uid == nobody
		p, err := e.Plan(t.Context(), uid, local.FixRequest{Finding: diagnostics.ProcessRunaway})
		if err != nil || (p.Cannot == "") != can {
			t.Fatalf("%s: %+v, %v", uid, p, err)
		}
		if !can {
			continue
		}
		var last local.Fix
		if err := e.Do(t.Context(), uid, p.ID, func(f local.Fix) { last = f }); err != nil || last.Outcome != local.FixHelped || len(last.Did) != 1 {
			t.Errorf("%+v, %v", last, err)
		}
		<-ended
	}
}

// A step that hands have no way to take is refused in words, and nothing is done: so
// it is with most of them where Linux is not.
func TestStepsThatAreForOthers(t *testing.T) {
	for _, a := range []act{toPlan, toDo, toUndo} {
		r := carryOut(t.Context(), RestartPart{Part: "connection"}, order{Act: a})
		if r.Code != fault.Unsupported || !strings.Contains(r.Sentence, "on this system") {
			t.Errorf("%s: %s %q", a, r.Code, r.Sentence)
		}
	}
}
