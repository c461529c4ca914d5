package terminal

import (
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
)

func TestShellOfWindows(t *testing.T) {
	if got := shellLine(`C:\Windows\system32\cmd.exe`); got != `"C:\Windows\system32\cmd.exe" /D /K "chcp 65001 >nul"` {
		t.Errorf("%s", got)
	}
	for code, want := range map[uint32]int{0: 0, 7: 7, 0xFFFF: 0xFFFF, 0xC000013A: 0xFFFF, 0xFFFFFFFF: 0xFFFF} {
		got := statusOf(code)
		if got != want {
			t.Errorf("%#x becomes %d", code, got)
		}
		if n, err := wire.ReadNumbers(wire.Numbers(got), 1, 1<<16); err != nil || n[0] != want {
			t.Errorf("%d does not pass: %v", got, err)
		}
	}
	for typed, want := range map[string]string{"": "", "dir\r": "••••", "für": "•••", "日本": "••"} {
		if got := string(dots([]byte(typed))); got != want {
			t.Errorf("%q becomes %q", typed, got)
		}
	}
}
