package peers

import (
	"cmp"
	"strings"
	"unicode"
)

// older compares two versions as people do: numbers as numbers, part by part. It is
// negative when a is older, and 0 when nobody can say.
func older(a, b string) int {
	if !strings.ContainsAny(a, "0123456789") || !strings.ContainsAny(b, "0123456789") || strings.Contains(a, ", ") || strings.Contains(b, ", ") {
		return 0 // a word, or several side by side
	}
	x, y := parts(a), parts(b)
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			return -ending(y[i])
		case i >= len(y):
			return ending(x[i])
		}
		p, q := x[i], y[i]
		if early := ending(p); early != ending(q) {
			return early
		}
		if number(p) != number(q) {
			return 0 // 2.x and 2.1
		}
		if number(p) {
			p, q = strings.TrimLeft(p, "0"), strings.TrimLeft(q, "0")
			if order := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); order != 0 {
				return order
			}
			continue
		}
		if order := cmp.Compare(p, q); order != 0 {
			return order
		}
	}
	return 0
}

// ending says whether one part more makes a version newer: 3.2.1 is newer than 3.2,
// 3.2~beta and 3.2-rc1 are older.
func ending(part string) int {
	for _, early := range []string{"~", "rc", "beta", "alpha", "pre", "dev"} {
		if strings.HasPrefix(part, early) {
			return -1
		}
	}
	return 1
}

func number(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// parts cuts a version into numbers and words; ~ stands for itself, since Debian
// sorts what follows it before the end.
func parts(s string) []string {
	var out []string
	start := -1
	kind := func(r rune) int {
		switch {
		case r >= '0' && r <= '9':
			return 1
		case unicode.IsLetter(r):
			return 2
		}
		return 0
	}
	before := 0
	for i, r := range s {
		k := kind(r)
		if k != before && start >= 0 {
			out = append(out, strings.ToLower(s[start:i]))
			start = -1
		}
		switch {
		case r == '~':
			out = append(out, "~")
		case k != 0 && start < 0:
			start = i
		}
		before = k
	}
	if start >= 0 {
		out = append(out, strings.ToLower(s[start:]))
	}
	return out
}
