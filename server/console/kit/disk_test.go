package kit

import (
	"math"
	"slices"
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
)

// Blocks have the areas of their entries, fill the picture, and do not overlap.
func TestBlocksOfAFolder(t *testing.T) {
	entries := []wire.DirEntry{{Name: "a", Bytes: 60e9}, {Name: "b", Bytes: 25e9}, {Name: "c", Bytes: 10e9}, {Name: "d", Bytes: 5e9}, {Name: "none"}}
	all := blocks(entries)
	if len(all) != 4 {
		t.Fatalf("%d blocks", len(all))
	}
	for i, b := range all {
		if want := float64(entries[i].Bytes) / 100e9 * mapWidth * mapHeight; math.Abs(b.W*b.H-want) > 0.01 || b.Entry.Name != entries[i].Name {
			t.Errorf("%s has %.1f × %.1f, and deserves %.1f", b.Entry.Name, b.W, b.H, want)
		}
		if b.X < 0 || b.Y < 0 || b.X+b.W > mapWidth+0.01 || b.Y+b.H > mapHeight+0.01 || max(b.W/b.H, b.H/b.W) > 4 {
			t.Errorf("%+v is outside or a stripe", b)
		}
		for _, o := range all[:i] {
			if b.X < o.X+o.W-0.01 && o.X < b.X+b.W-0.01 && b.Y < o.Y+o.H-0.01 && o.Y < b.Y+b.H-0.01 {
				t.Errorf("%s is over %s", b.Entry.Name, o.Entry.Name)
			}
		}
	}
	if n := len(blocks(nil)) + len(blocks([]wire.DirEntry{{Name: "none"}})); n != 0 {
		t.Errorf("of nothing there are %d blocks", n)
	}
	if n := len(blocks(slices.Repeat([]wire.DirEntry{{Name: "x", Bytes: math.MaxUint64}}, 50))); n != mapMost {
		t.Errorf("of many there are %d blocks", n)
	}
}

func TestTheWayToAFolder(t *testing.T) {
	for path, want := range map[string][]folder{
		"/":              {{"/", "/"}},
		"/var/log/":      {{"/", "/"}, {"var", "/var"}, {"log", "/var/log"}},
		`C:\`:            {{`C:\`, `C:\`}},
		`C:\Users/mia\x`: {{`C:\`, `C:\`}, {"Users", `C:\Users`}, {"mia", `C:\Users\mia`}, {"x", `C:\Users\mia\x`}},
		`\\nas\share`:    {{`\\nas\share`, `\\nas\share`}},
	} {
		if got := trail(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v", path, got)
		}
	}
	for _, c := range [][3]string{
		{"/", "var", "/var"}, {"/var", "a b", "/var/a b"}, {"/var", `a\b`, `/var/a\b`}, {`C:\`, "Users", `C:\Users`}, {`C:\Users`, "mia", `C:\Users\mia`},
		{"/var", "..", ""}, {"/var", ".", ""}, {"/var", "", ""}, {"/var", "../etc", ""}, {"/var", "a\nb", ""}, {`C:\`, `..\x`, ""}, {`C:\`, "x:y", ""},
	} {
		if got := below(c[0], c[1]); got != c[2] {
			t.Errorf("%q in %q is %q, not %q", c[1], c[0], got, c[2])
		}
	}
}
