package pac

import (
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
)

var (
	days   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	months = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
)

// when takes “GMT” from the end of a function's words: the clock that they are about.
func (s *scope) when(words []goja.Value) (time.Time, []goja.Value) {
	if n := len(words); n > 0 && strings.EqualFold(words[n-1].String(), "GMT") {
		return s.world.Now.UTC(), words[:n-1]
	}
	return s.world.Now, words
}

// within is whether x is from a to b, which may go over the end: FRI to MON.
func within(x, a, b int) bool {
	if a <= b {
		return a <= x && x <= b
	}
	return x >= a || x <= b
}

func (s *scope) weekdayRange(call goja.FunctionCall) goja.Value {
	now, words := s.when(call.Arguments)
	var at []int
	for _, w := range words {
		at = append(at, slices.Index(days, strings.ToUpper(w.String())))
	}
	ok := false
	if len(at) == 1 || len(at) == 2 {
		ok = !slices.Contains(at, -1) && within(int(now.Weekday()), at[0], at[len(at)-1])
	}
	return s.truth(ok)
}

// timeRange is of one hour; of two hours; of two times of hours and minutes; or of
// hours, minutes and seconds. The end of hours alone is not in it, as in Firefox.
func (s *scope) timeRange(call goja.FunctionCall) goja.Value {
	now, words := s.when(call.Arguments)
	n := make([]int, len(words))
	for i, w := range words {
		n[i] = int(w.ToInteger())
	}
	second := now.Hour()*3600 + now.Minute()*60 + now.Second()
	switch len(n) {
	case 1:
		return s.truth(now.Hour() == n[0])
	case 2:
		return s.truth(n[0] == n[1] && now.Hour() == n[0] || n[0] != n[1] && within(second, n[0]*3600, n[1]*3600-1))
	case 4:
		return s.truth(within(second, n[0]*3600+n[1]*60, n[2]*3600+n[3]*60+59))
	case 6:
		return s.truth(within(second, n[0]*3600+n[1]*60+n[2], n[3]*3600+n[4]*60+n[5]))
	}
	return s.truth(false)
}

// dateRange is of a day, a month or a year, or from one to another of what they make:
// the kinds of words tell which is meant.
func (s *scope) dateRange(call goja.FunctionCall) goja.Value {
	now, words := s.when(call.Arguments)
	half := len(words) / 2
	if len(words) == 1 {
		half, words = 1, []goja.Value{words[0], words[0]}
	}
	if len(words) != 2*half || half < 1 || half > 3 {
		return s.truth(false)
	}
	from, okFrom := dateOf(words[:half])
	to, okTo := dateOf(words[half:])
	at := 0
	for _, w := range words[:half] {
		switch kindOf(w) {
		case aYear:
			at += now.Year() * 10_000
		case aMonth:
			at += int(now.Month()) * 100
		case aDay:
			at += now.Day()
		}
	}
	return s.truth(okFrom && okTo && within(at, from, to))
}

type kind int

const (
	nothing kind = iota
	aDay
	aMonth
	aYear
)

func kindOf(w goja.Value) kind {
	if slices.Contains(months, strings.ToUpper(w.String())) {
		return aMonth
	}
	switch n := w.ToInteger(); {
	case n >= 1 && n <= 31:
		return aDay
	case n > 31:
		return aYear
	}
	return nothing
}

// dateOf makes one number of a date's parts, so that dates can be compared.
func dateOf(words []goja.Value) (n int, ok bool) {
	for _, w := range words {
		switch kindOf(w) {
		case aYear:
			n += int(w.ToInteger()) * 10_000
		case aMonth:
			n += (slices.Index(months, strings.ToUpper(w.String())) + 1) * 100
		case aDay:
			n += int(w.ToInteger())
		default:
			return 0, false
		}
	}
	return n, true
}

// truth is a value of the script's: whoever returns one says yes or no.
func (s *scope) truth(b bool) goja.Value { return s.vm.ToValue(b) }
