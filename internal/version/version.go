// Package version tells which Deskbell this is.
package version

import "runtime/debug"

// Number is the release. Builds between releases add the commit.
const Number = "0.1.0"

// String returns the version with the commit that it was built from, when the
// build knows it.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Number
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return Number + "+" + s.Value[:12]
		}
	}
	return Number
}
