package settings

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as “50GB”, “512MiB” or plainly.
type Size int64

// units are what sizes are written in, the longest first.
func units() []struct {
	name  string
	bytes float64
} {
	return []struct {
		name  string
		bytes float64
	}{
		{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
		{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
	}
}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	word, times := strings.TrimSpace(string(text)), 1.0
	for _, u := range units() {
		if n := len(word) - len(u.name); n >= 0 && strings.EqualFold(word[n:], u.name) {
			word, times = strings.TrimSpace(word[:n]), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(word, 64)
	if n *= times; err != nil || !(n >= 0 && n <= 1<<62) {
		return fmt.Errorf("“%s” is no size: write for example 50GB, 512MiB or 0", text)
	}
	*s = Size(n)
	return nil
}

// String writes a size so that it can be read again.
func (s Size) String() string {
	for _, u := range units() {
		if whole := Size(u.bytes); s >= whole && s%whole == 0 && (s < whole*1000 || u.name == "TB" || u.name == "TiB") {
			return strconv.FormatInt(int64(s/whole), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
