package contrast

import (
	"math"
	"slices"
	"sync"
)

// Fisher is the two-sided p-value of Fisher's exact test: a of na have it, b of nb do.
// It is the chance, were both groups alike, of a table that is as unlikely as this
// one or more so; tables within a ten-millionth of its chance count as equal.
func Fisher(a, na, b, nb int) float64 {
	if a < 0 || b < 0 || a > na || b > nb {
		return math.NaN()
	}
	have := a + b
	low, high := max(0, have-nb), min(have, na)
	if low == high {
		return 1
	}
	f := factorials(na + nb)
	// ln of C(na, x) · C(nb, have−x) / C(na+nb, have), without what does not depend on x.
	ln := func(x int) float64 {
		return -(f[x] + f[na-x] + f[have-x] + f[nb-have+x])
	}
	most := ln(min(max(low, (have+1)*(na+1)/(na+nb+2)), high)) // of the likeliest table, so that nothing runs over
	here := ln(a) + 1e-7
	var all, rare float64
	for x := low; x <= high; x++ {
		v := ln(x)
		p := math.Exp(v - most)
		all += p
		if v <= here {
			rare += p
		}
	}
	return min(rare/all, 1)
}

// logs are the logarithms of factorials that were needed so far.
var logs struct {
	sync.Mutex
	f []float64
}

// factorials returns ln 0! … ln n!. What it returns is never written to again.
func factorials(n int) []float64 {
	logs.Lock()
	defer logs.Unlock()
	if len(logs.f) <= n {
		f := make([]float64, max(n+1, 2*len(logs.f)))
		for i := range f {
			f[i], _ = math.Lgamma(float64(i) + 1)
		}
		logs.f = f
	}
	return logs.f
}

// Odds is the odds ratio, with half a machine added to each cell where one is empty
// (Haldane, Anscombe): above 1 the affected have it more often.
func Odds(a, na, b, nb int) float64 {
	w, x, y, z := float64(a), float64(na-a), float64(b), float64(nb-b)
	if w == 0 || x == 0 || y == 0 || z == 0 {
		w, x, y, z = w+0.5, x+0.5, y+0.5, z+0.5
	}
	return w * z / (x * y)
}

// Correct turns p-values into those of Benjamini and Hochberg: what stands at most at
// q is wrong in at most the share q of the cases, on average.
func Correct(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case p[i] > p[j]:
			return -1
		case p[i] < p[j]:
			return 1
		}
		return 0
	})
	q := make([]float64, len(p))
	least := 1.0
	for n, i := range order {
		least = min(least, p[i]*float64(len(p))/float64(len(p)-n))
		q[i] = least
	}
	return q
}
