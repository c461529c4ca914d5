//go:build !windows

package probe

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

func TestResolversBehindTheStub(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	upstream := write("upstream", "nameserver 192.0.2.1\nnameserver fd00::1\n")
	got := resolversOf(write("stub", "# by systemd\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch example.com\n"), upstream)
	want := []diagnostics.Resolver{{Address: "127.0.0.53"}, {Address: "192.0.2.1", Upstream: true}, {Address: "fd00::1", Upstream: true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got = resolversOf(write("plain", "nameserver 192.0.2.9\nnameserver nonsense\n"), upstream)
	if d := cmp.Diff([]diagnostics.Resolver{{Address: "192.0.2.9"}}, got); d != "" {
		t.Error(d)
	}
	if got := resolversOf(filepath.Join(dir, "none"), upstream); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
