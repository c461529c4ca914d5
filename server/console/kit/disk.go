package kit

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/internal/wire"
)

// folder is a folder that may be looked into.
type folder struct{ Name, Path string }

// windowsPath reports whether a path is of Windows, which has other separators.
func windowsPath(path string) bool {
	return len(path) >= 2 && path[1] == ':' || strings.HasPrefix(path, `\\`)
}

// trail is the way to a folder, from the root of its disk; it is last itself.
func trail(path string) []folder {
	sep, root := "/", "/"
	if windowsPath(path) {
		sep, root = `\`, path[:2]+`\`
		path = strings.ReplaceAll(path, "/", `\`)
		if strings.HasPrefix(path, `\\`) { // a share: how much of it is its root nobody can tell
			return []folder{{path, path}}
		}
		path = path[2:]
	}
	out := []folder{{root, root}}
	at := strings.TrimSuffix(root, sep)
	for _, name := range strings.Split(path, sep) {
		if name != "" {
			at += sep + name
			out = append(out, folder{name, at})
		}
	}
	return out
}

// below is the path of a folder in a folder; "" for a name that leads elsewhere, since
// the machine has said it.
func below(path, name string) string {
	sep, never := "/", "/"
	if windowsPath(path) {
		sep, never = `\`, `/\:`
	}
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, never) || strings.ContainsFunc(name, unicode.IsControl) || len(path)+len(name) > 4000 {
		return ""
	}
	return strings.TrimSuffix(path, sep) + sep + name
}

// lookedInto is the folder that was asked for, in the asker's own words.
func (a Answer) lookedInto() string {
	var p wire.DiskParams
	if json.Unmarshal(a.Ask.Params, &p) != nil {
		return ""
	}
	return p.Path
}

// asksAt is where another question goes.
func (a Answer) asksAt() string {
	if a.Ask.Number > 0 {
		return "/tickets/" + strconv.FormatInt(a.Ask.Number, 10) + "/asks"
	}
	return "/endpoints/" + a.Ask.Endpoint + "/asks"
}

// The picture of a folder, in its own units.
const (
	mapWidth  = 420
	mapHeight = 200
	mapMost   = 24 // what is smaller has no room for words, and is in the list
)

// block is an entry of a folder with the area that it deserves.
type block struct {
	X, Y, W, H float64
	Entry      wire.DirEntry
}

func (b block) roomy() bool { return b.W >= 44 && b.H >= 18 }

// blocks are the largest entries, as near to squares as they can be (Bruls, Huizing,
// van Wijk: Squarified Treemaps), the largest first.
func blocks(entries []wire.DirEntry) []block {
	var all float64
	var shown []wire.DirEntry
	for _, e := range entries {
		if e.Bytes > 0 && len(shown) < mapMost {
			shown = append(shown, e)
			all += float64(e.Bytes)
		}
	}
	out := make([]block, 0, len(shown))
	x, y, w, h := 0.0, 0.0, float64(mapWidth), float64(mapHeight)
	for len(shown) > 0 {
		side := min(w, h)
		n, sum, worst := 0, 0.0, math.Inf(1)
		for _, e := range shown {
			more := sum + float64(e.Bytes)/all*mapWidth*mapHeight
			if n > 0 && ratio(shown[:n+1], more, side, all) > worst {
				break
			}
			n, sum = n+1, more
			worst = ratio(shown[:n], sum, side, all)
		}
		thick, at := sum/side, 0.0
		for _, e := range shown[:n] {
			long := float64(e.Bytes) / all * mapWidth * mapHeight / thick
			if w >= h {
				out = append(out, block{x, y + at, thick, long, e})
			} else {
				out = append(out, block{x + at, y, long, thick, e})
			}
			at += long
		}
		if w >= h {
			x, w = x+thick, w-thick
		} else {
			y, h = y+thick, h-thick
		}
		shown = shown[n:]
	}
	return out
}

// ratio is that of the longest to the shortest side of the worst block in a row.
func ratio(row []wire.DirEntry, sum, side, all float64) (worst float64) {
	for _, e := range row {
		area := float64(e.Bytes) / all * mapWidth * mapHeight
		worst = max(worst, side*side*area/(sum*sum), sum*sum/(side*side*area))
	}
	return worst
}

func units(v float64) string { return strconv.FormatFloat(max(v, 0), 'f', 1, 64) }
