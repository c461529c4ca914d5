//go:build !linux

package probe

// temperature is not read here: Windows tells a constant or needs WMI, which can
// hang, and macOS needs cgo.
func temperature() (hottest, limit float64) { return 0, 0 }

func throttleCount() uint64 { return 0 }
