package diagnostics

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// bytesOf writes "0.3 of 256 GB": both numbers in the larger one's unit, which is
// decimal, as on the box that the disk came in.
func bytesOf(part, whole uint64) string {
	unit, name := unitOf(whole)
	return number(float64(part)/unit) + " of " + number(float64(whole)/unit) + " " + name
}

// bytesText writes "3.1 GB".
func bytesText(n uint64) string {
	unit, name := unitOf(n)
	return number(float64(n)/unit) + " " + name
}

// memoryOf and memoryText write memory as it is sold, in powers of two: a machine
// with 16 GiB has "16 GB".
func memoryOf(part, whole uint64) string {
	unit, name := memoryUnit(whole)
	return number(float64(part)/unit) + " of " + number(float64(whole)/unit) + " " + name
}

func memoryText(n uint64) string {
	unit, name := memoryUnit(n)
	return number(float64(n)/unit) + " " + name
}

func memoryUnit(n uint64) (float64, string) {
	if n >= 1<<30 {
		return 1 << 30, "GB"
	}
	return 1 << 20, "MB"
}

func unitOf(n uint64) (float64, string) {
	switch {
	case n >= 1e12:
		return 1e12, "TB"
	case n >= 1e9:
		return 1e9, "GB"
	case n >= 1e6:
		return 1e6, "MB"
	}
	return 1e3, "KB"
}

// number writes one decimal below ten and none above.
func number(v float64) string {
	if v != 0 && math.Abs(v) < 9.95 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return fmt.Sprintf("%.0f", v)
}

func percent(v float64) string { return number(v) + " %" }

// percentExact keeps a decimal where 99.7 and 100 are not the same thing.
func percentExact(v float64) string { return fmt.Sprintf("%.1f %%", v) }

// durationText writes a duration in its two largest units: "3 h 12 min".
func durationText(d time.Duration) string {
	switch d = d.Abs(); {
	case d >= 24*time.Hour:
		return twoUnits(int64(d/time.Hour), 24, "d", "h")
	case d >= time.Hour:
		return twoUnits(int64(d/time.Minute), 60, "h", "min")
	case d >= time.Minute:
		return twoUnits(int64(d/time.Second), 60, "min", "s")
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

func twoUnits(n, per int64, large, small string) string {
	if n%per == 0 {
		return fmt.Sprintf("%d %s", n/per, large)
	}
	return fmt.Sprintf("%d %s %d %s", n/per, large, n%per, small)
}

// clean makes a word that comes from the machine fit to stand in a sentence:
// nothing that moves a cursor, turns the writing direction or hides, at most n
// characters.
func clean(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// quote puts a name that comes from the machine into quotation marks.
func quote(s string) string { return "“" + clean(s, 60) + "”" }

// count writes "1 process", "3 processes".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// list writes at most n of the words, and how many more there are.
func list(words []string, n int) string {
	if len(words) <= n {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:n], ", "), len(words)-n)
}
