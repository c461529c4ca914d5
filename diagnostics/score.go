package diagnostics

// Reason is one thing that a score lost points for.
type Reason struct {
	Points   int    `json:"points"` // lost, 1 to 100
	Sentence string `json:"sentence"`
	Code     Code   `json:"code,omitempty"`   // the finding, or
	Metric   string `json:"metric,omitempty"` // the metric's wire name
}

// Score says how well a machine is, from 0 to 100, and why it is not 100, worst
// reason first. It is not ok when the sample holds no readings: then the score
// is unknown, which is neither 0 nor 100.
func Score(s Sample, findings []Finding) (score int, reasons []Reason, ok bool) { return 0, nil, false }
