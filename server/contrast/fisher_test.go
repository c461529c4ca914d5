package contrast

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// The values that R's fisher.test gives for the examples of its own documentation
// (the tea taster, the convicted twins) and scipy's for its own.
func TestFisherAsRHasIt(t *testing.T) {
	for _, tt := range []struct {
		a, na, b, nb int
		want         float64
	}{
		{3, 4, 1, 4, 0.4857142857142857},
		{2, 12, 15, 18, 0.0005367241},
		{8, 10, 1, 6, 0.034965034965034975},
		{6, 8, 1, 5, 0.10256410256410256},
		{5, 5, 0, 5, 2.0 / 252},
		{0, 5, 0, 5, 1},
	} {
		if got := Fisher(tt.a, tt.na, tt.b, tt.nb); math.Abs(got/tt.want-1) > 1e-6 {
			t.Errorf("%d of %d, %d of %d: %.10g, want %.10g", tt.a, tt.na, tt.b, tt.nb, got, tt.want)
		}
	}
	if !math.IsNaN(Fisher(3, 2, 0, 5)) {
		t.Error("three of two are a chance")
	}
}

// exact is the same in whole numbers.
func exact(a, na, b, nb int) float64 {
	ways := func(x int) *big.Int {
		return new(big.Int).Mul(new(big.Int).Binomial(int64(na), int64(x)), new(big.Int).Binomial(int64(nb), int64(a+b-x)))
	}
	here, all, rare := ways(a), new(big.Int), new(big.Int)
	limit := new(big.Int).Add(here, new(big.Int).Div(here, big.NewInt(10_000_000)))
	for x := max(0, a+b-nb); x <= min(a+b, na); x++ {
		w := ways(x)
		all.Add(all, w)
		if w.Cmp(limit) <= 0 {
			rare.Add(rare, w)
		}
	}
	p, _ := new(big.Rat).SetFrac(rare, all).Float64()
	return p
}

func TestFisherIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		na, nb := rapid.IntRange(0, 300).Draw(t, "na"), rapid.IntRange(0, 300).Draw(t, "nb")
		a, b := rapid.IntRange(0, na).Draw(t, "a"), rapid.IntRange(0, nb).Draw(t, "b")
		got, want := Fisher(a, na, b, nb), exact(a, na, b, nb)
		if math.Abs(got-want) > 1e-9*want {
			t.Fatalf("%d of %d, %d of %d: %.15g, want %.15g", a, na, b, nb, got, want)
		}
		if swapped := Fisher(b, nb, a, na); math.Abs(got-swapped) > 1e-9*got {
			t.Fatalf("the other way round it is %g and not %g", swapped, got)
		}
	})
}

// Ten thousand machines run neither over nor under, and what is rarer than a number
// can say is zero.
func TestFisherOfMany(t *testing.T) {
	if got, want := Fisher(60, 60, 400, 9940), exact(60, 60, 400, 9940); math.Abs(got-want) > 1e-8*want || want > 1e-70 {
		t.Errorf("%g, want %g", got, want)
	}
	if got := Fisher(5000, 5000, 0, 5000); got != 0 {
		t.Errorf("%g", got)
	}
	if got := Odds(5, 10, 2, 10); got != 4 {
		t.Errorf("the odds are %g", got)
	}
	if got := Odds(10, 10, 0, 10); got != 441 {
		t.Errorf("the odds are %g", got)
	}
}

// Of Benjamini and Hochberg's own fifteen p-values (1995) four hold at 5 %.
func TestCorrect(t *testing.T) {
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	q := Correct(p)
	held := 0
	for i, x := range q {
		if x <= 0.05 {
			held++
		}
		if x < p[i] || i > 0 && x < q[i-1] {
			t.Errorf("%g became %g after %v", p[i], x, q[:i])
		}
	}
	if held != 4 || math.Abs(q[0]-0.0015) > 1e-12 || math.Abs(q[3]-0.035625) > 1e-12 {
		t.Errorf("%d hold: %v", held, q)
	}
}
