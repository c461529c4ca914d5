package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/internal/wire"
)

// measure says how large the console is.
const measure = "terminal-measure"

func init() {
	if len(os.Args) < 2 || os.Args[1] != measure {
		return
	}
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(windows.Handle(os.Stdout.Fd()), &info); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Printf("%d columns, %d rows\n", info.Window.Right-info.Window.Left+1, info.Window.Bottom-info.Window.Top+1)
	os.Exit(0)
}

func wine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// bridge starts the shell with the console's streams, as Windows does itself.
const bridge = "terminal-bridge"

func init() {
	if !wine() {
		return
	}
	begin = func() (string, string, error) {
		line, dir, err := shell()
		return `"` + os.Args[0] + `" ` + bridge + " " + line, dir, err
	}
	if len(os.Args) < 2 || os.Args[1] != bridge {
		return
	}
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		os.Exit(90)
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		os.Exit(91)
	}
	cmd := exec.Command(os.Args[2])
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: windows.ComposeCommandLine(os.Args[2:3]) + ` /D /K "chcp 65001 >nul"`}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		os.Exit(92)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

func host() *Host {
	return New(Options{
		Start: func(string, bool) (*exec.Cmd, error) {
			cmd := exec.Command(os.Args[0], "terminal-hand")
			cmd.Stderr = os.Stderr
			return cmd, nil
		},
		Kill: func(cmd *exec.Cmd) { cmd.Process.Kill() },
	})
}

func TestTerminal(t *testing.T) {
	d := open(t, host())
	d.typeIn("set /a 6*7\r")
	d.says("42")
	d.typeIn("echo grün\r")
	d.says("grün\r\n")
	d.host.Take(wire.AppendTerminal(nil, "T1", wire.TerminalSize, wire.Numbers(120, 40)))
	d.typeIn(`"` + os.Args[0] + `" ` + measure + "\r")
	if wine() { // whose ResizePseudoConsole does nothing
		d.says("80 columns, 24 rows")
	} else {
		d.says("120 columns, 40 rows")
	}
	d.typeIn("exit 7\r")
	if r := d.ended(t); r.err != nil || r.status != 7 {
		t.Errorf("it ended with %+v", r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if typed := d.typed.String(); strings.Trim(typed, "•") != "" || typed == "" {
		t.Errorf("recorded is %q", typed)
	}
}

// What was started in a terminal ends with it.
func TestNothingIsLeftBehind(t *testing.T) {
	d := open(t, host())
	d.typeIn("start /b ping -n 1000 127.0.0.1 >nul & echo go^on\r")
	d.says("goon")
	start := time.Now()
	if !d.host.End("T1") {
		t.Error("there is no such terminal")
	}
	r := d.ended(t)
	if took := time.Since(start); r.err == nil || took > 2*time.Second {
		t.Errorf("it ended after %v with %+v", took, r)
	}
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(snapshot)
	p := windows.ProcessEntry32{Size: 568}
	for err = windows.Process32First(snapshot, &p); err == nil; err = windows.Process32Next(snapshot, &p) {
		if name := strings.ToLower(windows.UTF16ToString(p.ExeFile[:])); name == "ping.exe" || name == "cmd.exe" {
			t.Errorf("%s (%d) lives on", name, p.ProcessID)
		}
	}
}
