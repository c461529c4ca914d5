package tongue

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// value writes what stands in a gap.
func (l Language) value(a Arg, depth int) (string, bool) {
	if math.IsNaN(a.N) || math.IsInf(a.N, 0) || math.IsNaN(a.Whole) || math.IsInf(a.Whole, 0) {
		return "", false
	}
	switch a.Kind {
	case isName:
		return plain(a.Name), true
	case isCount:
		return l.count(a.N), true
	case isNumber:
		return l.number(a.N), true
	case isPercent:
		return l.unit("unit.percent", l.number(a.N)), true
	case isPercent1:
		return l.unit("unit.percent", l.decimals(a.N, 1)), true
	case isBytes:
		size, unit := decimal(a.N)
		return l.unit(unit, l.number(a.N/size)), true
	case isBytesOf:
		size, unit := decimal(a.Whole)
		return l.unit(unit, l.of(a.N/size, a.Whole/size)), true
	case isMemory:
		size, unit := binary(a.N)
		return l.unit(unit, l.number(a.N/size)), true
	case isMemoryOf:
		size, unit := binary(a.Whole)
		return l.unit(unit, l.of(a.N/size, a.Whole/size)), true
	case isSize:
		return l.size(a.N), true
	case isDuration:
		return l.length(a.N, true), true
	case isLength:
		return l.length(a.N, false), true
	case isText:
		if a.Text == nil {
			return "", false
		}
		return l.render(*a.Text, depth+1)
	case isList:
		words := make([]string, 0, len(a.Words))
		for _, w := range a.Words {
			words = append(words, plain(w))
		}
		joined := strings.Join(words, ", ")
		if a.N >= 1 {
			return l.Say("list.more", Name("words", joined), Count("n", int64(a.N))), true
		}
		return joined, true
	}
	return "", false
}

// plain takes out of a name what moves a cursor, turns the direction of writing or
// hides. Line ends stay: what a person has written may have several.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// unit writes a number with its unit. The ids are named here one by one, so that a
// search for an id finds where it is used.
func (l Language) unit(id, number string) string { return l.Say(id, Name("value", number)) }

func (l Language) of(part, whole float64) string {
	return l.Say("number.of", Name("part", l.number(part)), Name("whole", l.number(whole)))
}

// number writes one decimal below ten and none above.
func (l Language) number(v float64) string {
	if v != 0 && math.Abs(v) < 9.95 {
		return strings.TrimSuffix(l.decimals(v, 1), l.point()+"0")
	}
	return l.decimals(v, 0)
}

func (l Language) decimals(v float64, n int) string {
	s := strconv.FormatFloat(v, 'f', n, 64)
	return strings.Replace(s, ".", l.point(), 1)
}

func (l Language) point() string {
	if l == English {
		return "."
	}
	return ","
}

// count writes a whole number; from five digits on in groups of three.
func (l Language) count(v float64) string {
	s := strconv.FormatFloat(math.Trunc(v), 'f', 0, 64)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) < 5 {
		return s
	}
	separator := map[Language]string{English: ",", German: ".", French: "\u202f", Spanish: "."}[l]
	var b strings.Builder
	b.WriteString(s[:len(s)-len(digits)])
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// decimal is the unit of a size as it is on the box that the disk came in.
func decimal(n float64) (float64, string) {
	switch {
	case n >= 1e12:
		return 1e12, "unit.terabyte"
	case n >= 1e9:
		return 1e9, "unit.gigabyte"
	case n >= 1e6:
		return 1e6, "unit.megabyte"
	}
	return 1e3, "unit.kilobyte"
}

// binary is the unit of memory, in powers of two and with the names of decimal
// units, as it is sold.
func binary(n float64) (float64, string) {
	if n >= 1<<30 {
		return 1 << 30, "unit.gigabyte"
	}
	return 1 << 20, "unit.megabyte"
}

// size writes the size of a file: "812 B", "1.4 MB", "256 GB".
func (l Language) size(n float64) string {
	units := []string{"unit.byte", "unit.kilobyte", "unit.megabyte", "unit.gigabyte", "unit.terabyte", "unit.petabyte"}
	i := 0
	for n >= 999.5 && i < len(units)-1 {
		n, i = n/1000, i+1
	}
	if i == 0 || n >= 99.95 {
		return l.unit(units[i], l.decimals(n, 0))
	}
	return l.unit(units[i], l.decimals(n, 1))
}

// length writes a length of time in its two largest units. Where it is rounded,
// it is to the smaller one's half.
func (l Language) length(seconds float64, round bool) string {
	d := time.Duration(min(seconds, 1e9) * float64(time.Second))
	switch {
	case d < time.Minute && round:
		return l.unit("unit.seconds", l.decimals(d.Seconds(), 0))
	case d < time.Minute:
		return l.unit("unit.seconds", l.count(math.Trunc(d.Seconds())))
	case d < time.Hour && round:
		return l.two("unit.minutes", int(d/time.Minute), "unit.seconds", int(d/time.Second)%60)
	case d < time.Hour:
		return l.unit("unit.minutes", l.count(float64(d/time.Minute)))
	case d < 24*time.Hour:
		return l.two("unit.hours", int(d/time.Hour), "unit.minutes", int(d/time.Minute)%60)
	}
	return l.two("unit.days", int(d/(24*time.Hour)), "unit.hours", int(d/time.Hour)%24)
}

func (l Language) two(large string, a int, small string, b int) string {
	s := l.unit(large, l.count(float64(a)))
	if b == 0 {
		return s
	}
	return s + " " + l.unit(small, l.count(float64(b)))
}

// Size writes the size of a file.
func (l Language) Size(n uint64) string { return l.size(float64(n)) }

// Length writes how long something has lasted.
func (l Language) Length(d time.Duration) string { return l.length(max(d, 0).Seconds(), false) }
