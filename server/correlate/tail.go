package correlate

import "math"

// tail is the chance of n or more, where mean are expected and the mean itself is
// known no better than by a gamma distribution of this shape: the negative binomial.
// With a large shape it is the Poisson distribution's.
func tail(n int, mean, shape float64) float64 {
	if n <= 0 {
		return 1
	}
	if mean <= 0 {
		return 0
	}
	x := float64(n)
	a, _ := math.Lgamma(shape + x)
	b, _ := math.Lgamma(shape)
	c, _ := math.Lgamma(x + 1)
	p := math.Exp(a - b - c + shape*math.Log(shape/(shape+mean)) + x*math.Log(mean/(shape+mean)))
	if x < mean { // the larger part lies above: what lies below is summed
		below := 0.0
		for i := n - 1; i >= 0; i-- {
			k := float64(i)
			a, _ := math.Lgamma(shape + k)
			c, _ := math.Lgamma(k + 1)
			below += math.Exp(a - b - c + shape*math.Log(shape/(shape+mean)) + k*math.Log(mean/(shape+mean)))
		}
		return max(1-below, 0)
	}
	sum := 0.0
	for q := mean / (shape + mean); p > sum*1e-12 && p > 0; x++ {
		sum += p
		p *= (shape + x) / (x + 1) * q
	}
	return min(sum, 1)
}

// bayes is the most by which a p-value can speak against chance: no alternative makes
// what was seen more likely than so many times (Sellke, Bayarri and Berger). It is
// returned as a logarithm.
func bayes(p float64) float64 {
	if p >= 1/math.E {
		return 0
	}
	p = max(p, 1e-300)
	return -math.Log(-math.E * p * math.Log(p))
}
